//! Why a path cannot be read or written, by what a person can do about it.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::platform;

/// What systems report for a disk that fails: `EIO` of Unix, `ERROR_IO_DEVICE` of Windows. Neither means anything else
/// on the other system: there, 5 is a refusal, which has a name.
const DISK_ERRORS: [i32; 2] = [5, 1117];

/// Why a path cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFault {
    /// The first part of the path that is the trouble: a link, a file in a folder's place, or the path itself.
    pub at: PathBuf,
    /// What can be done about it.
    pub kind: PathFaultKind,
    /// The system's own words.
    pub text: String,
}

/// Kinds of faults that differ in what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFaultKind {
    /// This user may not.
    Denied,
    /// The file system, or a mount of it, is read-only.
    ReadOnly,
    /// Symlinks lead in a circle.
    Circle,
    /// A part of the path is a file where a folder has to be.
    NotAFolder,
    /// A name in the path is too long, or none that this system takes.
    BadName,
    /// The disk reports an error.
    Disk,
    /// A network file system has lost it.
    Stale,
    /// A symlink leads to nothing, or it has gone since.
    Gone,
    /// Anything else.
    Other,
}

impl PathFault {
    /// The fault that the system reported for a path. Asks the system which part of the path it is.
    #[must_use]
    pub fn new(path: &Path, error: &io::Error) -> Self {
        Self { at: first_trouble(path).to_owned(), kind: PathFaultKind::new(error), text: error.to_string() }
    }
}

/// The first part of a path that cannot be entered.
fn first_trouble(path: &Path) -> &Path {
    let mut parts: Vec<&Path> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    parts.reverse();
    let is_folder = |part: &&Path| fs::metadata(part).is_ok_and(|metadata| metadata.is_dir());
    parts.into_iter().find(|part| !is_folder(part)).unwrap_or(path)
}

impl PathFaultKind {
    fn new(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Gone,
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            ErrorKind::NotADirectory => Self::NotAFolder,
            ErrorKind::InvalidFilename => Self::BadName,
            ErrorKind::StaleNetworkFileHandle => Self::Stale,
            // The standard library has no stable name for these two.
            _ if platform::is_link_circle(error) => Self::Circle,
            _ if error.raw_os_error().is_some_and(|code| DISK_ERRORS.contains(&code)) => Self::Disk,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_that_has_a_remedy_of_its_own_is_known() {
        for (kind, fault) in [
            (ErrorKind::NotFound, PathFaultKind::Gone),
            (ErrorKind::PermissionDenied, PathFaultKind::Denied),
            (ErrorKind::ReadOnlyFilesystem, PathFaultKind::ReadOnly),
            (ErrorKind::NotADirectory, PathFaultKind::NotAFolder),
            (ErrorKind::InvalidFilename, PathFaultKind::BadName),
            (ErrorKind::StaleNetworkFileHandle, PathFaultKind::Stale),
            (ErrorKind::OutOfMemory, PathFaultKind::Other),
        ] {
            assert_eq!(PathFaultKind::new(&kind.into()), fault, "{kind:?}");
        }
        assert_eq!(PathFaultKind::new(&io::Error::from_raw_os_error(DISK_ERRORS[1])), PathFaultKind::Disk);
    }
}
