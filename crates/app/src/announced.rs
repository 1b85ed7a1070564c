//! What of each server's models was announced, and what of a pass has to be.

use std::collections::HashMap;

use domain::{DesiredEntry, StoredModel, diff};

use crate::change::{Change, ChangedIds};
use crate::event::Event;
use crate::server::{Outcome, Report};

/// What was announced, by provider.
#[derive(Default)]
pub(crate) struct Announced(HashMap<String, Entry>);

struct Entry {
    /// What the server offered.
    desired: DesiredEntry,
    /// Whether that has to be announced again.
    again: bool,
}

impl Announced {
    /// Announces all that is offered again with each server's next pass.
    pub(crate) fn repeat_all(&mut self) {
        self.0.values_mut().for_each(|entry| entry.again = true);
    }

    /// Announces what a pass has changed; all that is offered where that was not announced before.
    pub(crate) fn announce(&mut self, provider: String, report: Report, emit: &impl Fn(Event)) {
        let known = self.0.get(&provider);
        let changed = report.written().or_else(|| find_unwritten(&report, &known?.desired));
        let lists = known.is_none_or(|known| known.again);
        if changed.is_none() && !lists {
            return;
        }
        let Report { desired, listed_at, .. } = report;
        let change = Change { listed_at, desired, ..Change::default() };
        if lists {
            emit(Event::Listed(Change { again: known.is_some(), ..change.clone() }));
        }
        self.0.insert(provider, Entry { desired: change.desired.clone(), again: false });
        if let Some(ids) = changed {
            emit(Event::Changed(Change { ids, ..change }));
        }
    }
}

/// What is offered otherwise than was announced, where the writes do not show that: a store is left as it is, or still
/// has what was missing for a moment.
fn find_unwritten(report: &Report, known: &DesiredEntry) -> Option<ChangedIds> {
    let undone = report.stores.iter().any(|store| matches!(store.outcome, Ok(Outcome::Undone(_))));
    if !undone && known.held.is_empty() {
        return None;
    }
    let now = &report.desired;
    // What was missing for a moment is there as long as its removal was not announced.
    let held = known.held.iter().map(|id| StoredModel { id: Some(id.clone()), ..StoredModel::default() });
    let rows: Vec<StoredModel> = known.models.iter().map(StoredModel::from).chain(held).collect();
    let diff = diff(&rows, &now.models, &now.held.iter().collect());
    let mut ids = ChangedIds::default();
    ids.add(&diff);
    (!diff.is_empty()).then_some(ids)
}
