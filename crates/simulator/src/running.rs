//! A world's generations as tests and chats use them.

use crate::generation::{Generation, Pace, Phase, Progress};
use crate::world::World;

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
