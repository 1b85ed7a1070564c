//! Points in time that nobody has chosen.

use std::hash::{BuildHasher, Hasher, RandomState};

/// From 0 to 1, different each time.
pub(crate) fn chance() -> f64 {
    f64::from(RandomState::new().build_hasher().finish() as u32) / f64::from(u32::MAX)
}
