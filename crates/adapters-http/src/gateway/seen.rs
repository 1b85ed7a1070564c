//! What a gateway says of itself.

use std::time::SystemTime;

use domain::era::Era;

use super::wire::Methods;

/// What a gateway said of itself when it was last connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySeen {
    /// Its version. 2026.2.12 calls itself `dev`.
    pub version: String,
    /// The era that it is of.
    pub era: &'static Era,
    /// The protocol that it speaks, 3 or 4.
    pub protocol: u8,
    /// Which of the methods that matter it has.
    pub methods: Methods,
    /// Whether it lets us read.
    pub reads: bool,
    /// When it started.
    pub started_at: Option<SystemTime>,
}
