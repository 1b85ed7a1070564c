//! What changed, as lines for a person and as JSON.

use std::fmt::Write;

use domain::{API_KEY_MARKER, ChangedModel, Cost, Diff, Dollars, Field, Input, Model, Plan, Replaced, StoredModel};
use serde_json::{Map, Value, json};

/// One line a model: `+ added`, `~ changed  field old → new`, `- removed`.
pub(crate) fn lines(diff: &Diff) -> String {
    let mut text = String::new();
    let Diff { added, changed, removed, invalid } = diff;
    // Writing to a String cannot fail.
    for model in added {
        let _ = writeln!(text, "  + {}", model.id);
    }
    for changed in changed {
        let _ = writeln!(text, "  ~ {}  {}", changed.after.id, field_lines(changed));
    }
    for id in removed {
        let _ = writeln!(text, "  - {id}");
    }
    if *invalid > 0 {
        let _ = writeln!(text, "  - {invalid} rows without an id, for which OpenClaw would refuse the whole file");
    }
    text
}

/// One line a model, then one for each setting of the entry that changes.
pub(crate) fn plan_lines(plan: &Plan) -> String {
    let mut text = lines(&plan.diff);
    for replaced in &plan.replaced {
        let _ = match replaced {
            Replaced::BaseUrl(old) => writeln!(text, "  = baseUrl {} → {}", shown_url(old), plan.base_url),
            Replaced::ApiKey => writeln!(
                text,
                "  = apiKey, another one → {API_KEY_MARKER} (OpenClaw takes no key from there; `lmsync remove` puts it \
                 back)"
            ),
            Replaced::Api(old) => writeln!(text, "  = api {} → {}", old.escape_debug(), plan.api),
        };
    }
    if plan.settings && plan.replaced.is_empty() {
        let _ = writeln!(text, "  = baseUrl {}", plan.base_url);
    }
    text
}

/// A change as an object: `added`, `changed`, `removed`, `invalidRows`, `settingsChanged`, `replaced`.
pub(crate) fn to_json(diff: &Diff, settings: bool, replaced: &[Replaced]) -> Map<String, Value> {
    let Diff { added, changed, removed, invalid } = diff;
    let mut object = Map::new();
    object.insert("added".into(), added.iter().map(|model| model.id.as_str()).collect());
    object.insert("changed".into(), changed.iter().map(row_json).collect());
    object.insert("removed".into(), removed.iter().map(|id| id.as_str()).collect());
    object.insert("invalidRows".into(), (*invalid).into());
    object.insert("settingsChanged".into(), settings.into());
    object.insert("replaced".into(), replaced.iter().map(Replaced::key).collect());
    object
}

/// A row with other values: its id, and each field before and after.
pub(crate) fn row_json(changed: &ChangedModel) -> Value {
    let ChangedModel { before, after, fields } = changed;
    let fields = fields.iter().map(|field| {
        let (old, new) = values(*field, before, after);
        (field.key().to_owned(), json!({ "before": old, "after": new }))
    });
    json!({ "id": after.id.as_str(), "fields": fields.collect::<Map<_, _>>() })
}

/// An address without what could be a password in it.
fn shown_url(url: &str) -> String {
    if url.contains(['@', '?', '#']) { "(another)".to_owned() } else { url.escape_debug().to_string() }
}

/// What has another value: `contextTokens 32768 → 65536, name "A" → "B"`.
pub(crate) fn field_lines(changed: &ChangedModel) -> String {
    let ChangedModel { before, after, fields } = changed;
    fields.iter().map(|field| field_line(*field, before, after)).collect::<Vec<_>>().join(", ")
}

fn field_line(field: Field, before: &StoredModel, after: &Model) -> String {
    match values(field, before, after) {
        (_, Value::Null) => field.key().to_owned(),
        (Value::Null, new) => format!("{} {new}", field.key()),
        (old, new) => format!("{} {old} → {new}", field.key()),
    }
}

/// The field's value before and after; null where there is none worth telling.
fn values(field: Field, before: &StoredModel, after: &Model) -> (Value, Value) {
    let input = |input: Input| match input {
        Input::Text => json!(["text"]),
        Input::TextAndImage => json!(["text", "image"]),
    };
    let cost = |cost: Cost| if cost.is_free() { json!(0) } else { prices(cost) };
    match field {
        Field::Name => (json!(before.name), json!(after.name)),
        Field::Reasoning => (json!(before.reasoning), json!(after.reasoning)),
        Field::Input => (json!(before.input.map(input)), input(after.input)),
        Field::Cost => (json!(before.cost.map(cost)), cost(after.cost)),
        Field::ContextWindow => (json!(before.context_window), json!(after.context_window)),
        Field::ContextTokens => (json!(before.context_tokens), json!(after.context_tokens)),
        Field::MaxTokens => (json!(before.max_tokens), json!(after.max_tokens)),
        Field::Compat | Field::Duplicate => (Value::Null, Value::Null),
    }
}

/// The prices as a row has them.
pub(crate) fn prices(cost: Cost) -> Value {
    let number = |dollars: Dollars| match dollars.value() {
        whole if whole.fract() == 0.0 => json!(whole as u64),
        value => json!(value),
    };
    cost.named().into_iter().map(|(name, dollars)| (name.to_owned(), number(dollars))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{ModelId, Provider, Stored, StoredProvider, describe, plan};

    use super::*;

    #[test]
    fn each_change_is_a_line_and_a_member() {
        let model = |id: &str| describe(&ModelId::new(id).unwrap(), None);
        let row = StoredModel { context_window: Some(4096), ..StoredModel::from(&model("b")) };
        let rows = vec![row, StoredModel::from(&model("c"))];
        let stored = StoredProvider { models: rows, ..StoredProvider::default() };
        let stored = Stored { provider: Some(Arc::new(stored)), ..Stored::default() };
        let wanted =
            Provider { base_url: "http://h/v1".into(), models: [model("a"), model("b")].into_iter().collect() };
        let plan = plan(&stored, wanted, []);
        let expected = "  + a\n  ~ b  contextWindow 4096 → 128000\n  - c\n  = baseUrl http://h/v1\n";
        assert_eq!(plan_lines(&plan), expected);
        let json = Value::Object(to_json(&plan.diff, plan.settings, &plan.replaced));
        assert_eq!(json["added"], json!(["a"]));
        assert_eq!(json["changed"][0]["fields"]["contextWindow"], json!({ "before": 4096, "after": 128_000 }));
        assert_eq!(json["removed"], json!(["c"]));
    }
}
