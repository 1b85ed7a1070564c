//! Time that passes.

use std::thread;
use std::time::Duration;

/// Lets time pass: the point in time is what a torture tries.
#[expect(clippy::disallowed_methods, reason = "the point in time is the test")]
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}
