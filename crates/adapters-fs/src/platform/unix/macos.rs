//! macOS.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD};
use rustix::io::Errno;

/// Brings what was written to a file, or the names in a folder, to the disk. Returns when they outlast a power cut.
///
/// `fsync` brings them to the drive alone, which keeps them in a cache. File systems that do not know `F_FULLFSYNC`
/// (network shares) have nothing better than `fsync`.
pub(super) fn sync(file: impl AsFd) -> Result<(), Errno> {
    let cannot = [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::INVAL, Errno::NOTTY];
    match rustix::fs::fcntl_fullfsync(&file) {
        Err(errno) if cannot.contains(&errno) => rustix::fs::fsync(file),
        result => result,
    }
}

/// Whether something is mounted at this very path: it lies on another device than the folder above it.
pub(crate) fn is_mounted(path: &Path) -> io::Result<bool> {
    let stat = |path: &Path| rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW);
    let (here, above) = (stat(path)?, stat(&path.join("..")));
    // Only a folder has a way up in it. The root's leads to itself.
    let Ok(above) = above else { return Ok(false) };
    Ok(here.st_dev != above.st_dev || here.st_ino == above.st_ino)
}
