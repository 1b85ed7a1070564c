//! The view: what a configuration has of our provider, as far as lmsync owns such things.

use domain::StoredProvider;
use json_text::{Cursor, Object, Row, text};

/// What a configuration has of our provider.
pub(super) struct View {
    pub(super) provider: Option<StoredProvider>,
    /// Whether that has a list of rows.
    pub(super) lists: bool,
    /// Whether it has `models`, and `models.providers`.
    pub(super) parents: (bool, bool),
}

/// Reads what a configuration, valid JSON text, has of a provider.
pub(super) fn read(configuration: &str, provider: &str) -> View {
    let root = Object::parse(configuration);
    let models = root.object("models");
    let providers = models.object("providers");
    let is_object = |value: Option<&str>| value.is_some_and(|value| value.starts_with('{'));
    let entry = is_object(providers.get(provider)).then(|| providers.object(provider));
    let rows = entry.as_ref().and_then(|entry| entry.get("models"));
    View {
        lists: rows.is_some_and(|rows| rows.starts_with('[')),
        provider: entry.as_ref().map(stored),
        parents: (is_object(root.get("models")), is_object(models.get("providers"))),
    }
}

fn stored(entry: &Object<'_>) -> StoredProvider {
    let setting = |key: &str| entry.get(key).and_then(text).map(Into::into);
    let mut models = Vec::new();
    Cursor::new(entry.get("models").unwrap_or_default()).elements(|cursor| {
        models.push(Row::read(cursor).view());
    });
    StoredProvider {
        base_url: setting("baseUrl"),
        // A reference to a secret is a key, too.
        api_key: entry.get("apiKey").map(|key| text(key).map_or_else(|| "reference".into(), Into::into)),
        api: setting("api"),
        models,
    }
}

#[cfg(test)]
mod tests {
    use domain::{Cost, Input, StoredModel};

    use super::*;

    #[test]
    fn a_row_is_read_as_models_json_reads_it() {
        let text = r#"{"models":{"providers":{"lmstudio":{"apiKey":{"source":"env"},"models":[
            {"id":"\u0061","contextWindow":128000.0,"maxTokens":1e3,"input":["image","text"],
             "cost":{"input":0.0,"output":0,"cacheRead":0,"cacheWrite":-0},
             "compat":{"supportsStore":null,"supportsDeveloperRole":false,"maxTokensField":"x"}}, 7]}}}}"#;
        let View { provider, lists, parents } = read(text, "lmstudio");
        let provider = provider.unwrap();
        assert_eq!((lists, parents), (true, (true, true)));
        assert_eq!(provider.api_key.as_deref(), Some("reference"));
        let row = StoredModel {
            id: domain::ModelId::new("a").ok(),
            input: Some(Input::TextAndImage),
            cost: Some(Cost::default()),
            context_window: Some(128_000),
            max_tokens: Some(1_000),
            compat: true,
            ..StoredModel::default()
        };
        assert_eq!(provider.models, [row, StoredModel::default()]);
        assert!(read(r#"{"models":{"providers":[]}}"#, "lmstudio").provider.is_none());
    }
}
