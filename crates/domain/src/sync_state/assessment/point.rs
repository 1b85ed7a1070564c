//! One thing that holds, with what to do about it.

use crate::sync_state::state::SyncState;

/// What a person can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// In words.
    pub say: String,
    /// What to type, or the line to put where the words say.
    pub line: Option<String>,
}

impl Advice {
    pub(super) fn say(say: &str) -> Self {
        Self { say: say.to_owned(), line: None }
    }

    pub(super) fn line(say: impl Into<String>, line: impl Into<String>) -> Self {
        Self { say: say.into(), line: Some(line.into()) }
    }
}

/// One thing that holds.
pub(super) struct Point {
    pub(super) state: SyncState,
    /// How many models it is about.
    pub(super) models: usize,
    pub(super) sentence: String,
    pub(super) advice: Option<Advice>,
}

impl Point {
    pub(super) fn new(state: SyncState, sentence: impl Into<String>) -> Self {
        Self { state, models: 0, sentence: sentence.into(), advice: None }
    }

    pub(super) fn models(self, models: usize) -> Self {
        Self { models, ..self }
    }

    pub(super) fn advice(self, advice: impl Into<Option<Advice>>) -> Self {
        Self { advice: advice.into(), ..self }
    }
}
