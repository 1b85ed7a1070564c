//! What changed of one server's models, and the one fold over it.

use std::collections::HashSet;
use std::mem;
use std::time::Duration;

use domain::{DesiredEntry, Diff, ModelId};

/// How many ids of each kind a change names where it is remembered; the rest is counted.
pub(crate) const NAMED: usize = 20;

/// The ids of what changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangedIds {
    /// Ids that are new.
    pub added: Vec<ModelId>,
    /// Ids whose rows have other values now.
    pub changed: Vec<ModelId>,
    /// Ids that are gone.
    pub removed: Vec<ModelId>,
}

impl ChangedIds {
    /// Adds what a diff changes; the same change of another file counts once.
    pub fn add(&mut self, diff: &Diff) {
        extend(&mut self.added, diff.added.iter().map(|model| &model.id));
        extend(&mut self.changed, diff.changed.iter().map(|changed| &changed.after.id));
        extend(&mut self.removed, diff.removed.iter());
    }

    /// Takes in what changed after this: what it says of an id counts.
    fn follow(&mut self, later: Self) {
        let Self { added, changed, removed } = later;
        let renewed: HashSet<&ModelId> = added.iter().chain(&changed).chain(&removed).collect();
        for ids in [&mut self.added, &mut self.changed, &mut self.removed] {
            ids.retain(|id| !renewed.contains(id));
        }
        self.added.extend(added);
        self.changed.extend(changed);
        self.removed.extend(removed);
    }

    /// Keeps the first ids of each kind, `most` at most; returns how many it drops.
    pub(crate) fn shorten(&mut self, most: usize) -> usize {
        let shorten = |ids: &mut Vec<ModelId>| ids.drain(most.min(ids.len())..).count();
        [&mut self.added, &mut self.changed, &mut self.removed].into_iter().map(shorten).sum()
    }
}

/// Adds those that are not there yet.
fn extend<'a>(ids: &mut Vec<ModelId>, more: impl Iterator<Item = &'a ModelId>) {
    let had: HashSet<ModelId> = ids.iter().cloned().collect();
    ids.extend(more.filter(|id| !had.contains(*id)).cloned());
}

/// A change of what one server offers, for those who show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// What changed; nothing where only OpenClaw has.
    pub ids: ChangedIds,
    /// When the server listed it, on the clock.
    pub listed_at: Duration,
    /// All that the server's entry should offer now.
    pub desired: DesiredEntry,
    /// Whether nothing of this is new, and only OpenClaw has changed.
    pub again: bool,
}

impl Change {
    /// Takes in what was written after this: what it says of an id counts.
    pub fn follow(&mut self, later: Self) {
        let before = mem::replace(self, later);
        let later = mem::replace(&mut self.ids, before.ids);
        self.ids.follow(later);
        self.again &= before.again;
    }
}
