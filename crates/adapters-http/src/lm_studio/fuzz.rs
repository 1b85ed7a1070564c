//! Laws for the answers of servers.

use std::collections::HashSet;
use std::time::Duration;

use domain::{FactSheet, Incomplete, Listing, ModelId, Removals};
use serde_json::Value;

use super::not_a_list::NotAList;
use super::words::Words;
use super::{native, read_listing};
use crate::fuzz::{is_escaped, is_shown_escaped};

/// A list of models: what another reader finds in it is found, in the same order, and nothing else; and what neither
/// can read removes nothing. The server's own words are short and act on nothing.
pub fn listing(body: &[u8]) {
    if let Some(words) = Words::read(body) {
        let words = words.to_string();
        is_escaped(&words);
        assert!(words.chars().count() < 300, "{words}");
    }
    let parsed = read_listing(body);
    if let Err(error) = &parsed {
        is_shown_escaped(error.as_ref());
    }
    let Some(entries) = entries(body, "data").or_else(|| bare(body)) else { return };
    let mut once = HashSet::new();
    let found: Vec<_> = entries.iter().filter_map(|entry| id(entry, "id")).collect();
    if found.is_empty() && !entries.is_empty() {
        return assert!(parsed.is_err(), "a list without an id is believed");
    }
    let list = parsed.expect("a list is read");
    let skipped = list.incomplete().map_or(0, Incomplete::skipped);
    assert_eq!(skipped, entries.len() - found.len());
    assert_eq!(list.ids(), found.into_iter().filter(|id| once.insert(id.clone())).collect::<Vec<_>>());
    if list.incomplete().is_some() {
        removes_nothing(&list);
    }
}

/// However often such a listing comes, a model that it does not name stays, and so does the reason.
fn removes_nothing(list: &Listing) {
    is_escaped(&list.incomplete().expect("a reason").to_string());
    let named = ["a", "qwen/qwen3-8b", "unheard of"].map(|id| ModelId::new(id).expect("an id"));
    let mut removals = Removals::new(Duration::ZERO);
    for now in (0..5).map(|minutes| minutes * Duration::from_secs(60)) {
        let verdict = removals.observe(list, |_| true, &named, now);
        let stays = |id: &ModelId| verdict.held.iter().any(|held| held.id == *id);
        assert!(named.iter().all(|id| list.ids().contains(id) || stays(id)));
        assert_eq!(verdict.confirm_in, None);
    }
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
        Err(error) => return is_shown_escaped(&error),
    };
    for id in entries(body, list).iter().flatten().filter_map(|entry| id(entry, key)) {
        let Some(facts) = sheet.get(&id) else { continue };
        for tokens in [facts.max_context, facts.loaded_context].into_iter().flatten() {
            assert!((1..1 << 53).contains(&tokens), "{tokens}");
        }
        if let Some(name) = &facts.name {
            assert!(ModelId::new(name).is_ok() || **name == *"__proto__", "{name:?} acts on its surroundings");
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

/// The entries of a list that is an array by itself, which holds at least one.
fn bare(body: &[u8]) -> Option<Vec<Value>> {
    serde_json::from_slice(body).ok().filter(|entries: &Vec<Value>| !entries.is_empty())
}

fn id(entry: &Value, key: &str) -> Option<ModelId> {
    ModelId::new(entry.get(key)?.as_str()?).ok()
}
