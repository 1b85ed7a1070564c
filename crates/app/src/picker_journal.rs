//! The picker's part of the journal: whether it shows what was written, and if not, why and what helps.

use std::time::Duration;

use domain::ports::{PickerError, Shown};
use tracing::{debug, info, warn};

use crate::Chain;
use crate::journal::named;

/// How often a picker is asked again that answers, and still does not show the change.
pub(crate) const PATIENCE: usize = 5;

/// Whether a change needs to be told of again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Settled,
    Again,
}

/// What the log knows of the picker.
#[derive(Debug, Default)]
pub(crate) struct PickerJournal {
    trouble: Option<&'static str>,
    unavailable: bool,
}

impl PickerJournal {
    /// Tells what a refresh came to: each kind of trouble once.
    pub(crate) fn tell(
        &mut self,
        result: &Result<Shown, PickerError>,
        since_listed: Duration,
        attempts: usize,
    ) -> Next {
        match result {
            Ok(shown) if shown.missing.is_empty() && shown.lingering.is_empty() => {
                info!(
                    models = shown.models,
                    gateway_ms = millis(shown.took),
                    since_lmstudio_answer_ms = millis(since_listed),
                    "OpenClaw's picker shows the lmstudio models"
                );
                self.trouble = None;
                self.availability(shown.unavailable);
                Next::Settled
            }
            Ok(_) if attempts < PATIENCE => {
                debug!("OpenClaw's picker does not show the change yet");
                Next::Again
            }
            Ok(shown) => {
                let missing = named(shown.missing.iter());
                let lingering = named(shown.lingering.iter());
                warn!(
                    missing,
                    lingering,
                    "OpenClaw's picker does not show what models.json holds of lmstudio: is its allowlist \
                     (agents.defaults.models, modelPolicy.allow) in the way, or another provider's entry wrong?"
                );
                Next::Settled
            }
            Err(error) => self.failed(error),
        }
    }

    fn availability(&mut self, unavailable: bool) {
        if unavailable && !self.unavailable {
            warn!(
                "OpenClaw lists the lmstudio models, but has no key of its own for them: set LM_API_TOKEN=lm-studio \
                 (LM Studio's API token where it asks for one) in the gateway's environment, and restart it"
            );
        }
        self.unavailable = unavailable;
    }

    fn failed(&mut self, error: &PickerError) -> Next {
        let (kind, advice) = advise(error);
        let next = match error {
            PickerError::Unreachable { .. } | PickerError::Failed { .. } => Next::Again,
            PickerError::Unsupported { .. } | PickerError::Forbidden { .. } => Next::Settled,
        };
        let error = Chain(error).to_string();
        match (self.trouble.replace(kind) == Some(kind), kind) {
            (true, _) => debug!(error, "OpenClaw's picker is still not refreshed"),
            (false, "unreachable") => {
                info!(error, advice, "OpenClaw's picker is not told of the lmstudio models")
            }
            (false, _) => warn!(error, advice, "OpenClaw's picker is not refreshed with the lmstudio models"),
        }
        next
    }
}

/// What kind of trouble it is, in a word, and what helps.
pub(crate) fn advise(error: &PickerError) -> (&'static str, &'static str) {
    match error {
        PickerError::Unreachable { .. } => {
            ("unreachable", "it reads models.json when it starts; OPENCLAW_GATEWAY_URL says where it is")
        }
        PickerError::Failed { .. } => ("failed", "trying again"),
        PickerError::Unsupported { .. } => {
            ("unsupported", "restart the gateway to see the change; LMSYNC_ON_CHANGE can do that")
        }
        PickerError::Forbidden { .. } => (
            "forbidden",
            "let lmsync share the gateway's network (compose: network_mode: \"service:openclaw-gateway\") and token",
        ),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
