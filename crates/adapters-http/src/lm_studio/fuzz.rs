//! Laws for the answers of servers.

use domain::{FactSheet, ModelId};
use serde_json::Value;

use super::{NotAList, listing as models, native};
use crate::fuzz::is_told_tamely;

/// A list of models: what another reader finds in it is found, in the same order, and nothing else.
pub fn listing(body: &[u8]) {
    let parsed = models::parse(body);
    if let Err(error) = &parsed {
        is_told_tamely(error);
    }
    let Some(entries) = entries(body, "data") else { return };
    let expected: Vec<_> = entries.iter().filter_map(|entry| id(entry, "id")).collect();
    let list = parsed.expect("a list is read");
    assert_eq!(list.items, expected);
    assert_eq!(list.items.len() + list.skipped, entries.len());
}

/// LM Studio's `/api/v1/models`.
pub fn facts_v1(body: &[u8]) {
    facts(body, "models", "key", native::v1);
}

/// LM Studio's `/api/v0/models`.
pub fn facts_v0(body: &[u8]) {
    facts(body, "data", "id", native::v0);
}

/// Facts: they are of models that another reader finds too, and no number is one that JavaScript could not hold.
fn facts(body: &[u8], list: &str, key: &str, read: fn(&[u8]) -> Result<Option<FactSheet>, NotAList>) {
    let sheet = match read(body) {
        Ok(sheet) => sheet.unwrap_or_default(),
        Err(error) => return is_told_tamely(&error),
    };
    for id in entries(body, list).iter().flatten().filter_map(|entry| id(entry, key)) {
        let Some(facts) = sheet.get(&id) else { continue };
        for tokens in [facts.max_context, facts.loaded_context].into_iter().flatten() {
            assert!((1..1 << 53).contains(&tokens), "{tokens}");
        }
        if let Some(name) = &facts.name {
            assert!(ModelId::new(name).is_ok() || name == "__proto__", "{name:?} acts on its surroundings");
        }
    }
}

/// The entries as `serde_json` reads them; `None` where it refuses the text, or this is no list.
fn entries(body: &[u8], key: &str) -> Option<Vec<Value>> {
    let mut whole: Value = serde_json::from_slice(body).ok()?;
    if whole.get("error").is_some_and(|error| !error.is_null()) {
        return None;
    }
    match whole.get_mut(key)?.take() {
        Value::Array(entries) => Some(entries),
        _ => None,
    }
}

fn id(entry: &Value, key: &str) -> Option<ModelId> {
    ModelId::new(entry.get(key)?.as_str()?).ok()
}
