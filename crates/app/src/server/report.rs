//! The input of a pass, and what it found and did.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{SourceError, StoreError};
use domain::{
    ChangedModel, DesiredEntry, HeldModel, Incomplete, LeftOut, ModelId, OriginTable, Plan, Rules, StoredProvider,
};

use crate::change::{ChangedIds, NAMED};

/// Whether a pass may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is planned is carried out.
    Write,
    /// What is planned is only reported.
    DryRun,
}

/// How a server's models appear in OpenClaw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// The key below `providers`.
    pub provider: String,
    /// The server's address, as it is asked.
    pub address: String,
    /// What is written as the provider's address.
    pub base_url: String,
    /// All addresses that may be meant by the one that a person wrote, each with what is written then.
    pub bases: Vec<Base>,
    /// The user's own rules.
    pub rules: Rules,
}

impl Profile {
    /// A server's profile, at the first of these addresses until it turns out to be at another one.
    #[must_use]
    pub fn new(provider: String, bases: Vec<Base>, rules: Rules) -> Self {
        let Base { address, base_url } = bases.first().cloned().unwrap_or_default();
        Self { provider, address, base_url, bases, rules }
    }

    /// Takes the address at which the server turned out to be.
    pub(super) fn move_to(&mut self, address: &str) {
        if let Some(base) = self.bases.iter().find(|base| base.address == address) {
            self.address.clone_from(&base.address);
            self.base_url.clone_from(&base.base_url);
        }
    }
}

/// An address at which a server may have its OpenAI-compatible API.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Base {
    /// The address, as the server is asked.
    pub address: String,
    /// What is written as the provider's address.
    pub base_url: String,
}

/// What a pass found and did.
#[derive(Debug, Default)]
pub struct Report {
    /// How many models the server listed.
    pub listed: usize,
    /// What OpenClaw should be offered, in the server's order.
    pub desired: DesiredEntry,
    /// Where the values of what is offered are from.
    pub origins: OriginTable,
    /// What is listed and not offered.
    pub left_out: Vec<(ModelId, LeftOut)>,
    /// Why the server may have models that its answer does not name; nothing is removed then.
    pub incomplete: Option<Incomplete>,
    /// When its answer was there, on the clock.
    pub listed_at: Duration,
    /// How long it took to answer.
    pub answered_in: Duration,
    /// How long it has to list nothing until all of its models count as gone.
    pub empty_after: Duration,
    /// Models that it no longer lists, and that stay for now.
    pub held: Vec<HeldModel>,
    /// When the first of them goes unless it is listed again, on the clock.
    pub removes_at: Option<Duration>,
    /// After how long the server has to be asked again to decide about something that waits.
    pub again_in: Option<Duration>,
    /// What it does not say of its models, and why, where it was asked and failed.
    pub facts_failed: Option<SourceError>,
    /// What followed for each store.
    pub stores: Vec<StoreReport>,
}

impl Report {
    /// The ids that OpenClaw is offered, in the server's order.
    pub fn offered(&self) -> impl ExactSizeIterator<Item = &ModelId> {
        self.desired.models.iter().map(|model| &model.id)
    }

    /// Whether nothing is offered, and the user's rules leave out what is for chat.
    pub(crate) fn all_ruled_out(&self) -> bool {
        let by_rules = |why: &LeftOut| matches!(why, LeftOut::ExcludedBy(_) | LeftOut::NotIncluded);
        self.offered().len() == 0 && self.left_out.iter().any(|(_, why)| by_rules(why))
    }

    /// What was written, in all stores together; `None` where nothing was.
    pub(crate) fn written(&self) -> Option<ChangedIds> {
        let mut written: Option<ChangedIds> = None;
        for store in &self.stores {
            if let Ok(Outcome::Updated(plan)) = &store.outcome {
                written.get_or_insert_default().add(&plan.diff);
            }
        }
        written
    }

    /// The first of the rows that were written with other values; of a model in several stores, the first one's.
    pub(crate) fn changed_rows(&self) -> Vec<ChangedModel> {
        let mut rows: Vec<ChangedModel> = Vec::new();
        for store in &self.stores {
            let Ok(Outcome::Updated(plan)) = &store.outcome else { continue };
            for changed in plan.diff.changed.iter().take(NAMED) {
                if rows.len() < NAMED && rows.iter().all(|known| known.after.id != changed.after.id) {
                    rows.push(changed.clone());
                }
            }
        }
        rows
    }
}

/// What followed from a listing for one store.
#[derive(Debug)]
pub struct StoreReport {
    /// The store, for a person.
    pub name: String,
    /// What it had of the provider when the pass first read it, where it could be read.
    pub had: Option<Arc<StoredProvider>>,
    /// The version of the gateway that runs, as far as is known.
    pub openclaw: Option<String>,
    /// What was done, or why nothing was.
    pub outcome: Result<Outcome, StoreError>,
}

/// What followed from a listing for a store that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The store is already true; it was not touched.
    Unchanged,
    /// The plan was carried out, or would be but for a dry run.
    Updated(Plan),
    /// This version of OpenClaw takes out what the plan would write, so it is left so.
    Undone(Plan),
}
