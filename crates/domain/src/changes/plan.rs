//! The plan: everything that a write has to do, decided before anything is touched.

use std::collections::{HashMap, HashSet};

use super::diff::differing;
use crate::changes::diff::Diff;
use crate::changes::diff::diff;
use crate::changes::stored::{Stored, StoredModel, StoredProvider};
use crate::model::{Catalog, Model, ModelId};

/// What is written as `apiKey`: a marker that OpenClaw knows to be no secret. The real key is never written.
pub const API_KEY_MARKER: &str = "lmstudio-local";

/// The protocol that OpenClaw speaks with the server.
pub const API: &str = "openai-completions";

/// The protocols that such a server speaks at the same address. One that somebody has chosen stays.
const APIS: [&str; 2] = [API, "openai-responses"];

/// What OpenClaw has to know of a local server beyond the protocol, as JSON values by key: LM Studio
/// knows only `max_tokens` as a limit, stores nothing, and most chat templates refuse the role `developer`.
pub const COMPAT: [(&str, &str); 3] =
    [("supportsDeveloperRole", "false"), ("supportsStore", "false"), ("maxTokensField", "\"max_tokens\"")];

/// Our provider as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Where OpenClaw sends chat requests, with `/v1` and without a slash at the end.
    pub base_url: String,
    /// What it offers.
    pub models: Catalog,
}

/// What a write has to make true. Made by [`plan`], carried out by a store, which decides nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What `baseUrl` should be.
    pub base_url: String,
    /// The rows that the provider should have, all of them, in this order; each id once.
    pub rows: Vec<Row>,
    /// How the rows that are there differ from that.
    pub diff: Diff,
    /// Whether the provider's own settings (`baseUrl`, `apiKey`, `api`) differ from what they should be.
    pub settings: bool,
    /// What `api` should be.
    pub api: &'static str,
    /// Those of the settings that had another value, in the file's order of them: `baseUrl`, `apiKey`, `api`.
    pub replaced: Vec<Replaced>,
}

/// A setting of the provider's that had another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaced {
    /// `baseUrl`, which was this.
    BaseUrl(String),
    /// `apiKey`, which may be a secret.
    ApiKey,
    /// `api`, which was this.
    Api(String),
}

/// One row as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The first row of that id, or a new one, with these values in the fields that lmsync owns.
    Set(Model),
    /// The first row of that id, exactly as it is.
    Keep(ModelId),
}

impl Replaced {
    /// The setting's key in the file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::BaseUrl(_) => "baseUrl",
            Self::ApiKey => "apiKey",
            Self::Api(_) => "api",
        }
    }
}

impl Row {
    /// The row's id.
    #[must_use]
    pub fn id(&self) -> &ModelId {
        match self {
            Self::Set(model) => &model.id,
            Self::Keep(id) => id,
        }
    }

    /// Whether a stored row is what this makes of it, as far as that shows.
    #[must_use]
    pub fn is_true_of(&self, has: &StoredModel) -> bool {
        has.id.as_ref() == Some(self.id())
            && match self {
                Self::Set(model) => differing(has, model).is_empty(),
                Self::Keep(_) => true,
            }
    }
}

impl Plan {
    /// Whether nothing has to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diff.is_empty() && !self.settings
    }

    /// Whether a provider has the settings that the plan gives it; its rows are not compared.
    #[must_use]
    pub fn sets(&self, provider: &StoredProvider) -> bool {
        is_complete(provider) && replaced(provider, &self.base_url, self.api).is_empty()
    }
}

/// Plans how to make what is stored into the wanted provider. Rows of `held` ids that are not wanted stay as
/// they are, each after the row that it follows now.
///
/// A provider that is not there and would have no row is not made.
#[must_use]
pub fn plan<'a>(stored: &Stored, wanted: Provider, held: impl IntoIterator<Item = &'a ModelId>) -> Plan {
    let Provider { base_url, models } = wanted;
    let held: HashSet<&ModelId> = held.into_iter().collect();
    let has = stored.provider.as_deref();
    let api = has.and_then(|has| has.api.as_deref()).and_then(|api| APIS.into_iter().find(|known| *known == api));
    let api = api.unwrap_or(API);
    let replaced = has.map(|has| replaced(has, &base_url, api)).unwrap_or_default();
    let (rows, settings) = match has {
        None => (&[][..], !models.is_empty()),
        Some(has) => (has.models.as_slice(), !replaced.is_empty() || !is_complete(has)),
    };
    let diff = diff(rows, &models, &held);
    let rows = if held.is_empty() { models.into_iter().map(Row::Set).collect() } else { arrange(rows, models, &held) };
    Plan { base_url, rows, diff, settings, api, replaced }
}

fn is_complete(provider: &StoredProvider) -> bool {
    provider.base_url.is_some() && provider.api_key.is_some() && provider.api.is_some()
}

/// The settings that have other values than these.
fn replaced(provider: &StoredProvider, base_url: &str, api: &str) -> Vec<Replaced> {
    let other = |has: &Option<String>, wanted: &str| has.as_deref().filter(|has| *has != wanted).map(str::to_owned);
    let base_url = other(&provider.base_url, base_url).map(Replaced::BaseUrl);
    let api_key = other(&provider.api_key, API_KEY_MARKER).map(|_| Replaced::ApiKey);
    let api = other(&provider.api, api).map(Replaced::Api);
    [base_url, api_key, api].into_iter().flatten().collect()
}

/// The wanted models in their order, and each held row after the wanted one that it follows in the file.
fn arrange(rows: &[StoredModel], wanted: Catalog, held: &HashSet<&ModelId>) -> Vec<Row> {
    let ids: HashSet<ModelId> = wanted.iter().map(|model| model.id.clone()).collect();
    let mut followers: HashMap<Option<&ModelId>, Vec<&ModelId>> = HashMap::new();
    let (mut once, mut before) = (HashSet::new(), None);
    for id in rows.iter().filter_map(|row| row.id.as_ref()).filter(|id| once.insert(*id)) {
        if ids.contains(id) {
            before = Some(id);
        } else if held.contains(id) {
            followers.entry(before).or_default().push(id);
        }
    }
    let keep = |arranged: &mut Vec<Row>, before: Option<&ModelId>| {
        arranged.extend(followers.get(&before).into_iter().flatten().map(|id| Row::Keep((*id).clone())));
    };
    let mut arranged = Vec::with_capacity(wanted.len());
    keep(&mut arranged, None);
    for model in wanted {
        let id = model.id.clone();
        arranged.push(Row::Set(model));
        keep(&mut arranged, Some(&id));
    }
    arranged
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::describe;

    fn id(text: &str) -> ModelId {
        ModelId::new(text).unwrap()
    }

    fn provider(ids: &[&str]) -> Provider {
        let models = ids.iter().map(|text| describe(&id(text), None)).collect();
        Provider { base_url: "http://localhost:1234/v1".into(), models }
    }

    fn stored(provider: &Provider) -> Stored {
        let provider = StoredProvider {
            base_url: Some(provider.base_url.clone()),
            api_key: Some(API_KEY_MARKER.into()),
            api: Some(API.into()),
            models: provider.models.iter().map(StoredModel::from).collect(),
        };
        Stored { provider: Some(Arc::new(provider)), ..Stored::default() }
    }

    #[test]
    fn a_file_without_our_provider_gets_all_of_it() {
        let plan = plan(&Stored::default(), provider(&["a", "b"]), []);
        assert!(plan.settings);
        assert_eq!(plan.diff.added.len(), 2);
    }

    #[test]
    fn a_provider_without_rows_is_not_made() {
        assert!(plan(&Stored::default(), provider(&[]), []).is_empty());
        assert!(plan(&Stored::default(), provider(&[]), [&id("a")]).is_empty());
    }

    #[test]
    fn planning_again_after_the_write_plans_nothing() {
        let wanted = provider(&["a", "b"]);
        assert!(plan(&stored(&wanted), wanted, []).is_empty());
    }

    #[test]
    fn an_api_that_such_a_server_speaks_stays_and_what_is_replaced_is_named() {
        let wanted = provider(&["a"]);
        let with = |base_url: &str, api_key: &str, api: &str| {
            let mut has = StoredProvider::clone(stored(&wanted).provider.as_deref().unwrap());
            has.base_url = Some(base_url.to_owned());
            has.api_key = Some(api_key.to_owned());
            has.api = Some(api.to_owned());
            plan(&Stored { provider: Some(Arc::new(has)), ..Stored::default() }, wanted.clone(), [])
        };
        let own = with(&wanted.base_url, API_KEY_MARKER, "openai-responses");
        assert!(own.is_empty() && own.api == "openai-responses");
        let all = with("http://other/v1", "sk-mine", "ollama");
        let named =
            [Replaced::BaseUrl("http://other/v1".to_owned()), Replaced::ApiKey, Replaced::Api("ollama".to_owned())];
        assert_eq!((all.api, &all.replaced[..]), (API, &named[..]));
        let key = with(&wanted.base_url, "sk-mine", "openai-responses");
        assert_eq!((key.api, &key.replaced[..], key.settings), ("openai-responses", &[Replaced::ApiKey][..], true));
    }

    #[test]
    fn an_empty_catalog_removes_every_row_that_is_not_held() {
        let plan = plan(&stored(&provider(&["a", "b"])), provider(&[]), [&id("b")]);
        assert_eq!(plan.diff.removed, [id("a")]);
        assert_eq!(plan.rows, [Row::Keep(id("b"))]);
    }

    #[test]
    fn a_held_row_is_neither_changed_nor_moved_from_its_place() {
        let has = stored(&provider(&["h", "a", "i", "j", "b", "gone", "k"]));
        let held = ["h", "i", "j", "k", "unknown"].map(id);
        let plan = plan(&has, provider(&["b", "new", "a"]), &held);
        let order: Vec<&str> = plan.rows.iter().map(|row| row.id().as_str()).collect();
        assert_eq!(order, ["h", "b", "k", "new", "a", "i", "j"]);
        assert_eq!(plan.diff.removed, [id("gone")]);
        assert_eq!(plan.diff.changed, []);
    }

    #[test]
    fn a_held_row_that_is_wanted_is_set() {
        let plan = plan(&Stored::default(), provider(&["a"]), [&id("a")]);
        assert!(matches!(&plan.rows[..], [Row::Set(_)]));
    }

    #[test]
    fn another_address_is_a_change_of_settings_alone() {
        let has = stored(&provider(&["a"]));
        let wanted = Provider { base_url: "http://elsewhere/v1".into(), ..provider(&["a"]) };
        let plan = plan(&has, wanted, []);
        assert!(plan.settings && plan.diff.is_empty());
    }

    fn some_ids() -> impl Strategy<Value = Vec<ModelId>> {
        proptest::collection::vec("[a-f]".prop_map(|text| id(&text)), 0..8)
    }

    /// What a store does with a plan, in its plainest form.
    fn carry_out(plan: &Plan, stored: &Stored) -> StoredProvider {
        let rows = stored.provider.as_deref().map_or(&[][..], |provider| &provider.models);
        let row = |row: &Row| match row {
            Row::Set(model) => StoredModel::from(model),
            Row::Keep(id) => rows.iter().find(|row| row.id.as_ref() == Some(id)).unwrap().clone(),
        };
        let (api_key, api) = (Some(API_KEY_MARKER.into()), Some(API.into()));
        StoredProvider {
            base_url: Some(plan.base_url.clone()),
            api_key,
            api,
            models: plan.rows.iter().map(row).collect(),
        }
    }

    proptest! {
        #[test]
        fn what_is_planned_is_true_after_the_write_and_planned_no_more(
            has in some_ids(), wanted in some_ids(), held in some_ids(),
        ) {
            let rows = has.iter().map(|id| StoredModel { id: Some(id.clone()), ..StoredModel::default() });
            let has_models = StoredProvider { models: rows.collect(), ..StoredProvider::default() };
            let has_provider = Stored { provider: Some(Arc::new(has_models)), ..Stored::default() };
            let models: Catalog = wanted.iter().map(|id| describe(id, None)).collect();
            let wanted_provider = Provider { models, ..provider(&[]) };
            let planned = plan(&has_provider, wanted_provider.clone(), &held);
            let after = carry_out(&planned, &has_provider);
            prop_assert!(planned.sets(&after) && after.models.len() == planned.rows.len());
            prop_assert!(planned.rows.iter().zip(&after.models).all(|(row, has)| row.is_true_of(has)));
            for row in &after.models {
                let id = row.id.as_ref().unwrap();
                prop_assert_eq!(row.name.is_none(), !wanted.contains(id) && held.contains(id));
            }
            for id in has.iter().filter(|id| held.contains(id)).chain(&wanted) {
                prop_assert!(planned.rows.iter().any(|row| row.id() == id));
                prop_assert!(!planned.diff.removed.contains(id));
            }
            let after = Stored { provider: Some(Arc::new(after)), ..Stored::default() };
            prop_assert!(plan(&after, wanted_provider, &held).is_empty());
        }
    }
}
