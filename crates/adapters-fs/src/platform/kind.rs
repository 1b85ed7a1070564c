//! Of what kind something in a folder is.

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
