//! What passes and pauses came to, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::BusySource;

use super::moment::Moment;
use crate::event::Pass;

/// Inference that keeps a pass waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Who saw it last.
    pub source: BusySource,
    /// What was seen last, for a person.
    pub reason: String,
    /// Since when.
    pub since: Moment,
}

/// The last pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastPass {
    /// When it had ended.
    pub at: Moment,
    /// How long it took.
    pub took: Duration,
    /// What it came to.
    pub outcome: PassOutcome,
}

/// What a pass came to, over all servers and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassOutcome {
    /// Everything was true already.
    Unchanged,
    /// Something was written, and now everything is true.
    Changed,
    /// A server did not list its models, or a file could not be made true.
    Failed,
}

/// What has been counted since the start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counters {
    /// Passes, by what they came to.
    pub passes: BTreeMap<PassOutcome, u64>,
    /// Files written.
    pub writes: u64,
    /// Pauses that have begun.
    pub pauses: u64,
    /// How long inference has kept passes waiting, by who saw it; without a pause that goes on.
    pub paused: BTreeMap<BusySource, Duration>,
    /// How often the picker was asked and showed what it should.
    pub picker_shown: u64,
    /// How often it was asked and did not, or did not answer.
    pub picker_failed: u64,
}

impl PassOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Unchanged, Self::Changed, Self::Failed];

    /// Its name in status and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Failed => "failed",
        }
    }

    /// The worst that a pass came to.
    pub(super) fn from_pass(pass: &Pass) -> Self {
        let mut outcome = Self::Unchanged;
        for server in &pass.servers {
            outcome = outcome.max(match &server.result {
                Err(_) => Self::Failed,
                Ok(found) if found.files.iter().any(|file| file.result.is_err()) => Self::Failed,
                Ok(found) if found.written.is_some() => Self::Changed,
                Ok(_) => Self::Unchanged,
            });
        }
        outcome
    }
}
