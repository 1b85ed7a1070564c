//! Our provider's entry in openclaw.json, and the changes that bring it up to date.
//!
//! The file is the user's. lmsync adds rows, remembers which, and changes and removes those alone.

mod withdraw;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::changes::diff::{ChangedModel, differing};
use crate::era::Era;
use crate::{API, Catalog, Diff, Model, ModelId, StoredProvider};

pub use withdraw::withdraw;

/// What the entry should offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The key below `models.providers`.
    pub provider: String,
    /// Where OpenClaw sends chat requests.
    pub base_url: String,
    /// What is offered.
    pub models: Catalog,
    /// What is no longer listed, and stays for now.
    pub held: Vec<ModelId>,
}

/// What lmsync itself has put into the configuration for one provider: all that it may ever take out again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Added {
    /// How much of the way to the rows is lmsync's; `None` where all of it was there already.
    pub made: Option<Made>,
    /// The rows.
    pub rows: BTreeSet<ModelId>,
}

impl Added {
    /// Whether the entry as a whole is lmsync's.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        self.made.is_some_and(|made| made >= Made::Entry)
    }
}

/// How much of `models.providers.<provider>.models` was not there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Made {
    /// The list of rows, in an entry that was there.
    List,
    /// The entry.
    Entry,
    /// `providers`, and all below.
    Providers,
    /// `models`, and all below.
    Models,
}

/// What the gateway says of its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSeen {
    /// The content that was read.
    pub version: ConfigVersion,
    /// The gateway's version.
    pub openclaw: String,
    /// Its era.
    pub era: &'static Era,
    /// Our provider in the file itself. Its key is redacted.
    pub provider: Option<StoredProvider>,
    /// Whether it comes from elsewhere, such as an included file.
    pub elsewhere: bool,
    /// Whether our provider has a list of rows there.
    pub lists: bool,
    /// Whether the file has `models`, and whether it has `models.providers`.
    pub parents: (bool, bool),
}

/// The exact configuration that was read. A change is made over it, and fails if it has changed since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigVersion {
    /// The gateway's own mark of it.
    pub hash: String,
    /// Its text as JSON, secrets redacted by the gateway.
    pub text: Arc<str>,
}

/// What a change of the entry has to make true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPlan {
    /// The key below `models.providers`.
    pub provider: String,
    /// The entry as it should be.
    pub entry: Entry,
    /// How that differs from what is there; of rows that are the user's, nothing.
    pub diff: Diff,
    /// Whether anything has to be written.
    pub writes: bool,
    /// What is lmsync's afterwards.
    pub added: Added,
}

/// The entry as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// It is there.
    Rows {
        /// All its rows, in order.
        rows: Vec<EntryRow>,
        /// What its `baseUrl` should be, `api` and the marker beside it; `None` where they stay as they are.
        base_url: Option<String>,
    },
    /// What was made is not there, where nothing else is in it.
    Gone(Made),
}

/// One row as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryRow {
    /// The row at that index, as it is.
    Keep(usize),
    /// A row with these values: the one at that index where there is one, else a new one.
    Set(Option<usize>, Model),
}

/// Plans how to make the entry offer what is wanted.
#[must_use]
pub fn plan_entry(seen: &ConfigSeen, wanted: &Wanted, added: &Added) -> EntryPlan {
    let has = seen.provider.as_ref();
    // What is not there any more is nobody's.
    let (made, ours) = match has {
        Some(_) => (added.made, added.rows.clone()),
        None => (None, BTreeSet::new()),
    };
    let mut after = Added { made, rows: BTreeSet::new() };
    let mut diff = Diff::default();
    let (mut rows, mut placed) = (Vec::new(), HashSet::new());
    let models: Vec<Model> = wanted.models.iter().map(|model| fitting(model, seen.era)).collect();
    for (index, row) in has.iter().flat_map(|has| &has.models).enumerate() {
        let Some(id) = row.id.as_ref().filter(|id| ours.contains(*id)) else {
            placed.extend(row.id.clone());
            rows.push(EntryRow::Keep(index));
            continue;
        };
        if !placed.insert(id.clone()) {
            continue;
        }
        if let Some(model) = models.iter().find(|model| model.id == *id) {
            let fields = differing(row, model);
            if fields.is_empty() {
                rows.push(EntryRow::Keep(index));
            } else {
                diff.changed.push(ChangedModel { before: row.clone(), after: model.clone(), fields });
                rows.push(EntryRow::Set(Some(index), model.clone()));
            }
            after.rows.insert(id.clone());
        } else if wanted.held.contains(id) {
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
        has.base_url.as_deref() == Some(&wanted.base_url)
            && has.api.as_deref() == Some(API)
            && has.api_key.is_some()
    };
    let settings = after.is_entry() && !has.is_some_and(agrees);
    let writes = settings || !diff.is_empty();
    let base_url = settings.then(|| wanted.base_url.clone());
    EntryPlan {
        provider: wanted.provider.clone(),
        entry: Entry::Rows { rows, base_url },
        diff,
        writes,
        added: after,
    }
}

/// The model as far as the era's strict schema has words for it.
fn fitting(model: &Model, era: &Era) -> Model {
    let context_tokens = model.context_tokens.filter(|_| era.entry_takes_context_tokens());
    Model { context_tokens, ..model.clone() }
}

#[cfg(test)]
mod tests;
