//! Linux and macOS.

mod relay;
mod signals;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

pub(crate) use self::relay::{relay, start_relay};
pub(crate) use self::signals::asked_to_stop;

/// Whether an error says that nobody reads any more what is printed.
pub(crate) fn is_closed_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// The variables of this process.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// The number of the user as whom this process may read and write.
pub(crate) fn user_id() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

/// Gives a file or folder these permission bits, such as `0o600`.
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Gives a file or folder to this user and group. Only root may.
pub(crate) fn set_owner(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    chown(path, Some(uid), Some(gid))
}
