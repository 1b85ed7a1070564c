//! Locks that end with their process: files that others may read and not write while they are open.
//!
//! `LockFileEx` would keep others from reading whose the lock is. What the system checks when a file is opened does
//! not, and holds on network shares, too.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use crate::platform::kind::Lock;

use super::patience::{is_sharing_violation, retry_for};

/// Rights and flags of `CreateFileW` (`winnt.h`, `winbase.h`).
const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const DELETE: u32 = 0x0001_0000;
const FILE_SHARE_READ: u32 = 1;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;

/// How long the system may take to remove the lock of a process that has ended.
const GOES: Duration = Duration::from_millis(200);

/// Locks the file at a path, which is made where it is missing, and goes when the lock is given up or its process
/// ends.
pub(super) fn lock(path: &Path) -> io::Result<Lock> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).access_mode(GENERIC_READ | GENERIC_WRITE | DELETE);
    options.share_mode(FILE_SHARE_READ).custom_flags(FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT);
    let denied = |error: &io::Error| error.kind() == ErrorKind::PermissionDenied;
    loop {
        // Others hold it for long, so there is no waiting for them; one that is just being removed denies all access.
        let locked = match options.open(path) {
            Err(error) if denied(&error) => retry_for(GOES, || options.open(path)),
            result => result,
        };
        match locked {
            Err(error) if is_sharing_violation(&error) => {}
            file => return file.map(Lock::Ours),
        }
        match File::open(path) {
            // It was given up between the two.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            file => return file.map(Lock::Theirs),
        }
    }
}
