//! One server that lists models, with all that is remembered of it from pass to pass.

mod facts;
mod report;

use std::collections::HashMap;
use std::time::Duration;

use domain::ports::{Clock, ModelSource, ModelStore, ModelStores, Running, SourceError};
use domain::{
    DesiredEntry, EMPTY_AFTER, FactDebouncer, HeldModel, Listing, ModelId, OriginTable, Plan, Provider, Removals,
    RevertGuard, Row, Rules, Stored, StoredProvider, View, plan,
};
use tokio::sync::Mutex;

use self::facts::ServerFacts;
pub use self::report::{Base, Mode, Outcome, Profile, Report, StoreReport};
use crate::stores::{Loaded, load_all, save_plan};

/// A server, and what is remembered of it.
#[derive(Debug)]
pub struct Server<S> {
    source: S,
    profile: Profile,
    removals: Removals,
    facts: ServerFacts,
    listing: Listing,
    held: Vec<HeldModel>,
    /// What was last offered, wherever it stands.
    offered: Vec<ModelId>,
    /// Which gateway runs, as far as is known.
    gateway: Option<Running>,
    /// What is remembered of each store.
    revert_guards: HashMap<String, RevertGuard>,
}

impl<S> Server<S> {
    /// Remembers nothing yet. `empty_after` is how long the server has to list nothing until all is gone.
    pub fn new(source: S, profile: Profile, empty_after: Option<Duration>) -> Self {
        Self {
            source,
            profile,
            removals: Removals::new(empty_after.unwrap_or(EMPTY_AFTER)),
            facts: ServerFacts::default(),
            listing: Listing::default(),
            held: Vec::new(),
            offered: Vec::new(),
            gateway: None,
            revert_guards: HashMap::new(),
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

    /// What openclaw.json should offer, with where its values are from; `stored` is what models.json has, for what is
    /// not known otherwise.
    fn desired(&self, stored: Option<&StoredProvider>) -> (DesiredEntry, OriginTable) {
        let (models, origins) = self.view().catalog_with_origins(stored);
        let desired = DesiredEntry {
            provider: self.profile.provider.clone(),
            base_url: self.profile.base_url.clone(),
            models,
            held: self.held.iter().map(|held| held.id.clone()).collect(),
        };
        (desired, origins)
    }

    /// How its models appear in OpenClaw.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Takes other rules from now on.
    pub fn set_rules(&mut self, rules: Rules) {
        self.profile.rules = rules;
    }

    /// All that decides which models OpenClaw gets, as of the server's last listing.
    pub fn view(&self) -> View<'_> {
        View { listing: &self.listing, facts: self.facts.debounced(), rules: &self.profile.rules, held: &self.held }
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
        let asked_at = clock.now();
        let listing = self.source.models().await.inspect_err(|_| {
            self.removals.failed();
            self.facts.forget_server();
        })?;
        let listed_at = clock.now();
        if let Some(base) = self.source.base() {
            self.profile.move_to(&base);
        }
        let loaded = load_all(stores, &self.profile.provider, clock).await;
        let (facts_due, facts_failed) = self.observe_facts(&listing, &loaded, listed_at).await;
        let confirm_in = self.observe_removals(&listing, &loaded, listed_at);
        let (listed, incomplete) = (listing.ids().len(), listing.incomplete().cloned());
        self.listing = listing;

        let _turn = turn.lock().await;
        let mut reports = Vec::with_capacity(loaded.len());
        for store in loaded {
            reports.push(self.save(store, clock, mode).await);
        }
        let (desired, origins) = self.desired(reports.iter().find_map(|store| store.had.as_deref()));
        let offered = desired.models.iter().map(|model| &model.id);
        self.offered = offered.chain(&desired.held).cloned().collect();
        Ok(Report {
            listed,
            desired,
            origins,
            left_out: self.view().left_out().map(|(id, why)| (id.clone(), why)).collect(),
            incomplete,
            listed_at,
            answered_in: listed_at.saturating_sub(asked_at),
            empty_after: self.removals.empty_after(),
            held: self.held.clone(),
            removes_at: confirm_in.map(|wait| listed_at + wait),
            again_in: [confirm_in, facts_due].into_iter().flatten().min(),
            facts_failed,
            stores: reports,
        })
    }

    /// Asks for facts where there is reason to: other ids, old facts, or a store that lacks one of the models.
    async fn observe_facts<T>(
        &mut self,
        listing: &Listing,
        loaded: &[Loaded<T>],
        now: Duration,
    ) -> (Option<Duration>, Option<SourceError>) {
        let Self { source, profile, facts, revert_guards, .. } = self;
        let lacks_one = |facts: &FactDebouncer| {
            let chats = |id: &ModelId| domain::cannot_chat(id, facts.known(id).facts()).is_none();
            let offered = |id: &&ModelId| profile.rules.admit(id) && chats(id);
            // A store that is left as it is would ask for facts at every pass, and never hold them.
            let is_given_up = |name: &String| revert_guards.get(name).is_some_and(RevertGuard::has_given_up);
            let mut kept = loaded.iter().filter(|store| !is_given_up(&store.name));
            kept.any(|store| {
                let lacks = |stored: &Stored| !stored.has_each(listing.ids().iter().filter(offered));
                store.stored.as_ref().is_ok_and(lacks)
            })
        };
        facts.observe(source, listing, &self.listing, lacks_one, now).await
    }

    /// Decides which of the models that are no longer listed stay. Gives after how long the first of them may go.
    fn observe_removals<T>(&mut self, listing: &Listing, loaded: &[Loaded<T>], now: Duration) -> Option<Duration> {
        let (facts, rules) = (self.facts.debounced(), &self.profile.rules);
        let chats = |id: &ModelId| domain::cannot_chat(id, facts.known(id).facts()).is_none();
        let has = loaded.iter().filter_map(|store| store.stored.as_ref().ok());
        let known = has.flat_map(rows).chain(&self.offered).filter(|id| rules.admit(id));
        let verdict = self.removals.observe(listing, chats, known, now);
        self.held = verdict.held;
        verdict.confirm_in
    }

    /// Makes one store agree with the listing, unless OpenClaw takes out each time what would be written.
    async fn save<T, C>(&mut self, loaded: Loaded<T>, clock: &C, mode: Mode) -> StoreReport
    where
        T: ModelStore,
        C: Clock,
    {
        let Loaded { name, store, stored } = loaded;
        let had = stored.as_ref().ok().and_then(|stored| stored.provider.clone());
        let mut guard = self.revert_guards.remove(&name).unwrap_or_default();
        let era = self.gateway.as_ref().map(|gateway| gateway.era);
        let outcome = match stored.map(|stored| (self.plan(&stored), stored.version)) {
            Err(error) => Err(error),
            Ok((plan, _)) if guard.gives_up(&plan, era) => Ok(Outcome::Undone(plan)),
            Ok((plan, version)) => save_plan(&store, clock, plan, version, |stored| self.plan(stored), mode).await,
        };
        match &outcome {
            Ok(Outcome::Updated(plan)) if mode == Mode::Write => guard.note_true(plan.rows.iter().map(Row::id)),
            Ok(Outcome::Unchanged) => {
                let rows = had.iter().flat_map(|provider| &provider.models);
                guard.note_true(rows.filter_map(|row| row.id.as_ref()));
            }
            _ => {}
        }
        self.revert_guards.insert(name.clone(), guard);
        let openclaw = self.gateway.as_ref().map(|gateway| gateway.version.clone());
        StoreReport { name, had, openclaw, outcome }
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
