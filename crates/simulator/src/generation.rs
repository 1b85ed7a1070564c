//! Running generations: how fast they are, where they are held, and what becomes of them.

use std::time::Duration;

use super::World;

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
    number: u64,
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
    all: Vec<Generation>,
    started: u64,
    held: Option<Phase>,
    pace: Pace,
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

    fn begin(&mut self, instance: &str, phase: Phase) -> u64 {
        if self.all.len() >= KEPT {
            let ended = self.all.iter().position(|old| !matches!(old.progress, Progress::Running(_)));
            self.all.remove(ended.unwrap_or(0));
        }
        self.started += 1;
        let (instance, number) = (instance.to_owned(), self.started);
        self.all.push(Generation { instance, progress: Progress::Running(phase), number });
        number
    }

    fn set(&mut self, number: u64, progress: Progress) {
        if let Some(generation) = self.all.iter_mut().find(|generation| generation.number == number) {
            generation.progress = progress;
        }
    }
}

impl World {
    /// Answers chats at this pace from now on.
    pub fn pace(&self, pace: Pace) {
        self.change(|state| state.generations.pace = pace);
    }

    /// Holds every generation that is in that phase, or comes to it, until released: before the first
    /// token of its answer, or after it.
    pub fn hold(&self, phase: Option<Phase>) {
        self.change(|state| state.generations.held = phase);
    }

    /// The generations, oldest first.
    #[must_use]
    pub fn generations(&self) -> Vec<Generation> {
        self.read(|state| state.generations.all.clone())
    }

    /// How many generations run now.
    #[must_use]
    pub fn active_generations(&self) -> usize {
        let running = |generation: &&Generation| matches!(generation.progress, Progress::Running(_));
        self.read(|state| state.generations.all.iter().filter(running).count())
    }

    /// Makes an instance busy, without a client, until the result is dropped.
    #[must_use]
    pub fn begin(&self, instance: &str, phase: Phase) -> Running {
        let number = self.change(|state| state.generations.begin(instance, phase));
        Running { world: self.clone(), number }
    }

    pub(super) fn current_pace(&self) -> Pace {
        self.read(|state| state.generations.pace)
    }
}

/// A generation that runs; dropped before its end, it is aborted.
#[derive(Debug)]
pub struct Running {
    world: World,
    number: u64,
}

impl Running {
    /// Goes on to another phase.
    pub fn enter(&self, phase: Phase) {
        self.set(Progress::Running(phase));
    }

    /// Ends well.
    pub fn finish(self) {
        self.set(Progress::Finished);
    }

    /// Waits for as long as generations are held in that phase.
    pub(super) async fn held(&self, phase: Phase) {
        self.world.until(|state| state.generations.held != Some(phase)).await;
    }

    fn set(&self, progress: Progress) {
        self.world.change(|state| state.generations.set(self.number, progress));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.world.change(|state| {
            let all = &mut state.generations.all;
            if let Some(mine) = all.iter_mut().find(|generation| generation.number == self.number)
                && matches!(mine.progress, Progress::Running(_))
            {
                mine.progress = Progress::Aborted;
            }
        });
    }
}
