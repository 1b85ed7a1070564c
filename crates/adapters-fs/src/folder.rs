//! The folder that a file lies in: found or created, held open, locked while its file is replaced.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use domain::ports::StoreError;
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, RawMode, Stat};
use rustix::io::Errno;

use crate::fault::Fault;
use crate::platform;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// How long a replacement waits for another process's, which takes milliseconds unless a disk hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before the next try.
const BREATH: Duration = Duration::from_millis(10);

/// A folder that is held open, so that all of one replacement happens in the same one.
pub(crate) struct Folder {
    fd: OwnedFd,
    pub(crate) path: PathBuf,
}

impl Folder {
    /// Opens a folder, and creates what is missing of the path: mode 0700, and where root does it, owned by
    /// the owner of the folder above, as if that user had created it.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub(crate) fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        match Self::open(path) {
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(unwritable(path, "open", errno)),
            Ok(folder) => return Ok(folder),
        }
        let mut missing: Vec<&OsStr> = Vec::new();
        let mut above = path;
        let mut folder = loop {
            match (above.components().next_back(), above.parent()) {
                (Some(Component::Normal(name)), Some(parent)) => {
                    missing.push(name);
                    above = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                }
                _ => return Err(unwritable(path, "open", Errno::NOENT)),
            }
            match Self::open(above) {
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(unwritable(above, "open", errno)),
                Ok(folder) => break folder,
            }
        };
        for name in missing.into_iter().rev() {
            folder = folder.create(name)?;
        }
        Ok(folder)
    }

    pub(crate) fn open(path: &Path) -> Result<Self, Errno> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let fd = rustix::io::retry_on_intr(|| rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty()))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    fn create(&self, name: &OsStr) -> Result<Self, StoreError> {
        let path = self.path.join(name);
        let fault = |errno| unwritable(&path, "create", errno);
        let created = match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) => true,
            // Another program was quicker.
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(fault(errno)),
        };
        let fd =
            rustix::fs::openat(&self.fd, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()).map_err(fault)?;
        if created {
            let above = rustix::fs::fstat(&self.fd).map_err(fault)?;
            give_to_owner(fd.as_fd(), &above).map_err(fault)?;
            rustix::fs::fchmod(&fd, Mode::RWXU).map_err(fault)?;
            // A folder exists for good once the folder above it is on the disk.
            platform::sync(&self.fd).map_err(fault)?;
        }
        Ok(Self { fd, path })
    }

    /// Holds the folder until it is closed: one replacement at a time, and none while leftovers are swept.
    ///
    /// `Ok(false)` where another process holds it.
    pub(crate) fn lock(&self) -> Result<bool, Errno> {
        flock(self.fd.as_fd())
    }

    /// As [`Self::lock`], and waits for a while where another process holds it: a replacement takes milliseconds.
    pub(crate) fn lock_patiently(&self) -> Result<bool, Errno> {
        let since = Instant::now();
        while !self.lock()? {
            if since.elapsed() > PATIENCE {
                return Ok(false);
            }
            #[expect(clippy::disallowed_methods, reason = "this thread waits for the disk alone")]
            thread::sleep(BREATH);
        }
        Ok(true)
    }

    pub(crate) fn sync(&self) -> Result<(), Errno> {
        platform::sync(&self.fd)
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        rustix::fs::fstat(&self.fd)
    }

    /// What is at that name, a symlink itself included; `None` for nothing.
    pub(crate) fn find(&self, name: &OsStr) -> Result<Option<Stat>, Errno> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// What a file system without locks answers. Two of them are one number on Linux, and two on macOS.
const KNOWS_NO_LOCKS: [Errno; 6] =
    [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::INVAL, Errno::BADF];

/// Locks what is open, unless another process has. A file system that knows no locks counts as free.
pub(crate) fn flock(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    match rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) if KNOWS_NO_LOCKS.contains(&errno) => Ok(true),
        Err(errno) => Err(errno),
    }
}

/// Gives a new file or folder to the owner of another one.
///
/// Root must succeed, or a gateway that runs as another user could not read the file. Other users cannot change the
/// owner, and try the group only.
pub(crate) fn give_to_owner(fd: BorrowedFd<'_>, of: &Stat) -> Result<(), Errno> {
    let has = rustix::fs::fstat(fd)?;
    if (has.st_uid, has.st_gid) == (of.st_uid, of.st_gid) {
        return Ok(());
    }
    let owner = rustix::fs::Uid::from_raw(of.st_uid);
    let group = rustix::fs::Gid::from_raw(of.st_gid);
    if rustix::process::geteuid().is_root() {
        return rustix::fs::fchown(fd, Some(owner), Some(group));
    }
    match rustix::fs::fchown(fd, None, Some(group)) {
        Ok(()) | Err(Errno::PERM) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// The permission bits of a mode.
pub(crate) fn permissions(of: &Stat) -> Mode {
    Mode::from_raw_mode(of.st_mode as RawMode & 0o777)
}

pub(crate) fn unwritable(path: &Path, operation: &'static str, error: impl Into<io::Error>) -> StoreError {
    StoreError::Unwritable { path: path.to_owned(), operation, cause: Box::new(Fault::new(error)) }
}
