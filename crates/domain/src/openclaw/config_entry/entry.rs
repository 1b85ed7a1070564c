//! Our provider's entry in openclaw.json: what is there, what is wanted, what lmsync added, and the plan.

use crate::changes::{Diff, StoredProvider};
use crate::model::{Catalog, Model, ModelId};
use crate::openclaw::era::Era;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the entry should offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DesiredEntry {
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
