//! Plans how to bring the entry up to date.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::entry::{Added, ConfigSeen, DesiredEntry, Entry, EntryPlan, EntryRow, Made};
use crate::changes::diff::{ChangedModel, differing};
use crate::changes::{API, Diff, StoredProvider};
use crate::model::{Model, ModelId};
use crate::openclaw::era::Era;

/// Plans how to make the entry offer what it should.
#[must_use]
pub fn plan_entry(seen: &ConfigSeen, desired: &DesiredEntry, added: &Added) -> EntryPlan {
    let has = seen.provider.as_ref();
    // What is not there any more is nobody's.
    let (made, ours) = match has {
        Some(_) => (added.made, added.rows.clone()),
        None => (None, BTreeSet::new()),
    };
    let mut after = Added { made, rows: BTreeSet::new() };
    let mut diff = Diff::default();
    let (mut rows, mut placed) = (Vec::new(), HashSet::new());
    let models: Vec<Model> = desired.models.iter().map(|model| fitting(model, seen.era)).collect();
    let wanted: HashMap<&ModelId, &Model> = models.iter().map(|model| (&model.id, model)).collect();
    let held: HashSet<&ModelId> = desired.held.iter().collect();
    for (index, row) in has.iter().flat_map(|has| &has.models).enumerate() {
        let Some(id) = row.id.as_ref().filter(|id| ours.contains(*id)) else {
            placed.extend(row.id.clone());
            rows.push(EntryRow::Keep(index));
            continue;
        };
        if !placed.insert(id.clone()) {
            continue;
        }
        if let Some(&model) = wanted.get(id) {
            let fields = differing(row, model);
            if fields.is_empty() {
                rows.push(EntryRow::Keep(index));
            } else {
                diff.changed.push(ChangedModel { before: row.clone(), after: model.clone(), fields });
                rows.push(EntryRow::Set(Some(index), model.clone()));
            }
            after.rows.insert(id.clone());
        } else if held.contains(id) {
            rows.push(EntryRow::Keep(index));
            after.rows.insert(id.clone());
        } else {
            diff.removed.push(id.clone());
        }
    }
    for model in models {
        if placed.insert(model.id.clone()) {
            after.rows.insert(model.id.clone());
            diff.added.push(model.clone());
            rows.push(EntryRow::Set(None, model));
        }
    }
    if !seen.lists && !rows.is_empty() {
        after.made.get_or_insert(match (has, seen.parents) {
            (Some(_), _) => Made::List,
            (None, (false, _)) => Made::Models,
            (None, (true, false)) => Made::Providers,
            (None, (true, true)) => Made::Entry,
        });
    }
    let agrees = |has: &StoredProvider| {
        has.base_url.as_deref() == Some(&desired.base_url) && has.api.as_deref() == Some(API) && has.api_key.is_some()
    };
    let settings = after.is_entry() && !has.is_some_and(agrees);
    let writes = settings || !diff.is_empty();
    let base_url = settings.then(|| desired.base_url.clone());
    EntryPlan { provider: desired.provider.clone(), entry: Entry::Rows { rows, base_url }, diff, writes, added: after }
}

/// The model as far as the era's strict schema has words for it.
fn fitting(model: &Model, era: &Era) -> Model {
    let context_tokens = model.context_tokens.filter(|_| era.entry_takes_context_tokens());
    Model { context_tokens, ..model.clone() }
}
