//! Points in time that nobody has chosen.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;
use std::time::Duration;

/// From 0 to 1, different each time.
pub(crate) fn chance() -> f64 {
    f64::from(RandomState::new().build_hasher().finish() as u32) / f64::from(u32::MAX)
}

/// Lets time pass: the point in time is what a torture tries.
#[expect(clippy::disallowed_methods, reason = "the point in time is the test")]
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}
