//! The edit: our provider's entry put into a configuration, as a patch and as the whole.

use domain::{API, API_KEY_MARKER, COMPAT, Entry, EntryRow, Input, Made, Model};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::object::Object;

type Result<T> = std::result::Result<T, serde_json::Error>;

/// What one change makes of the entry.
pub(super) enum Target<'a> {
    /// What a plan says.
    Entry(&'a Entry),
    /// The rows at these indexes, as they are.
    Rows(&'a [usize]),
    /// The row at that index alone, with nothing but its id, and a name of so many blanks.
    Bare(usize, usize),
}

/// A change in the two forms in which a gateway takes one.
pub(super) struct Edited {
    /// What differs, for `config.patch`.
    pub(super) patch: String,
    /// All of it, for `config.set`.
    pub(super) whole: String,
}

/// Puts the entry into a configuration's text.
pub(super) fn edit(text: &str, provider: &str, target: &Target<'_>) -> Result<Edited> {
    let mut root: Object = serde_json::from_str(text)?;
    let mut models = Object::read(root.get("models"));
    let mut providers = Object::read(models.get("providers"));
    let mut entry = Object::read(providers.get(provider));
    let old: Vec<Box<RawValue>> =
        entry.get("models").and_then(|rows| serde_json::from_str(rows.get()).ok()).unwrap_or_default();
    let old_row = |index: usize| old.get(index).map(|row| &**row);

    let patch = match target {
        Target::Entry(Entry::Gone(Made::List)) => {
            entry.remove("models");
            providers.set(provider, &entry)?;
            models.set("providers", &providers)?;
            root.set("models", &models)?;
            json!({ "models": { "providers": { provider: { "models": null } } } })
        }
        Target::Entry(Entry::Gone(made)) => {
            providers.remove(provider);
            match made {
                Made::Models if only(&models, "providers") && providers.is_empty() => {
                    root.remove("models");
                    json!({ "models": null })
                }
                Made::Models | Made::Providers if providers.is_empty() => {
                    models.remove("providers");
                    root.set("models", &models)?;
                    json!({ "models": { "providers": null } })
                }
                _ => {
                    models.set("providers", &providers)?;
                    root.set("models", &models)?;
                    json!({ "models": { "providers": { provider: null } } })
                }
            }
        }
        target => {
            let mut changed = Object::default();
            let rows = match target {
                Target::Entry(Entry::Rows { rows, base_url }) => {
                    if let Some(base_url) = base_url {
                        changed.set("baseUrl", base_url)?;
                        changed.set("api", API)?;
                        if entry.get("apiKey").is_none() {
                            changed.set("apiKey", API_KEY_MARKER)?;
                        }
                    }
                    let row = |row: &EntryRow| match row {
                        EntryRow::Keep(index) => to_raw_value(&old_row(*index)),
                        EntryRow::Set(over, model) => filled(over.and_then(old_row), model),
                    };
                    rows.iter().map(row).collect::<Result<Vec<_>>>()?
                }
                Target::Rows(indexes) => {
                    indexes.iter().map(|index| to_raw_value(&old_row(*index))).collect::<Result<_>>()?
                }
                Target::Bare(index, blanks) => vec![bare(old_row(*index), *blanks)?],
                Target::Entry(Entry::Gone(_)) => Vec::new(),
            };
            changed.set("models", &rows)?;
            for key in ["baseUrl", "apiKey", "api", "models"] {
                if let Some(value) = changed.get(key) {
                    entry.set(key, value)?;
                }
            }
            providers.set(provider, &entry)?;
            models.set("providers", &providers)?;
            root.set("models", &models)?;
            let mut patch = Object::default();
            patch.set(provider, &changed)?;
            json!({ "models": { "providers": serde_json::to_value(&patch)? } })
        }
    };
    Ok(Edited { patch: patch.to_string(), whole: serde_json::to_string(&root)? })
}

/// Whether an object has no other key.
fn only(object: &Object, key: &str) -> bool {
    let mut rest: Object = Object::read(to_raw_value(object).ok().as_deref());
    rest.remove(key);
    rest.is_empty()
}

/// A row with the model's values; what else it has stays.
fn filled(over: Option<&RawValue>, model: &Model) -> Result<Box<RawValue>> {
    let mut row = Object::read(over);
    row.set("id", model.id.as_str())?;
    row.set("name", &model.name)?;
    row.set("reasoning", &model.reasoning)?;
    let input: &[&str] = match model.input {
        Input::Text => &["text"],
        Input::TextAndImage => &["text", "image"],
    };
    row.set("input", input)?;
    row.set("cost", &json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 }))?;
    row.set("contextWindow", &model.context_window)?;
    if let Some(tokens) = model.context_tokens {
        row.set("contextTokens", &tokens)?;
    }
    row.set("maxTokens", &model.max_tokens)?;
    let mut compat = Object::read(row.get("compat"));
    for (key, value) in COMPAT {
        if compat.get(key).is_none_or(|value| value.get() == "null") {
            compat.set(key, &serde_json::from_str::<Value>(value)?)?;
        }
    }
    row.set("compat", &compat)?;
    to_raw_value(&row)
}

/// The least that a row must have; the name's length is free.
fn bare(row: Option<&RawValue>, blanks: usize) -> Result<Box<RawValue>> {
    let row = Object::read(row);
    let mut bare = Object::default();
    if let Some(id) = row.get("id") {
        bare.set("id", id)?;
    }
    bare.set("name", &format!("-{}", " ".repeat(blanks)))?;
    to_raw_value(&bare)
}

#[cfg(test)]
mod tests {
    use domain::{ModelId, describe};

    use super::*;

    fn model(id: &str) -> Model {
        describe(&ModelId::new(id).unwrap(), None)
    }

    fn after(text: &str, target: &Target<'_>) -> Edited {
        edit(text, "lmstudio", target).unwrap()
    }

    #[test]
    fn what_is_foreign_stays_as_it_is_and_in_its_order() {
        let text = r#"{"z":1.0,"models":{"mode":"merge","providers":{"other":{"apiKey":"__OPENCLAW_REDACTED__"}}},"a":[]}"#;
        let rows =
            Entry::Rows { rows: vec![EntryRow::Set(None, model("q"))], base_url: Some("http://h/v1".into()) };
        let edited = after(text, &Target::Entry(&rows));
        let head = r#"{"z":1.0,"models":{"mode":"merge","providers":{"other":{"apiKey":"__OPENCLAW_REDACTED__"},"lmstudio":{"baseUrl":"http://h/v1","apiKey":"lmstudio-local","api":"openai-completions","models":[{"id":"q""#;
        assert!(
            edited.whole.starts_with(head) && edited.whole.ends_with(r#"]}}},"a":[]}"#),
            "{}",
            edited.whole
        );
        assert!(!edited.patch.contains("other"), "{}", edited.patch);

        let gone = after(&edited.whole, &Target::Entry(&Entry::Gone(Made::Entry)));
        assert_eq!(gone.whole, text);
        assert_eq!(gone.patch, r#"{"models":{"providers":{"lmstudio":null}}}"#);
    }

    #[test]
    fn what_was_made_to_hold_the_entry_goes_with_it_where_nothing_else_is_in_there() {
        let ours = r#"{"models":{"providers":{"lmstudio":{"models":[]}}}}"#;
        let gone = |text: &str, made| after(text, &Target::Entry(&Entry::Gone(made))).whole;
        assert_eq!(gone(ours, Made::Models), "{}");
        assert_eq!(gone(ours, Made::Providers), r#"{"models":{}}"#);
        assert_eq!(gone(ours, Made::Entry), r#"{"models":{"providers":{}}}"#);
        let theirs = r#"{"models":{"providers":{"lmstudio":{"apiKey":"k","models":[]}}}}"#;
        assert_eq!(gone(theirs, Made::List), r#"{"models":{"providers":{"lmstudio":{"apiKey":"k"}}}}"#);
        let shared = r#"{"models":{"mode":"x","providers":{"lmstudio":{}}}}"#;
        assert_eq!(gone(shared, Made::Models), r#"{"models":{"mode":"x"}}"#);
    }

    #[test]
    fn a_user_s_entry_keeps_its_key_and_a_row_its_further_fields() {
        let text = r#"{"models":{"providers":{"lmstudio":{"apiKey":{"source":"env","id":"K"},"models":[{"id":"x","params":{}},{"id":"q","headers":{"a":"b"}}]}}}}"#;
        let rows = vec![EntryRow::Keep(0), EntryRow::Set(Some(1), model("q"))];
        let edited = after(text, &Target::Entry(&Entry::Rows { rows, base_url: None }));
        let has: Value = serde_json::from_str(&edited.whole).unwrap();
        let entry = &has["models"]["providers"]["lmstudio"];
        assert_eq!(entry["apiKey"]["id"], "K");
        assert_eq!(entry["models"][0], json!({ "id": "x", "params": {} }));
        assert_eq!(
            (&entry["models"][1]["headers"]["a"], &entry["models"][1]["maxTokens"]),
            (&json!("b"), &json!(8192))
        );
        assert!(!edited.patch.contains("apiKey") && !edited.patch.contains("baseUrl"), "{}", edited.patch);
    }
}
