//! What was written of one server's models, for those who show it.

use std::collections::HashSet;
use std::time::Duration;

use domain::{DesiredEntry, Diff, ModelId};

/// What was written, for those who show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The provider below which it was written.
    pub provider: String,
    /// Ids that are there now.
    pub present: Vec<ModelId>,
    /// Ids that are gone.
    pub absent: Vec<ModelId>,
    /// When the server listed it, on the clock.
    pub listed_at: Duration,
    /// All that is offered now.
    pub desired: DesiredEntry,
    /// Whether nothing of this is new, and only OpenClaw has changed.
    pub again: bool,
}

impl Change {
    /// Nothing yet.
    #[must_use]
    pub fn new(provider: String, listed_at: Duration) -> Self {
        Self { provider, listed_at, ..Self::default() }
    }

    /// Adds what a diff did that was written; the same change of another file counts once.
    pub fn add(&mut self, diff: &Diff) {
        let changed = diff.changed.iter().map(|changed| &changed.after.id);
        let present = diff.added.iter().map(|model| &model.id).chain(changed);
        extend(&mut self.present, present);
        extend(&mut self.absent, diff.removed.iter());
    }

    /// Takes in what was written after this: what it says of an id counts.
    pub fn follow(&mut self, later: Self) {
        let Self { provider: _, present, absent, listed_at, desired, again } = later;
        let told: HashSet<&ModelId> = present.iter().chain(&absent).collect();
        self.present.retain(|id| !told.contains(id));
        self.absent.retain(|id| !told.contains(id));
        self.present.extend(present);
        self.absent.extend(absent);
        (self.listed_at, self.desired) = (listed_at, desired);
        self.again &= again;
    }
}

/// Adds those that are not there yet.
fn extend<'a>(ids: &mut Vec<ModelId>, more: impl Iterator<Item = &'a ModelId>) {
    let had: HashSet<ModelId> = ids.iter().cloned().collect();
    ids.extend(more.filter(|id| !had.contains(id)).cloned());
}
