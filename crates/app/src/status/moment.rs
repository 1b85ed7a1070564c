//! A point in time.

use std::time::{Duration, SystemTime};

/// A point in time, twice: on the clock that never goes back, to count by, and on the wall, to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The clock's time.
    pub clock: Duration,
    /// The time of day then.
    pub wall: SystemTime,
}
