//! The plan: everything that a write has to do, decided before anything is touched.

use crate::{Catalog, Diff, Stored, diff};

/// What is written as `apiKey`: a marker that OpenClaw knows to be no secret. The real key is never written.
pub const API_KEY_MARKER: &str = "lmstudio-local";

/// The protocol that OpenClaw is told to speak with the server.
pub const API: &str = "openai-completions";

/// What OpenClaw has to be told about a local server beyond the protocol, as JSON values by key: LM Studio
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
    /// The provider as it should be afterwards.
    pub provider: Provider,
    /// How the rows differ from that.
    pub diff: Diff,
    /// Whether the provider's own settings (`baseUrl`, `apiKey`, `api`) differ from that.
    pub settings: bool,
}

impl Plan {
    /// Whether nothing has to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diff.is_empty() && !self.settings
    }
}

/// Plans how to make what is stored into the wanted provider.
///
/// A wanted provider without any model plans nothing: a server with an empty list has lost its models folder
/// or is starting, and what is known stays.
#[must_use]
pub fn plan(stored: &Stored, wanted: Provider) -> Plan {
    if wanted.models.is_empty() {
        return Plan { provider: wanted, diff: Diff::default(), settings: false };
    }
    let (rows, settings) = match stored.provider.as_deref() {
        None => (&[][..], true),
        Some(has) => (
            has.models.as_slice(),
            has.base_url.as_deref() != Some(wanted.base_url.as_str())
                || has.api_key.as_deref() != Some(API_KEY_MARKER)
                || has.api.as_deref() != Some(API),
        ),
    };
    Plan { diff: diff(rows, &wanted.models), settings, provider: wanted }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{ModelId, StoredModel, StoredProvider, describe};

    fn provider(ids: &[&str]) -> Provider {
        let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap())).collect();
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
        let plan = plan(&Stored::default(), provider(&["a", "b"]));
        assert!(plan.settings);
        assert_eq!(plan.diff.added.len(), 2);
    }

    #[test]
    fn planning_again_after_the_write_plans_nothing() {
        let wanted = provider(&["a", "b"]);
        assert!(plan(&stored(&wanted), wanted).is_empty());
    }

    #[test]
    fn an_empty_list_removes_nothing() {
        let has = stored(&provider(&["a"]));
        assert!(plan(&has, provider(&[])).is_empty());
        assert!(plan(&Stored::default(), provider(&[])).is_empty());
    }

    #[test]
    fn another_address_is_a_change_of_settings_alone() {
        let has = stored(&provider(&["a"]));
        let wanted = Provider { base_url: "http://elsewhere/v1".into(), ..provider(&["a"]) };
        let plan = plan(&has, wanted);
        assert!(plan.settings && plan.diff.is_empty());
    }
}
