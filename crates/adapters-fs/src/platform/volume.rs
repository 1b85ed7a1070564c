//! The limits of a file system.

/// The file system that a path lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// How many bytes an ordinary user may still write.
    pub free_bytes: u64,
    /// How many files an ordinary user may still make; `None` where there is no such bound.
    pub free_files: Option<u64>,
    /// Whether nothing may be written there.
    pub read_only: bool,
}
