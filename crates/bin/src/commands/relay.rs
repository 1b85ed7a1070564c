//! `lmsync relay`: passes connections on to a gateway in the same container.

use std::path::PathBuf;

use crate::exit::Exit;
use crate::platform;

/// The settings of this command, which has no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relay {
    pub(crate) socket: PathBuf,
    /// Whether to start a relay in the background, and end.
    pub(crate) start: bool,
}

/// Passes connections on until the process is asked to stop, or starts a process that does.
///
/// # Errors
/// What keeps the relay from serving; exit 64 on a system without relays.
pub(crate) async fn relay(Relay { socket, start }: Relay) -> Result<(), Exit> {
    if start { platform::start_relay(&socket).await } else { platform::relay(&socket).await }
}
