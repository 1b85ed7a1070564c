//! Locks that end with their process: `flock`.

use std::os::fd::BorrowedFd;

use rustix::fs::FlockOperation;
use rustix::io::Errno;

/// What a file system without locks answers. Two of them are one number on Linux, and two on macOS.
const KNOWS_NO_LOCKS: [Errno; 6] =
    [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::INVAL, Errno::BADF];

/// Locks what is open, unless another process has. A file system that knows no locks counts as free.
pub(super) fn flock(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    match rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) if KNOWS_NO_LOCKS.contains(&errno) => Ok(true),
        Err(errno) => Err(errno),
    }
}

/// Whether a lock can be had only of a file that is open for writing.
pub(super) fn needs_write_access(fd: BorrowedFd<'_>) -> bool {
    rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive) == Err(Errno::BADF)
}
