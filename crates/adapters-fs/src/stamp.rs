//! A cheap file fingerprint: modification time and length.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// When a file was last written, and its length; `None` for a file that cannot be read or does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    /// Reads the fingerprint of a file. Costs one `stat`.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let read = || {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Self(read())
    }

    /// Whether there is a file.
    #[must_use]
    pub fn is_there(self) -> bool {
        self.0.is_some()
    }

    /// How long ago that was. None where there is no file, or where its clock is ahead of this machine's.
    #[must_use]
    pub fn age(self) -> Option<Duration> {
        SystemTime::now().duration_since(self.0?.0).ok()
    }
}
