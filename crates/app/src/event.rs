//! What the loop and the notifier let others know, as plain facts that anybody may keep.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Shown, SourceError, StoreError};
use domain::{BusySource, ChangedModel, HeldModel, Incomplete, LeftOut, Model, ModelId, OriginTable, StoredProvider};

use crate::advice::{advice, kind, store_kind};
use crate::change::{Change, ChangedIds};
use crate::picker_answer::PickerAnswer;
use crate::server::{Outcome, Profile, Report};
use domain::Chain;

/// What the loop and the notifier let others know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The loop has turned: before each pass, and at each check while inference runs.
    Turned,
    /// Inference keeps a pass waiting: sent at each check.
    Paused {
        /// Who saw it.
        source: BusySource,
        /// What was seen.
        reason: String,
    },
    /// No pass waits any more.
    Resumed {
        /// Whether inference still runs, and the pass has waited as long as it may.
        anyway: bool,
    },
    /// All servers' passes have ended.
    Passed(Pass),
    /// A server has answered for the first time, or OpenClaw has changed: all that is offered of it.
    Listed(Change),
    /// Something was written.
    Changed(Change),
    /// The picker was asked to show a server's models.
    Asked(PickerAnswer),
    /// The picker was checked some time later, and still shows a server's models.
    StillShows {
        /// The provider whose models it shows.
        provider: String,
        /// What it shows.
        shown: Shown,
    },
}

/// One pass over all servers. Times are the clock's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// When it began.
    pub began: Duration,
    /// When it had ended.
    pub ended: Duration,
    /// When the next one is due; `None` for none, since the loop was asked to stop.
    pub next: Option<Duration>,
    /// What came of it for each server.
    pub servers: Vec<ServerPass>,
}

/// What a pass came to for one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPass {
    /// The key below `providers`.
    pub provider: String,
    /// The server's address, as it is asked.
    pub address: String,
    /// What it found, or why the server did not list its models.
    pub result: Result<Arc<Found>, Trouble>,
}

/// Something that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble, in a word or two: the same kind is the same trouble.
    pub kind: &'static str,
    /// The error, with all its sources.
    pub error: String,
    /// What a person can do about it, where that is known.
    pub advice: Option<&'static str>,
}

/// What a pass found at a server that listed its models, and did for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How many models it listed.
    pub listed: usize,
    /// How long it took to list them.
    pub answered_in: Duration,
    /// How long it has to list nothing until all of its models count as gone.
    pub empty_after: Duration,
    /// Why the server may have models that its answer does not name; nothing is removed then.
    pub incomplete: Option<Incomplete>,
    /// What OpenClaw is offered, in the server's order.
    pub offered: Vec<Model>,
    /// Where the values of these are from.
    pub origins: OriginTable,
    /// What is listed and not offered.
    pub left_out: Vec<(ModelId, LeftOut)>,
    /// What is no longer listed and stays for now.
    pub held: Vec<HeldModel>,
    /// When the first of that is removed unless it is listed again, on the clock; `None` where nothing is to be
    /// removed.
    pub removes_at: Option<Duration>,
    /// Why it did not say more of its models, where it was asked.
    pub facts_failed: Option<Trouble>,
    /// What followed for each file.
    pub files: Vec<FileResult>,
    /// What was written, in all files together.
    pub written: Option<ChangedIds>,
    /// The first of the rows that were written with other values.
    pub changed_rows: Vec<ChangedModel>,
}

/// What a pass came to for one file, or whatever else holds OpenClaw's models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileResult {
    /// The file, for a person.
    pub name: String,
    /// Whether it had to be written, or why it could not be made true.
    pub result: Result<bool, Trouble>,
    /// Models that are offered and that it does not have.
    pub lacks: Vec<ModelId>,
}

impl ServerPass {
    pub(crate) fn new(profile: &Profile, result: &Result<Report, SourceError>) -> Self {
        let Profile { provider, address, .. } = profile;
        let result = match result {
            Ok(report) => Ok(Arc::new(Found::new(report))),
            Err(error) => Err(error.into()),
        };
        Self { provider: provider.clone(), address: address.clone(), result }
    }
}

impl Found {
    fn new(report: &Report) -> Self {
        let offered: Vec<Model> = report.desired.models.iter().cloned().collect();
        let files = report.stores.iter().map(|store| {
            let (result, lacks) = match &store.outcome {
                Ok(Outcome::Unchanged) => (Ok(false), Vec::new()),
                Ok(Outcome::Updated(_)) => (Ok(true), Vec::new()),
                Ok(Outcome::Undone(_)) => (Ok(false), lacking(&offered, store.had.as_deref())),
                Err(error) => (Err(error.into()), lacking(&offered, store.had.as_deref())),
            };
            FileResult { name: store.name.clone(), result, lacks }
        });
        Self {
            listed: report.listed,
            answered_in: report.answered_in,
            empty_after: report.empty_after,
            origins: report.origins.clone(),
            incomplete: report.incomplete.clone(),
            left_out: report.left_out.clone(),
            held: report.held.clone(),
            removes_at: report.removes_at,
            facts_failed: report.facts_failed.as_ref().map(Trouble::from),
            files: files.collect(),
            written: report.written(),
            changed_rows: report.changed_rows(),
            offered,
        }
    }
}

/// What of the offered models a file does not have; all of it where the file cannot be read.
fn lacking(offered: &[Model], had: Option<&StoredProvider>) -> Vec<ModelId> {
    let rows = had.into_iter().flat_map(|provider| &provider.models);
    let has: std::collections::HashSet<_> = rows.filter_map(|row| row.id.as_ref()).collect();
    offered.iter().map(|model| &model.id).filter(|id| !has.contains(id)).cloned().collect()
}

impl From<&SourceError> for Trouble {
    fn from(error: &SourceError) -> Self {
        Self { kind: kind(error), error: Chain(error).to_string(), advice: Some(advice(error)) }
    }
}

impl From<&StoreError> for Trouble {
    fn from(error: &StoreError) -> Self {
        Self { kind: store_kind(error), error: Chain(error).to_string(), advice: None }
    }
}
