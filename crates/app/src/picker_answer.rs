//! What a picker answered, or why it does not show what it should.

use std::time::Duration;

use domain::Chain;
use domain::ports::{GatewayError, Shown};

/// Why the picker does not show what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerTrouble {
    /// Which kind.
    pub kind: PickerTroubleKind,
    /// The error, with all its sources.
    pub error: String,
    /// What a person can do about it.
    pub advice: Option<&'static str>,
}

/// The kinds of trouble with a picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickerTroubleKind {
    /// No gateway answers.
    Unreachable,
    /// The gateway answers, and failed to show its models.
    Failed,
    /// The gateway does not let lmsync ask.
    Forbidden,
    /// This version has no way to refresh its picker while it runs.
    Unsupported,
    /// Something keeps models out of the picker.
    Hidden,
    /// This version shows the change after a restart.
    Restart,
}

impl PickerTroubleKind {
    /// Its name in the status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
            Self::Forbidden => "forbidden",
            Self::Unsupported => "unsupported",
            Self::Hidden => "hidden",
            Self::Restart => "restart",
        }
    }
}

impl From<&GatewayError> for PickerTrouble {
    fn from(error: &GatewayError) -> Self {
        let (kind, advice) = match error {
            GatewayError::Unreachable { .. } => (
                PickerTroubleKind::Unreachable,
                "the gateway reads models.json when it starts; where it runs elsewhere, set OPENCLAW_GATEWAY_URL",
            ),
            GatewayError::Failed { .. } | GatewayError::Changed => (PickerTroubleKind::Failed, "trying again"),
            GatewayError::Unsupported { .. } => {
                (PickerTroubleKind::Unsupported, "restart the gateway to see the change; LMSYNC_ON_CHANGE can do that")
            }
            // The error has the reason.
            GatewayError::Forbidden { .. } => {
                (PickerTroubleKind::Forbidden, "`lmsync doctor` says what lets lmsync in")
            }
        };
        Self { kind, error: Chain(error).to_string(), advice: Some(advice) }
    }
}

/// What the picker showed when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerAnswer {
    /// The provider whose models were meant.
    pub provider: String,
    /// What it shows, or why it does not show what it should.
    pub result: Result<Shown, PickerTrouble>,
    /// When the server had listed the change, on the clock.
    pub listed_at: Duration,
    /// How long ago that was.
    pub since_listed: Duration,
    /// Whether it will be asked again about the same change.
    pub again: bool,
    /// What OpenClaw's own configuration came to, where that was read.
    pub configured: Option<Configured>,
    /// Whether this version takes a key from `auth-profiles.json`, and none from the gateway's environment.
    pub wants_profile: bool,
}

/// What OpenClaw's own configuration came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Configured {
    /// It has the models.
    Holds,
    /// It is left alone, or could not be changed.
    Not {
        /// Why.
        why: String,
        /// What a person can do about it.
        advice: &'static str,
    },
}
