//! The changes that the picker has not been seen to show.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use domain::ports::Expected;
use domain::{DesiredEntry, ModelId};

use crate::change::Change;

/// How many removed ids are looked for in a picker at most. It may be away for long, while a server lists others each
/// time.
pub(super) const MANY: usize = 10_000;

/// Changes that the picker has not been seen to show, by provider.
#[derive(Debug, Default)]
pub(super) struct Pending(pub(super) BTreeMap<String, Unseen>);

/// What the picker has to show of one provider: all that is offered, and nothing that was removed.
#[derive(Debug, Clone, Default)]
pub(super) struct Unseen {
    /// Ids that were removed.
    pub(super) gone: BTreeSet<ModelId>,
    /// When the server listed the latest change.
    pub(super) listed_at: Duration,
    /// All that is offered as of the latest.
    pub(super) desired: DesiredEntry,
    /// Whether any of it is new.
    pub(super) fresh: bool,
}

impl Pending {
    pub(super) fn add(&mut self, change: Change) {
        let Change { ids, listed_at, desired, again } = change;
        let unseen = self.0.entry(desired.provider.clone()).or_default();
        unseen.remove(ids.removed);
        (unseen.listed_at, unseen.desired) = (listed_at, desired);
        unseen.fresh |= !again;
    }

    /// Takes back what was taken out, below what has come since.
    pub(super) fn put_back(&mut self, provider: String, earlier: Unseen) {
        match self.0.get_mut(&provider) {
            Some(later) => later.follow(earlier),
            None => drop(self.0.insert(provider, earlier)),
        }
    }
}

impl Unseen {
    fn remove(&mut self, ids: impl IntoIterator<Item = ModelId>) {
        for id in ids {
            if self.gone.len() < MANY {
                self.gone.insert(id);
            }
        }
    }

    /// Takes in what came before this.
    pub(super) fn follow(&mut self, earlier: Self) {
        self.remove(earlier.gone);
        self.fresh |= earlier.fresh;
    }

    pub(super) fn expected(&self, provider: &str) -> Expected {
        let present: Vec<ModelId> = self.desired.models.iter().map(|model| model.id.clone()).collect();
        // What is held may be there or not: it stays where it is, and is put nowhere.
        let there: HashSet<&ModelId> = present.iter().chain(&self.desired.held).collect();
        let absent = self.gone.iter().filter(|id| !there.contains(id)).cloned().collect();
        Expected { provider: provider.to_owned(), present, absent, configured: false }
    }
}
