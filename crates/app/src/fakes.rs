//! The ports as the tests of this crate see them: mocks for interactions, a store in memory for results.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::era::{Abilities, Era};
use domain::ports::{
    ActivityError, ActivitySource, Applied, ConfigFile, Expected, Failure, Gateway, GatewayError, ManagedRows,
    ModelSource, ModelStore, ModelStores, NamedStore, Running, Shown, SourceError, StoreError,
};
use domain::{
    API, API_KEY_MARKER, Activity, Added, Allowlist, ConfigSeen, ConfigSetting, ConfigText, ConfigVersion, Entry,
    EntryPlan, EntryRow, Listing, ModelId, Plan, Row, Stored, StoredModel, StoredProvider, Version,
};

use crate::{ConfigTarget, Profile, Server};

mockall::mock! {
    pub Source {}
    impl ModelSource for Source {
        async fn models(&self) -> Result<Listing, SourceError>;
    }
}

mockall::mock! {
    pub Store {}
    impl ModelStore for Store {
        async fn load(&self) -> Result<Stored, StoreError>;
        async fn save(&self, plan: &Plan, over: &Version) -> Result<(), StoreError>;
    }
}

mockall::mock! {
    pub Activities {}
    impl ActivitySource for Activities {
        async fn activity(&self) -> Result<Activity, ActivityError>;
    }
}

pub(crate) use MockActivities as Activities;
pub(crate) use MockSource as Source;
pub(crate) use MockStore as Store;

/// A store that keeps what is saved, and counts how often.
#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<(Stored, usize)>);

impl MemoryStore {
    pub(crate) fn ids(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        let rows = state.0.provider.iter().flat_map(|provider| &provider.models);
        rows.filter_map(|row| row.id.as_ref()).map(ToString::to_string).collect()
    }

    pub(crate) fn row(&self, id: &str) -> Option<StoredModel> {
        let state = self.0.lock().unwrap();
        let mut rows = state.0.provider.iter().flat_map(|provider| &provider.models);
        rows.find(|row| row.id.as_ref().is_some_and(|has| has.as_str() == id)).cloned()
    }

    pub(crate) fn writes(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

impl ModelStore for MemoryStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        Ok(self.0.lock().unwrap().0.clone())
    }

    async fn save(&self, plan: &Plan, _over: &Version) -> Result<(), StoreError> {
        let mut state = self.0.lock().unwrap();
        let old = state.0.provider.clone().unwrap_or_default();
        let rows = plan.rows.iter().filter_map(|row| match row {
            Row::Set(model) => Some(StoredModel::from(model)),
            Row::Keep(id) => old.models.iter().find(|row| row.id.as_ref() == Some(id)).cloned(),
        });
        state.0.provider = Some(Arc::new(StoredProvider {
            base_url: Some(plan.base_url.clone()),
            api_key: Some(API_KEY_MARKER.into()),
            api: Some(API.into()),
            models: rows.collect(),
        }));
        state.1 += 1;
        Ok(())
    }
}

/// Stores on loan, for every provider the same.
pub(crate) struct Shelf<'a, T>(pub(crate) Vec<(&'static str, &'a T)>);

impl<'a, T: ModelStore> ModelStores for Shelf<'a, T> {
    type Store = &'a T;

    async fn stores(&self, _provider: &str) -> Vec<NamedStore<&'a T>> {
        self.0.iter().map(|(name, store)| NamedStore { name: (*name).to_owned(), store: *store }).collect()
    }
}

/// A server whose listings are these in turn, the last one for ever.
pub(crate) fn serving(listings: &[&'static [&'static str]]) -> Server<Source> {
    let mut listings = listings.to_vec();
    let mut source = Source::new();
    source.expect_models().returning(move || {
        let next = if listings.len() > 1 { listings.remove(0) } else { listings[0] };
        Ok(ids(next))
    });
    server(source)
}

/// A server without rules.
pub(crate) fn server<S>(source: S) -> Server<S> {
    let (provider, base_url) = ("lmstudio".to_owned(), "http://localhost:1234/v1".to_owned());
    let address = base_url.clone();
    Server::new(source, Profile { provider, address, base_url, ..Profile::default() }, None)
}

pub(crate) fn ids(list: &[&str]) -> Listing {
    Listing::new(list.iter().map(|id| ModelId::new(id).unwrap()))
}

pub(crate) fn refused() -> SourceError {
    let address = "http://localhost:1234/v1/models".into();
    SourceError::Unreachable { address, failure: Failure::Refused, cause: "connection refused".into() }
}

/// A gateway of that version.
pub(crate) fn running(version: &str) -> Running {
    Running { version: version.to_owned(), era: Era::for_gateway(version, Abilities::default()) }
}

/// How a picker answers.
type Answers = Box<dyn FnMut(&Expected) -> Result<Shown, GatewayError> + Send>;

/// OpenClaw in memory: its gateway, its files, and what is remembered of them. It counts the changes of its
/// configuration.
#[derive(Default)]
pub(crate) struct MemoryOpenClaw {
    pub(crate) entry: Mutex<Option<StoredProvider>>,
    pub(crate) added: Mutex<BTreeMap<String, Added>>,
    pub(crate) text: Mutex<ConfigText>,
    pub(crate) changes: Mutex<usize>,
    /// How many of the next answers are as if nothing had been written.
    pub(crate) stale: Mutex<usize>,
    /// How many of the next changes meet another one.
    pub(crate) conflicts: Mutex<usize>,
    /// What the gateway calls itself.
    version: String,
    /// Whether OpenClaw's files hold a key.
    pub(crate) key: Mutex<Option<bool>>,
    /// Whether the gateway has a credential.
    pub(crate) credential: Mutex<Option<bool>>,
    /// What the picker shows; one that has no answers never answers.
    answers: Mutex<Option<Answers>>,
}

impl MemoryOpenClaw {
    /// That version, whose picker never answers.
    pub(crate) fn new(version: &str) -> Self {
        let text = ConfigText { readable: true, ..ConfigText::default() };
        Self { version: version.to_owned(), text: text.into(), ..Self::default() }
    }

    /// The same, whose picker answers so.
    pub(crate) fn answering(
        self,
        answers: impl FnMut(&Expected) -> Result<Shown, GatewayError> + Send + 'static,
    ) -> Self {
        Self { answers: Mutex::new(Some(Box::new(answers))), ..self }
    }

    /// Its configuration as a target.
    pub(crate) fn target<A>(&self, setting: ConfigSetting, activity_source: A) -> ConfigTarget<&Self, &Self, &Self, A> {
        ConfigTarget { setting: setting.into(), gateway: self, file: self, managed_rows: self, activity_source }
    }
}

impl Gateway for MemoryOpenClaw {
    async fn running(&self) -> Result<Running, GatewayError> {
        Ok(running(&self.version))
    }

    async fn credential(&self, _provider: &str) -> Option<bool> {
        *self.credential.lock().unwrap()
    }

    async fn refresh_picker(&self, expected: &Expected) -> Result<Shown, GatewayError> {
        let answer = self.answers.lock().unwrap().as_mut().map(|answers| answers(expected));
        match answer {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    async fn read_entry(&self, _provider: &str) -> Result<ConfigSeen, GatewayError> {
        let mut stale = self.stale.lock().unwrap();
        let is_stale = *stale > 0;
        *stale = stale.saturating_sub(1);
        let provider = self.entry.lock().unwrap().clone().filter(|_| !is_stale);
        let parents = (provider.is_some(), provider.is_some());
        Ok(ConfigSeen {
            version: ConfigVersion::default(),
            openclaw: self.version.clone(),
            era: running(&self.version).era,
            provider,
            elsewhere: false,
            lists: parents.0,
            parents,
        })
    }

    async fn change_entry(&self, plan: &EntryPlan, over: &ConfigSeen) -> Result<Applied, GatewayError> {
        let mut conflicts = self.conflicts.lock().unwrap();
        if *conflicts > 0 {
            *conflicts -= 1;
            return Err(GatewayError::Changed);
        }
        assert!(plan.added.rows.is_subset(&self.added.lock().unwrap()[&plan.provider].rows), "remembered first");
        let old = over.provider.clone().unwrap_or_default();
        *self.entry.lock().unwrap() = match &plan.entry {
            Entry::Gone(_) => None,
            Entry::Rows { rows, base_url } => {
                let models = rows.iter().map(|row| match row {
                    EntryRow::Keep(index) => old.models[*index].clone(),
                    EntryRow::Set(_, model) => StoredModel::from(model),
                });
                let models = models.collect();
                Some(match base_url {
                    None => StoredProvider { models, ..old },
                    Some(url) => StoredProvider {
                        base_url: Some(url.clone()),
                        api_key: Some("__OPENCLAW_REDACTED__".into()),
                        api: Some(API.into()),
                        models,
                    },
                })
            }
        };
        *self.changes.lock().unwrap() += 1;
        Ok(Applied::Whole)
    }
}

impl ConfigFile for MemoryOpenClaw {
    async fn text(&self) -> ConfigText {
        *self.text.lock().unwrap()
    }

    async fn allowlists(&self) -> Vec<Allowlist> {
        Vec::new()
    }

    async fn has_key(&self, _provider: &str, _era: &Era) -> Option<bool> {
        *self.key.lock().unwrap()
    }
}

impl ManagedRows for MemoryOpenClaw {
    async fn recall(&self, provider: &str) -> Result<Added, StoreError> {
        Ok(self.added.lock().unwrap().get(provider).cloned().unwrap_or_default())
    }

    async fn remember(&self, provider: &str, added: &Added) -> Result<(), StoreError> {
        self.added.lock().unwrap().insert(provider.to_owned(), added.clone());
        Ok(())
    }
}
