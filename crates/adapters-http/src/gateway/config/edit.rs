//! The edit: our provider's entry put into a configuration, as a patch and as the whole.

use domain::{API, API_KEY_MARKER, Entry, EntryRow, Made};
use json_text::{Cursor, Object, Row, quoted};
use serde_json::json;

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

/// Edits our provider's entry in a configuration, valid JSON text.
pub(super) fn edit(text: &str, provider: &str, target: &Target<'_>) -> Edited {
    let opened = Opened::parse(text);
    let entry = opened.providers.object(provider);
    let list = entry.get("models").unwrap_or_default().to_owned();
    let old = elements(&list);
    let keep = |index: &usize| old.get(*index).copied().unwrap_or("null").to_owned();
    match target {
        Target::Entry(Entry::Gone(made)) => opened.without_entry(provider, entry, *made),
        Target::Entry(Entry::Rows { rows, base_url }) => {
            let row = |row: &EntryRow| match row {
                EntryRow::Keep(index) => keep(index),
                EntryRow::Set(over, model) => {
                    let over = over.and_then(|index| old.get(index).copied());
                    let mut row = String::new();
                    Row::parse(over.unwrap_or("{}")).write(model, &mut row);
                    row
                }
            };
            opened.with_rows(provider, entry, rows.iter().map(row), base_url.as_deref())
        }
        Target::Rows(indexes) => opened.with_rows(provider, entry, indexes.iter().map(keep), None),
        Target::Bare(index, blanks) => {
            let row = bare(old.get(*index).copied().unwrap_or("{}"), *blanks);
            opened.with_rows(provider, entry, [row].into_iter(), None)
        }
    }
}

/// A configuration, opened down to its providers.
struct Opened<'a> {
    root: Object<'a>,
    models: Object<'a>,
    providers: Object<'a>,
}

impl<'a> Opened<'a> {
    fn parse(text: &'a str) -> Self {
        let root = Object::parse(text);
        let models = root.object("models");
        let providers = models.object("providers");
        Self { root, models, providers }
    }

    /// The entry with these rows, and with that address where it is lmsync's own.
    fn with_rows(
        mut self,
        provider: &str,
        mut entry: Object<'a>,
        rows: impl Iterator<Item = String>,
        base_url: Option<&str>,
    ) -> Edited {
        let mut changed = Object::default();
        if let Some(base_url) = base_url {
            changed.set("baseUrl", quoted(base_url));
            if entry.get("apiKey").is_none() {
                changed.set("apiKey", quoted(API_KEY_MARKER));
            }
            changed.set("api", quoted(API));
        }
        changed.set("models", format!("[{}]", rows.collect::<Vec<_>>().join(",")));
        for key in ["baseUrl", "apiKey", "api", "models"] {
            if let Some(value) = changed.get(key) {
                entry.set(key, value.to_owned());
            }
        }
        self.providers.set(provider, entry.to_string());
        let patch = format!("{{\"models\":{{\"providers\":{{{}:{changed}}}}}}}", quoted(provider));
        Edited { patch, whole: self.close() }
    }

    /// Without what lmsync has made on the way to its rows, as far as nothing else is in there.
    fn without_entry(mut self, provider: &str, mut entry: Object<'a>, made: Made) -> Edited {
        if made == Made::List {
            entry.remove("models");
            self.providers.set(provider, entry.to_string());
            let patch = json!({ "models": { "providers": { provider: { "models": null } } } });
            return Edited { patch: patch.to_string(), whole: self.close() };
        }
        self.providers.remove(provider);
        if made == Made::Models && self.providers.is_empty() && self.models.has_only("providers") {
            self.root.remove("models");
            return Edited { patch: json!({ "models": null }).to_string(), whole: self.root.to_string() };
        }
        if made >= Made::Providers && self.providers.is_empty() {
            self.models.remove("providers");
            self.root.set("models", self.models.to_string());
            let patch = json!({ "models": { "providers": null } });
            return Edited { patch: patch.to_string(), whole: self.root.to_string() };
        }
        let patch = json!({ "models": { "providers": { provider: null } } });
        Edited { patch: patch.to_string(), whole: self.close() }
    }

    /// The whole text again.
    fn close(mut self) -> String {
        self.models.set("providers", self.providers.to_string());
        self.root.set("models", self.models.to_string());
        self.root.to_string()
    }
}

/// The elements of a list, as they are written.
fn elements(list: &str) -> Vec<&str> {
    let mut elements = Vec::new();
    Cursor::new(list).elements(|cursor| elements.push(cursor.value()));
    elements
}

/// The least that a row must have; the name's length is free.
fn bare(row: &str, blanks: usize) -> String {
    let row = Object::parse(row);
    let mut bare = Object::default();
    if let Some(id) = row.get("id") {
        bare.set("id", id);
    }
    bare.set("name", quoted(&format!("-{}", " ".repeat(blanks))));
    bare.to_string()
}

#[cfg(test)]
mod tests {
    use domain::{Model, ModelId, describe};
    use serde_json::Value;

    use super::*;

    fn model(id: &str) -> Model {
        describe(&ModelId::new(id).unwrap(), None)
    }

    fn after(text: &str, target: &Target<'_>) -> Edited {
        edit(text, "lmstudio", target)
    }

    #[test]
    fn what_is_foreign_stays_as_it_is_and_in_its_order() {
        let text = concat!(
            r#"{"z":1.0,"models":{"mode":"merge","providers":{"other":{"apiKey":"__OPENCLAW_REDACTED__"}}},"#,
            r#""a":[]}"#
        );
        let rows = Entry::Rows { rows: vec![EntryRow::Set(None, model("q"))], base_url: Some("http://h/v1".into()) };
        let edited = after(text, &Target::Entry(&rows));
        let head = concat!(
            r#"{"z":1.0,"models":{"mode":"merge","providers":{"other":{"apiKey":"__OPENCLAW_REDACTED__"},"#,
            r#""lmstudio":{"baseUrl":"http://h/v1","apiKey":"lmstudio-local","api":"openai-completions","#,
            r#""models":[{"id":"q""#
        );
        assert!(edited.whole.starts_with(head) && edited.whole.ends_with(r#"]}}},"a":[]}"#), "{}", edited.whole);
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
        let text = r#"{"models":{"providers":{"lmstudio":{"apiKey":{"source":"env","id":"K"},"models":[
            {"id":"x","params":{}},{"id":"q","headers":{"a":"b"}}]}}}}"#;
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
