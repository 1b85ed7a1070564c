//! A folder, and the files in it by their names.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::file::{FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, Stat};
use super::lock::lock;
use super::patience::retry;
use crate::platform::kind::Lock;

/// The file that is locked in the folder's place: Windows locks no folders. It goes with its process.
const LOCK: &str = ".lmsync.lock";

/// What Windows answers where a folder should be and is none, and where a symlink may not be.
const ERROR_DIRECTORY: i32 = 267;
const ERROR_CANT_RESOLVE_FILENAME: i32 = 1921;

/// A folder, by its path as the system itself writes it (`\\?\C:\…`), which may be longer than 260 characters.
pub(crate) struct Directory {
    path: PathBuf,
    lock: RefCell<Option<File>>,
}

impl Directory {
    /// Checks that it is there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Some file systems (RAM disks) do not know the name of a file that is open.
        let real = match fs::canonicalize(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => std::path::absolute(path)?,
            real => real?,
        };
        if !fs::metadata(&real)?.is_dir() {
            return Err(io::Error::from_raw_os_error(ERROR_DIRECTORY));
        }
        Ok(Self { path: real, lock: RefCell::default() })
    }

    /// Opens a folder in it, and makes it where it is missing. It inherits its rights from this one.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<Self> {
        match fs::create_dir(self.path.join(name)) {
            // Another program was quicker.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => result?,
        }
        Self::open(&self.path.join(name))
    }

    /// Holds the folder until this value is dropped, unless another process holds it: then `false`. Ends with the
    /// process.
    pub(crate) fn try_lock(&self) -> io::Result<bool> {
        match self.lock_file(LOCK.as_ref())? {
            Lock::Ours(file) => {
                *self.lock.borrow_mut() = Some(file);
                Ok(true)
            }
            Lock::Theirs(_) => Ok(false),
        }
    }

    /// Nothing: Windows syncs no folder. NTFS logs each change of a name, so after a power cut it is there wholly, or
    /// not at all.
    #[expect(clippy::unused_self, reason = "other systems need it")]
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// What is at that name, a symlink itself included; `None` for nothing.
    pub(crate) fn find(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match retry(|| Stat::of_path(&self.path.join(name))) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            stat => stat.map(Some),
        }
    }

    /// Opens what is at that name for reading. Follows no symlink: one is an error of its own
    /// ([`super::is_link_circle`]).
    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS);
        let file = retry(|| options.open(self.path.join(name)))?;
        if file.metadata()?.is_symlink() {
            return Err(io::Error::from_raw_os_error(ERROR_CANT_RESOLVE_FILENAME));
        }
        Ok(file)
    }

    /// Makes a file of that name and opens it for reading and writing. One that is there is an error. It inherits its
    /// rights from the folder.
    pub(crate) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        File::options().read(true).write(true).create_new(true).open(self.path.join(name))
    }

    /// Nothing: a file has the rights of its folder. One that may only be read is not replaced.
    #[expect(clippy::unused_self, reason = "other systems need it")]
    pub(crate) fn hand_over(&self, _: &File, replaced: Option<&Stat>) -> io::Result<()> {
        if replaced.is_some_and(Stat::is_read_only) {
            return Err(io::Error::other("it is marked as read-only: clear that mark (attrib -R)"));
        }
        Ok(())
    }

    /// Gives a file another name, in place of what has that name, at one moment. Waits for a while where another
    /// program holds one of them open and shares it with nobody.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        retry(|| fs::rename(&from, &to))
    }

    /// Gives a file another name that nothing has yet.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`].
    pub(crate) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let path = |name| self.path.join(name).into_os_string().into_string();
        let (Ok(from), Ok(to)) = (path(from), path(to)) else { return Err(ErrorKind::Unsupported.into()) };
        retry(|| winsafe::MoveFile(&from, &to).map_err(super::system::io_error))
    }

    /// # Errors
    /// [`ErrorKind::Unsupported`]: Windows cannot let two files change their names at one moment.
    #[expect(clippy::unused_self, reason = "other systems need it")]
    pub(crate) fn exchange(&self, _: &OsStr, _: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Removes the file of that name.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        retry(|| fs::remove_file(self.path.join(name)))
    }

    /// The names in it.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// Locks the file of that name, which is made where it is missing, and goes when the lock is given up or its
    /// process ends.
    pub(crate) fn lock_file(&self, name: &OsStr) -> io::Result<Lock> {
        lock(&self.path.join(name))
    }

    /// Writes into a lock of ours who has it.
    #[expect(clippy::unused_self, reason = "other systems need it")]
    pub(crate) fn sign_lock(&self, _: &OsStr, mut file: &File, text: &str) -> io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())
    }

    /// Gives a lock up; its file goes with it.
    #[expect(clippy::unused_self, reason = "other systems need it")]
    pub(crate) fn release_lock(&self, _: &OsStr, lock: File) -> io::Result<()> {
        drop(lock);
        Ok(())
    }
}
