//! The view: what a configuration has of our provider, as far as lmsync owns such things.

use domain::{COMPAT, Cost, Input, ModelId, StoredModel, StoredProvider};
use serde_json::Value;

/// What a configuration has of our provider.
pub(super) struct View {
    pub(super) provider: Option<StoredProvider>,
    /// Whether that has a list of rows.
    pub(super) lists: bool,
    /// Whether it has `models`, and `models.providers`.
    pub(super) parents: (bool, bool),
}

/// Looks into a configuration's text.
pub(super) fn of(text: &str, provider: &str) -> Result<View, serde_json::Error> {
    let root: Value = serde_json::from_str(text)?;
    let providers = &root["models"]["providers"];
    let entry = providers.get(provider).filter(|entry| entry.is_object());
    Ok(View {
        provider: entry.map(stored),
        lists: entry.is_some_and(|entry| entry["models"].is_array()),
        parents: (root["models"].is_object(), providers.is_object()),
    })
}

fn stored(entry: &Value) -> StoredProvider {
    let text = |key: &str| entry[key].as_str().map(str::to_owned);
    StoredProvider {
        base_url: text("baseUrl"),
        // A reference to a secret is a key, too.
        api_key: entry.get("apiKey").map(|key| key.as_str().unwrap_or("reference").to_owned()),
        api: text("api"),
        models: entry["models"].as_array().into_iter().flatten().map(row).collect(),
    }
}

fn row(row: &Value) -> StoredModel {
    let free = ["input", "output", "cacheRead", "cacheWrite"]
        .iter()
        .all(|price| row["cost"][price].as_f64() == Some(0.0));
    StoredModel {
        id: row["id"].as_str().and_then(|id| ModelId::new(id).ok()),
        name: row["name"].as_str().map(str::to_owned),
        reasoning: row["reasoning"].as_bool(),
        input: input(&row["input"]),
        cost: free.then_some(Cost::Free),
        context_window: row["contextWindow"].as_u64(),
        context_tokens: row["contextTokens"].as_u64(),
        max_tokens: row["maxTokens"].as_u64(),
        compat: COMPAT.iter().all(|(key, _)| row["compat"].get(key).is_some_and(|value| !value.is_null())),
    }
}

fn input(value: &Value) -> Option<Input> {
    let kinds: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
    match kinds.as_slice() {
        ["text"] => Some(Input::Text),
        ["text", "image"] | ["image", "text"] => Some(Input::TextAndImage),
        _ => None,
    }
}
