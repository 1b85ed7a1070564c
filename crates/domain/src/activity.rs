//! Activity: whether inference runs, and who says so.

use std::fmt;

/// Which of the possible activity sources reports inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BusySource {
    /// The OpenClaw gateway, asked over its WebSocket.
    Gateway,
    /// The OpenClaw gateway, asked over HTTP.
    GatewayHttp,
    /// The lock files beside OpenClaw's sessions.
    SessionLocks,
    /// LM Studio, asked over its WebSocket.
    LmStudio,
}

impl BusySource {
    /// The source's name in configuration, status and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::GatewayHttp => "gateway-http",
            Self::SessionLocks => "session-locks",
            Self::LmStudio => "lmstudio",
        }
    }
}

impl fmt::Display for BusySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether inference runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    /// No source reports any.
    Idle,
    /// At least one did.
    Busy {
        /// The first source that did.
        source: BusySource,
        /// What it saw, for a person: `2 queued messages, 1 running turn`.
        reason: String,
    },
}
