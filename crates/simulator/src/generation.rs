//! Generations: how fast they are, where they are held, and what becomes of them.

use std::time::Duration;

/// How many generations are remembered; beyond, the oldest ended ones are forgotten.
const KEPT: usize = 1_000;

/// What an instance does, in the words of its processing state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reads the prompt; nothing was answered yet.
    ProcessingPrompt,
    /// Writes its answer.
    Generating,
    /// Computes an embedding.
    ComputingEmbedding,
}

impl Phase {
    /// The status on LM Studio's WebSocket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProcessingPrompt => "processingPrompt",
            Self::Generating => "generating",
            Self::ComputingEmbedding => "computingEmbedding",
        }
    }
}

/// How far a generation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// On its way.
    Running(Phase),
    /// Answered to the end.
    Finished,
    /// Cut off: its client went away, or the server stopped.
    Aborted,
}

/// One generation, past or present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// The instance that it runs on.
    pub instance: String,
    /// How far it is.
    pub progress: Progress,
    pub(super) number: u64,
}

/// How chats are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Tokens in an answer: `tok0 tok1 …`.
    pub tokens: usize,
    /// Time until the first.
    pub prefill: Duration,
    /// Time between two.
    pub per_token: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { tokens: 5, prefill: Duration::ZERO, per_token: Duration::ZERO }
    }
}

/// The generations of a world.
#[derive(Debug, Default)]
pub(super) struct Generations {
    pub(super) all: Vec<Generation>,
    pub(super) started: u64,
    pub(super) held: Option<Phase>,
    pub(super) pace: Pace,
}

impl Generations {
    /// What an instance does, and how many requests it has, the current one included.
    pub(super) fn state(&self, instance: &str) -> (Option<Phase>, usize) {
        let phases = self.all.iter().filter_map(|generation| match generation.progress {
            Progress::Running(phase) if generation.instance == instance => Some(phase),
            _ => None,
        });
        let phases: Vec<Phase> = phases.collect();
        let generating = phases.iter().find(|&&phase| phase == Phase::Generating);
        (generating.or(phases.first()).copied(), phases.len())
    }

    pub(super) fn begin(&mut self, instance: &str, phase: Phase) -> u64 {
        if self.all.len() >= KEPT {
            let ended = self.all.iter().position(|old| !matches!(old.progress, Progress::Running(_)));
            self.all.remove(ended.unwrap_or(0));
        }
        self.started += 1;
        let (instance, number) = (instance.to_owned(), self.started);
        self.all.push(Generation { instance, progress: Progress::Running(phase), number });
        number
    }

    pub(super) fn set(&mut self, number: u64, progress: Progress) {
        if let Some(generation) = self.all.iter_mut().find(|generation| generation.number == number) {
            generation.progress = progress;
        }
    }
}
