//! What does not change while the daemon runs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What does not change while the daemon runs.
pub(super) struct Daemon {
    /// From the start of one pass to the start of the next.
    pub(super) interval: Duration,
    /// How long the loop may take to turn.
    pub(super) patience: Duration,
    /// Where the status server listens, if it does.
    pub(super) listens: Option<SocketAddr>,
    /// Whether it runs in a container, whose neighbours a browser does not reach by the same names.
    pub(super) is_contained: bool,
    /// The home folder, where it is known.
    pub(super) home: Option<PathBuf>,
    /// Whether the picker is asked.
    pub(super) refresh: bool,
}
