//! What both systems say of a folder: of what kind something in it is, and whose a lock is.

use std::fs::File;

/// Of what kind something is. A symlink counts as itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symlink; on Windows a junction, too.
    Symlink,
    /// Anything else, with its article.
    Other(&'static str),
}

/// A lock file after a try to lock it.
pub(crate) enum Lock {
    /// This process has it while the file is open.
    Ours(File),
    /// Another process has it; the file can be read.
    Theirs(File),
}
