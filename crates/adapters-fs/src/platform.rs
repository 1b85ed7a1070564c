//! What each system does in a way of its own, behind one function for each promise. No other file of this crate depends
//! on the system.
//!
//! Linux and macOS are POSIX, and differ in two promises alone. Windows has no owners and permission bits as POSIX
//! knows them, no exchange of two names, no sync of a folder, and readers that keep a file from being replaced.

mod kind;
#[cfg(unix)]
mod unix;
mod volume;
#[cfg(windows)]
mod windows;

pub(crate) use self::kind::{Kind, Lock};
#[cfg(unix)]
use self::unix as system;
pub use self::volume::Volume;
#[cfg(windows)]
use self::windows as system;

pub(crate) use self::system::{
    Directory, Fingerprint, Stat, host_name, is_link_circle, is_mounted, link_count, may_read, may_write, open_to_read,
    owner_and_mode, process_runs, read_at, remedy, special_kind, sync_file, touch, volume_at, write_at_start,
};

/// Whether nobody but its owner may read, write or enter it, as far as the system has permission bits.
#[cfg(test)]
pub(crate) fn is_for_owner_alone(path: &std::path::Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| owner_and_mode(&metadata).is_none_or(|(_, _, mode)| mode & 0o077 == 0))
}
