//! One server that lists models, with all that is remembered of it from pass to pass.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, ModelSource, ModelStores, NamedStore, Running, SourceError, StoreError};
use domain::{
    Damper, EMPTY_AFTER, Facts, HeldModel, Listing, ModelId, Plan, Provider, Removals, Row, Rules, Stored,
    StoredProvider, Truce, View, Wanted, plan,
};

use tokio::sync::Mutex;

use crate::stores::{load, settle};

/// For how long facts are believed while nothing else asks for new ones.
const FACTS_AGE: Duration = Duration::from_secs(60);

/// When facts are asked for again that could not be had.
const FACTS_AGAIN: Duration = Duration::from_secs(10);

/// Whether a pass may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is planned is carried out.
    Write,
    /// What is planned is only told.
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
    /// The user's own rules.
    pub rules: Rules,
}

/// What a pass found and did.
#[derive(Debug)]
pub struct Report {
    /// How many models the server listed.
    pub listed: usize,
    /// Those that OpenClaw is offered, in the server's order.
    pub offered: Vec<ModelId>,
    /// How many entries of its answer had no usable id.
    pub skipped: usize,
    /// When its answer was there, on the clock.
    pub listed_at: Duration,
    /// Models that it no longer lists, and that stay for now.
    pub held: Vec<HeldModel>,
    /// After how long the server has to be asked again to decide about something that waits.
    pub again_in: Option<Duration>,
    /// What it does not say of its models, and why, where it was asked and failed.
    pub facts_failed: Option<SourceError>,
    /// What followed for each store.
    pub stores: Vec<StoreReport>,
}

impl Report {
    /// What the first store had of the provider.
    #[must_use]
    pub fn had(&self) -> Option<&StoredProvider> {
        self.stores.iter().find_map(|store| store.had.as_deref())
    }
}

/// What followed from a listing for one store.
#[derive(Debug)]
pub struct StoreReport {
    /// The store, for a person.
    pub name: String,
    /// What it had of the provider when the pass first looked, where it could be read.
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

/// A server, and what is remembered of it.
#[derive(Debug)]
pub struct Server<S> {
    source: S,
    profile: Profile,
    removals: Removals,
    facts: Damper,
    /// When facts are to be asked for even if nothing else asks for them.
    facts_due: Duration,
    /// Whether the server has facts to give, as far as is known since it last was away.
    offers_facts: bool,
    listing: Listing,
    held: Vec<HeldModel>,
    /// What was last offered, wherever it stands.
    offered: Vec<ModelId>,
    /// Which gateway runs, as far as is known.
    gateway: Option<Running>,
    /// What is remembered of each store.
    truces: HashMap<String, Truce>,
}

impl<S> Server<S> {
    /// Remembers nothing yet. `empty_after` is how long the server has to list nothing until all is gone.
    pub fn new(source: S, profile: Profile, empty_after: Option<Duration>) -> Self {
        Self {
            source,
            profile,
            removals: Removals::new(empty_after.unwrap_or(EMPTY_AFTER)),
            facts: Damper::default(),
            facts_due: Duration::ZERO,
            offers_facts: true,
            listing: Listing::default(),
            held: Vec::new(),
            offered: Vec::new(),
            gateway: None,
            truces: HashMap::new(),
        }
    }

    /// Takes these for offered before, so that they go only when that is confirmed.
    pub fn remember(&mut self, ids: impl IntoIterator<Item = ModelId>) {
        self.offered.extend(ids);
    }

    /// Knows from now on which gateway runs.
    pub fn set_gateway(&mut self, gateway: Option<Running>) {
        self.gateway = gateway;
    }

    /// Which gateway runs, as far as is known.
    pub fn gateway(&self) -> Option<&Running> {
        self.gateway.as_ref()
    }

    /// What the second target should offer; `stored` is what the first one has, for what is not known otherwise.
    pub fn wanted(&self, stored: Option<&StoredProvider>) -> Wanted {
        Wanted {
            provider: self.profile.provider.clone(),
            base_url: self.profile.base_url.clone(),
            models: self.view().catalog(stored),
            held: self.held.iter().map(|held| held.id.clone()).collect(),
        }
    }

    /// How its models appear in OpenClaw.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Takes other rules from now on.
    pub fn set_rules(&mut self, rules: Rules) {
        self.profile.rules = rules;
    }

    /// All that decides what OpenClaw is told of the server's models, as of its last listing.
    pub fn view(&self) -> View<'_> {
        View { listing: &self.listing, facts: &self.facts, rules: &self.profile.rules, held: &self.held }
    }
}

impl<S: ModelSource> Server<S> {
    /// Makes one pass: asks the server, and makes each store agree with it. A store that fails does not stop
    /// the others. Servers may make their passes at the same time, and take turns at writing.
    ///
    /// # Errors
    /// [`SourceError`] where the server did not list its models; no store was touched.
    pub async fn pass<K, C>(
        &mut self,
        stores: &K,
        clock: &C,
        turn: &Mutex<()>,
        mode: Mode,
    ) -> Result<Report, SourceError>
    where
        K: ModelStores,
        C: Clock,
    {
        let listing = match self.source.models().await {
            Ok(listing) => listing,
            Err(error) => {
                // It may be another program when it is back.
                self.removals.failed();
                (self.facts_due, self.offers_facts) = (Duration::ZERO, true);
                return Err(error);
            }
        };
        let listed_at = clock.now();
        let mut looked = Vec::new();
        for NamedStore { name, store } in stores.stores(&self.profile.provider).await {
            let stored = load(&store, clock).await;
            looked.push((name, store, stored));
        }
        let has = || looked.iter().filter_map(|(_, _, stored)| stored.as_ref().ok());
        // A store that is left as it is would ask for facts at every pass, and never hold them.
        let is_left = |name: &String| self.truces.get(name).is_some_and(Truce::is_left);
        let kept: Vec<&Stored> = looked
            .iter()
            .filter(|(name, ..)| !is_left(name))
            .filter_map(|(_, _, stored)| stored.as_ref().ok())
            .collect();
        let (said, facts_failed) = match self.ask_facts(&listing, kept.into_iter(), listed_at).await {
            Ok(said) => (said, None),
            Err(error) => (None, Some(error)),
        };
        let due = self.facts.observe(listing.ids(), said.as_ref(), listed_at);
        let (facts, rules) = (&self.facts, &self.profile.rules);
        let chats = |id: &ModelId| domain::is_offered(facts.known(id).facts());
        let known = has().flat_map(rows).chain(&self.offered).filter(|id| rules.admit(id));
        let verdict = self.removals.observe(&listing, chats, known, listed_at);
        let (listed, skipped) = (listing.ids().len(), listing.skipped());
        (self.listing, self.held) = (listing, verdict.held);

        let _turn = turn.lock().await;
        let mut truces = std::mem::take(&mut self.truces);
        let mut reports = Vec::with_capacity(looked.len());
        for (name, store, stored) in looked {
            let plan = |stored: &Stored| self.plan(stored);
            let had = stored.as_ref().ok().and_then(|stored| stored.provider.clone());
            let truce = truces.entry(name.clone()).or_default();
            let era = self.gateway.as_ref().map(|gateway| gateway.era);
            let undone = stored.as_ref().ok().map(&plan).filter(|plan| truce.leaves(plan, era));
            let outcome = match undone {
                Some(plan) => Ok(Outcome::Undone(plan)),
                None => settle(&store, clock, stored, plan, mode).await,
            };
            match &outcome {
                Ok(Outcome::Updated(plan)) if mode == Mode::Write => {
                    truce.is_true(plan.rows.iter().map(Row::id))
                }
                Ok(Outcome::Unchanged) => {
                    let rows = had.iter().flat_map(|provider| &provider.models);
                    truce.is_true(rows.filter_map(|row| row.id.as_ref()));
                }
                _ => {}
            }
            let openclaw = self.gateway.as_ref().map(|gateway| gateway.version.clone());
            reports.push(StoreReport { name, had, openclaw, outcome });
        }
        self.truces = truces;
        let offered: Vec<ModelId> = self.view().offered().cloned().collect();
        self.offered = offered.iter().chain(self.held.iter().map(|held| &held.id)).cloned().collect();
        Ok(Report {
            listed,
            offered,
            skipped,
            listed_at,
            held: self.held.clone(),
            again_in: [verdict.confirm_in, due].into_iter().flatten().min(),
            facts_failed,
            stores: reports,
        })
    }

    /// Asks what the server says of its models, where there is reason to: other ids, old facts, or a store that
    /// lacks one of them. LM Studio logs each question, and one that it does not know as an error.
    async fn ask_facts<'a>(
        &mut self,
        listing: &Listing,
        mut stored: impl Iterator<Item = &'a Stored>,
        now: Duration,
    ) -> Result<Option<Facts>, SourceError> {
        if !self.offers_facts {
            return Ok(Some(Facts::NotOffered));
        }
        let nothing_new = listing == &self.listing && stored.all(|stored| self.holds_all(listing, stored));
        if nothing_new && now < self.facts_due {
            return Ok(None);
        }
        let answer = self.source.facts().await;
        self.facts_due = now + if answer.is_ok() { FACTS_AGE } else { FACTS_AGAIN };
        self.offers_facts = !matches!(answer, Ok(Facts::NotOffered));
        answer.map(Some)
    }

    /// Whether a store has a row for each listed model that it should offer.
    fn holds_all(&self, listing: &Listing, stored: &Stored) -> bool {
        let offered =
            |id: &&ModelId| self.profile.rules.admit(id) && domain::is_offered(self.facts.known(id).facts());
        stored.has_each(listing.ids().iter().filter(offered))
    }
}

impl<S> Server<S> {
    /// What a store that has this should be made into.
    pub fn plan(&self, stored: &Stored) -> Plan {
        let models = self.view().catalog(stored.provider.as_deref());
        let wanted = Provider { base_url: self.profile.base_url.clone(), models };
        plan(stored, wanted, self.held.iter().map(|held| &held.id))
    }
}

/// The ids of a store's rows.
fn rows(stored: &Stored) -> impl Iterator<Item = &ModelId> {
    stored.provider.iter().flat_map(|provider| &provider.models).filter_map(|row| row.id.as_ref())
}

#[cfg(test)]
mod tests;
