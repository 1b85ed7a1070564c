//! How a simulator serves, whatever its world is.

use std::time::Duration;

/// How a simulator serves, whatever its world is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long an idle connection is kept; LM Studio says `Keep-Alive: timeout=5`, and means it.
    pub keep_alive: Duration,
    /// Whether `/simulator/models` and `/simulator/requests` are served, for use from another process.
    pub control: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { keep_alive: Duration::from_secs(5), control: false }
    }
}
