//! Files: what is known of them, and how they are opened.

use std::fs::{File, FileType, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawMode, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

#[cfg(not(target_vendor = "apple"))]
use super::linux::sync;
#[cfg(target_vendor = "apple")]
use super::macos::sync;
use crate::platform::kind::Kind;

/// What the system says of something in a folder.
pub(crate) struct Stat(pub(super) rustix::fs::Stat);

impl Stat {
    /// Of an open file.
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        Self::of_open(file)
    }

    pub(super) fn of_open(open: impl AsFd) -> io::Result<Self> {
        Ok(Self(rustix::fs::fstat(open)?))
    }

    /// Of what kind it is.
    pub(crate) fn kind(&self) -> Kind {
        match rustix::fs::FileType::from_raw_mode(self.0.st_mode) {
            rustix::fs::FileType::RegularFile => Kind::File,
            rustix::fs::FileType::Symlink => Kind::Symlink,
            rustix::fs::FileType::Directory => Kind::Folder,
            rustix::fs::FileType::Fifo => Kind::Other("a named pipe"),
            rustix::fs::FileType::Socket => Kind::Other("a socket"),
            _ => Kind::Other("a device"),
        }
    }

    /// Whether both are one file, under whichever name.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.0.st_dev, self.0.st_ino) == (other.0.st_dev, other.0.st_ino)
    }

    pub(super) fn permissions(&self) -> Mode {
        Mode::from_raw_mode(self.0.st_mode as RawMode & 0o777)
    }
}

/// A cheap file fingerprint: identity, length and times, read without the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Fingerprint {
    /// Of an open file, whose metadata are these.
    pub(crate) fn of_file(_: &File, metadata: &Metadata) -> io::Result<Self> {
        Ok(Self::of_metadata(metadata))
    }

    /// Of the file at a path, whose metadata are these.
    pub(crate) fn of_path(_: &Path, metadata: &Metadata) -> io::Result<Self> {
        Ok(Self::of_metadata(metadata))
    }

    fn of_metadata(of: &Metadata) -> Self {
        Self {
            device: of.dev(),
            inode: of.ino(),
            size: of.size(),
            modified: (of.mtime(), of.mtime_nsec()),
            changed: (of.ctime(), of.ctime_nsec()),
        }
    }
}

/// Opens what is at a path, which may turn out to be no file. Waits for nobody: opening a fifo that took the file's
/// place would wait for a writer.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::io::retry_on_intr(|| rustix::fs::openat(CWD, path, flags, Mode::empty()))?;
    Ok(file.into())
}

/// Reads from a place in the file, whatever was read before.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    file.read_at(buffer, at)
}

/// Writes all of it at the start of the file.
pub(crate) fn write_at_start(file: &File, content: &[u8]) -> io::Result<()> {
    file.write_all_at(content, 0)
}

/// Brings what was written to a file to the disk. Returns when it outlasts a power cut.
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    Ok(sync(file)?)
}

/// What something is that is neither a file nor a folder nor a symlink.
pub(crate) fn special_kind(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// The user and the group that own something, and its permission bits (`0o7777`); `None` on a system without them.
pub(crate) fn owner_and_mode(metadata: &Metadata) -> Option<(u32, u32, u32)> {
    Some((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777))
}

/// How many names a file has.
pub(crate) fn link_count(_: &Path, metadata: &Metadata) -> io::Result<u64> {
    Ok(metadata.nlink())
}

/// Sets a file's time of change to now, and opens nothing.
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    let now = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
    };
    Ok(rustix::fs::utimensat(CWD, path, &now, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Gives a new file or folder to the owner of another one.
///
/// Root must succeed, or a gateway that runs as another user could not read the file. Other users cannot change the
/// owner, and try the group only.
pub(super) fn give_to_owner(fd: BorrowedFd<'_>, of: &Stat) -> io::Result<()> {
    let has = rustix::fs::fstat(fd)?;
    if (has.st_uid, has.st_gid) == (of.0.st_uid, of.0.st_gid) {
        return Ok(());
    }
    let owner = rustix::fs::Uid::from_raw(of.0.st_uid);
    let group = rustix::fs::Gid::from_raw(of.0.st_gid);
    if rustix::process::geteuid().is_root() {
        return Ok(rustix::fs::fchown(fd, Some(owner), Some(group))?);
    }
    match rustix::fs::fchown(fd, None, Some(group)) {
        Ok(()) | Err(Errno::PERM) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

pub(super) fn set_mode(file: &File, mode: Mode) -> io::Result<()> {
    Ok(rustix::fs::fchmod(file, mode)?)
}
