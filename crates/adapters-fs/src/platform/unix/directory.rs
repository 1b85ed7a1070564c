//! A folder that is held open, and the files in it by their names.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

#[cfg(not(target_vendor = "apple"))]
use super::linux::sync;
use super::lock::{flock, needs_write_access};
#[cfg(target_vendor = "apple")]
use super::macos::sync;

use super::file::{Stat, give_to_owner, set_mode};
use crate::platform::kind::Lock;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// What a file system answers that can neither swap nor refuse to overwrite. Two of them are one number on Linux, and
/// two on macOS.
const CANNOT_EXCHANGE: [Errno; 4] = [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP];

/// A folder that is held open: all names are in this one, whatever happens to its path.
pub(crate) struct Directory(OwnedFd);

impl Directory {
    /// Opens it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let fd = rustix::io::retry_on_intr(|| rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty()))?;
        Ok(Self(fd))
    }

    /// Opens a folder in it, and makes it where it is missing: for its owner alone, who is that of this folder where
    /// root makes it. A new folder outlasts a power cut.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<Self> {
        let created = match rustix::fs::mkdirat(&self.0, name, Mode::RWXU) {
            Ok(()) => true,
            // Another program was quicker.
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(errno.into()),
        };
        let fd = rustix::fs::openat(&self.0, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
        if created {
            give_to_owner(fd.as_fd(), &self.stat()?)?;
            rustix::fs::fchmod(&fd, Mode::RWXU)?;
            // A folder exists for good once the folder above it is on the disk.
            self.sync()?;
        }
        Ok(Self(fd))
    }

    /// Holds the folder until this value is dropped, unless another process holds it: then `false`. Ends with the
    /// process. A file system that knows no locks counts as free.
    pub(crate) fn try_lock(&self) -> io::Result<bool> {
        Ok(flock(self.0.as_fd())?)
    }

    /// Brings the names in it to the disk. Returns when they outlast a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(sync(&self.0)?)
    }

    /// What is known of the folder itself.
    pub(crate) fn stat(&self) -> io::Result<Stat> {
        Stat::of_open(&self.0)
    }

    /// What is at that name, a symlink itself included; `None` for nothing.
    pub(crate) fn find(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Stat(stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens what is at that name for reading. Waits for nobody and follows no symlink: one is an error of its own
    /// ([`super::is_link_circle`]).
    pub(crate) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(self.open_at(name, flags, Mode::empty())?.into())
    }

    /// Makes a file of that name, for its owner alone, and opens it for reading and writing. One that is there is an
    /// error.
    pub(crate) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(self.open_at(name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    pub(super) fn open_at(&self, name: &OsStr, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        rustix::io::retry_on_intr(|| rustix::fs::openat(&self.0, name, flags, mode))
    }

    /// Gives a new file what a replacement takes over from the file that it replaces: the owner, and exactly its
    /// permission bits, whatever the umask. Without such a file, it is the folder's owner's alone.
    pub(crate) fn hand_over(&self, new: &File, replaced: Option<&Stat>) -> io::Result<()> {
        match replaced {
            Some(old) => {
                give_to_owner(new.as_fd(), old)?;
                set_mode(new, old.permissions())
            }
            None => {
                give_to_owner(new.as_fd(), &self.stat()?)?;
                set_mode(new, Mode::RUSR | Mode::WUSR)
            }
        }
    }

    /// Gives a file another name, in place of what has that name, at one moment.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Gives a file another name that nothing has yet.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`]; [`io::ErrorKind::Unsupported`] where the file system cannot refuse.
    pub(crate) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.rename_with(from, to, RenameFlags::NOREPLACE)
    }

    /// Lets two files change their names, at one moment.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`]; [`io::ErrorKind::Unsupported`] where the file system cannot.
    pub(crate) fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<()> {
        self.rename_with(one, other, RenameFlags::EXCHANGE)
    }

    fn rename_with(&self, from: &OsStr, to: &OsStr, flags: RenameFlags) -> io::Result<()> {
        match rustix::fs::renameat_with(&self.0, from, &self.0, to, flags) {
            Err(errno) if CANNOT_EXCHANGE.contains(&errno) => Err(io::ErrorKind::Unsupported.into()),
            result => Ok(result?),
        }
    }

    /// Removes the file of that name.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// The names in it.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let names = Dir::read_from(&self.0)?.map(|entry| {
            let entry = entry?;
            Ok(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())
        });
        names.collect()
    }

    /// Locks the file of that name, which is made where it is missing. Another program may have removed it meanwhile.
    ///
    /// It is opened for reading: a file that is open for writing would keep the volume from being mounted read-only.
    /// NFS alone wants it the other way.
    pub(crate) fn lock_file(&self, name: &OsStr) -> io::Result<Lock> {
        let open = |access: OFlags| {
            let flags = access | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            self.open_at(name, flags, Mode::RUSR | Mode::WUSR)
        };
        let mut file = open(OFlags::RDONLY)?;
        if needs_write_access(file.as_fd()) {
            file = open(OFlags::RDWR)?;
        }
        // What root makes in another's folder, the other must be able to lock too.
        give_to_owner(file.as_fd(), &self.stat()?)?;
        let is_ours = flock(file.as_fd())?;
        let file = File::from(file);
        Ok(if is_ours { Lock::Ours(file) } else { Lock::Theirs(file) })
    }

    /// Writes into a lock of ours, which has that name, who has it.
    pub(crate) fn sign_lock(&self, name: &OsStr, _: &File, text: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(self.open_at(name, flags, Mode::empty())?);
        file.write_all(text.as_bytes())
    }

    /// Gives a lock up, and takes its file away: while it is still locked, so that nobody else's is.
    pub(crate) fn release_lock(&self, name: &OsStr, lock: File) -> io::Result<()> {
        let removed = self.remove(name);
        drop(lock);
        removed
    }
}
