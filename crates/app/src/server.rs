//! One server that lists models, with all that is remembered of it from pass to pass.

mod report;

use std::collections::HashMap;
use std::time::Duration;

use domain::ports::{Clock, ModelSource, ModelStores, NamedStore, Running, SourceError};
use domain::{
    DesiredEntry, EMPTY_AFTER, FactDebouncer, FactSheet, Facts, HeldModel, Listing, ModelId, Plan, Provider,
    Removals, RevertGuard, Row, Rules, Stored, StoredProvider, View, plan,
};

use tokio::sync::Mutex;

pub use self::report::{Base, Mode, Outcome, Profile, Report, StoreReport};
use crate::stores::{load, save_plan};

/// For how long facts are believed while nothing else asks for new ones.
const FACTS_AGE: Duration = Duration::from_secs(60);

/// When facts are asked for again that could not be had.
const FACTS_AGAIN: Duration = Duration::from_secs(10);

/// A server, and what is remembered of it.
#[derive(Debug)]
pub struct Server<S> {
    source: S,
    profile: Profile,
    removals: Removals,
    facts: FactDebouncer,
    /// When facts are to be asked for even if nothing else asks for them.
    facts_due: Duration,
    /// Whether the server has facts to give beside its list, as far as is known since it last was away.
    offers_facts: bool,
    /// What it last said beside its list; `None` where it was not asked since it last was away.
    own_facts: Option<FactSheet>,
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
            facts: FactDebouncer::default(),
            facts_due: Duration::ZERO,
            offers_facts: true,
            own_facts: None,
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

    /// What openclaw.json should offer; `stored` is what models.json has, for what is not known otherwise.
    fn desired(&self, stored: Option<&StoredProvider>) -> DesiredEntry {
        DesiredEntry {
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

    /// All that decides which models OpenClaw gets, as of the server's last listing.
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
                (self.facts_due, self.offers_facts, self.own_facts) = (Duration::ZERO, true, None);
                return Err(error);
            }
        };
        let listed_at = clock.now();
        if let Some(base) = self.source.base() {
            self.profile.move_to(&base);
        }
        let mut looked = Vec::new();
        for NamedStore { name, store } in stores.stores(&self.profile.provider).await {
            let stored = load(&store, clock).await;
            looked.push((name, store, stored));
        }
        let has = || looked.iter().filter_map(|(_, _, stored)| stored.as_ref().ok());
        // A store that is left as it is would ask for facts at every pass, and never hold them.
        let is_given_up = |name: &String| self.revert_guards.get(name).is_some_and(RevertGuard::has_given_up);
        let kept: Vec<&Stored> = looked
            .iter()
            .filter(|(name, ..)| !is_given_up(name))
            .filter_map(|(_, _, stored)| stored.as_ref().ok())
            .collect();
        let (due, facts_failed) = match self.ask_facts(&listing, kept.into_iter(), listed_at).await {
            Ok(said) => (self.facts.observe(listing.ids(), said.as_ref(), listed_at), None),
            Err(error) => {
                let own = self.own_facts.as_ref();
                let said = own.map_or_else(|| listing.facts().clone(), |own| own.over(listing.facts()));
                (self.facts.observe_listed(listing.ids(), &said, listed_at), Some(error))
            }
        };
        let (facts, rules) = (&self.facts, &self.profile.rules);
        let chats = |id: &ModelId| domain::cannot_chat(id, facts.known(id).facts()).is_none();
        let known = has().flat_map(rows).chain(&self.offered).filter(|id| rules.admit(id));
        let verdict = self.removals.observe(&listing, chats, known, listed_at);
        let (listed, incomplete) = (listing.ids().len(), listing.incomplete().cloned());
        (self.listing, self.held) = (listing, verdict.held);

        let _turn = turn.lock().await;
        let mut revert_guards = std::mem::take(&mut self.revert_guards);
        let mut reports = Vec::with_capacity(looked.len());
        for (name, store, stored) in looked {
            let had = stored.as_ref().ok().and_then(|stored| stored.provider.clone());
            let guard = revert_guards.entry(name.clone()).or_default();
            let era = self.gateway.as_ref().map(|gateway| gateway.era);
            let outcome = match stored.map(|stored| (self.plan(&stored), stored.version)) {
                Err(error) => Err(error),
                Ok((plan, _)) if guard.gives_up(&plan, era) => Ok(Outcome::Undone(plan)),
                Ok((plan, version)) => {
                    save_plan(&store, clock, plan, version, |stored| self.plan(stored), mode).await
                }
            };
            match &outcome {
                Ok(Outcome::Updated(plan)) if mode == Mode::Write => {
                    guard.note_true(plan.rows.iter().map(Row::id))
                }
                Ok(Outcome::Unchanged) => {
                    let rows = had.iter().flat_map(|provider| &provider.models);
                    guard.note_true(rows.filter_map(|row| row.id.as_ref()));
                }
                _ => {}
            }
            let openclaw = self.gateway.as_ref().map(|gateway| gateway.version.clone());
            reports.push(StoreReport { name, had, openclaw, outcome });
        }
        self.revert_guards = revert_guards;
        let desired = self.desired(reports.iter().find_map(|store| store.had.as_deref()));
        let offered = desired.models.iter().map(|model| &model.id);
        self.offered = offered.chain(&desired.held).cloned().collect();
        Ok(Report {
            listed,
            desired,
            left_out: self.view().left_out().map(|(id, why)| (id.clone(), why)).collect(),
            incomplete,
            listed_at,
            held: self.held.clone(),
            removes_at: verdict.confirm_in.map(|wait| listed_at + wait),
            again_in: [verdict.confirm_in, due].into_iter().flatten().min(),
            facts_failed,
            stores: reports,
        })
    }

    /// What the server says of its models, in its list and beside it; `None` where that is what it said before. It is
    /// asked for more than its list where that does not say all, and where there is reason to: other ids, old facts, or
    /// a store that lacks one of them. LM Studio logs each question, and one that it does not know as an error.
    async fn ask_facts<'a>(
        &mut self,
        listing: &Listing,
        mut stored: impl Iterator<Item = &'a Stored>,
        now: Duration,
    ) -> Result<Option<Facts>, SourceError> {
        if listing.says_all() || !self.offers_facts {
            return Ok(Some(Facts::Known(listing.facts().clone())));
        }
        let nothing_new =
            listing.ids() == self.listing.ids() && stored.all(|stored| self.holds_all(listing, stored));
        if nothing_new && now < self.facts_due {
            let own = self.own_facts.as_ref().filter(|_| listing.facts() != self.listing.facts());
            return Ok(own.map(|own| Facts::Known(own.over(listing.facts()))));
        }
        let answer = self.source.facts().await;
        self.facts_due = now + if answer.is_ok() { FACTS_AGE } else { FACTS_AGAIN };
        self.offers_facts = !matches!(answer, Ok(Facts::NotOffered));
        let own = match answer? {
            Facts::Known(sheet) => sheet,
            Facts::NotOffered => FactSheet::default(),
        };
        let both = own.over(listing.facts());
        self.own_facts = Some(own);
        Ok(Some(Facts::Known(both)))
    }

    /// Whether a store has a row for each listed model that it should offer.
    fn holds_all(&self, listing: &Listing, stored: &Stored) -> bool {
        let chats = |id: &ModelId| domain::cannot_chat(id, self.facts.known(id).facts()).is_none();
        let offered = |id: &&ModelId| self.profile.rules.admit(id) && chats(id);
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
