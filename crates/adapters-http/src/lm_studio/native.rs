//! The answers of LM Studio's own endpoints, which say more of a model than that it is there.
//!
//! Shapes: LM Studio's REST documentation (`/api/v1/models` since 0.4.0, `/api/v0/models` since 0.3.6). Of an
//! entry everything but its name is optional here, of any type: what is odd costs that one fact.

use domain::{FactSheet, LM_STUDIO_V0, ModelFacts, ModelId, ModelKind, display_name};

use super::json;
use super::not_a_list::{MAX_ENTRIES, NotAList};

/// One model of an answer: the ids by which it is served, each with what is true of it.
type Entry = Vec<(ModelId, ModelFacts)>;

/// Reads `/api/v1/models`: `{"models": [{"key": …, "loaded_instances": […], …}]}`. `None` where that is not its
/// shape: OpenRouter and its likes answer the same path with `{"data": …}`.
pub(super) fn v1(body: &[u8]) -> Result<Option<FactSheet>, NotAList> {
    sheet(body, "models", v1_entry)
}

/// Reads `/api/v0/models`: `{"data": [{"id": …, "type": …, "max_context_length": …, …}]}`. `None` where that is
/// not its shape: a plain OpenAI list, as a server gives that answers every path with it.
pub(super) fn v0(body: &[u8]) -> Result<Option<FactSheet>, NotAList> {
    sheet(body, "data", v0_entry)
}

/// Reads a list whose entries, if any, `read` takes for LM Studio's.
fn sheet(body: &[u8], key: &'static str, read: fn(&str) -> Option<Entry>) -> Result<Option<FactSheet>, NotAList> {
    let (mut sheet, mut count) = (FactSheet::default(), 0);
    let list = json::list(body, key, |entry| {
        let ids = read(entry)?;
        count += ids.len();
        if count <= MAX_ENTRIES {
            ids.into_iter().for_each(|(id, facts)| sheet.add([id], facts));
        }
        Some(())
    });
    let skipped = match list {
        Ok(list) => list.skipped,
        Err(NotAList::NoList { .. } | NotAList::ListIsNot { .. } | NotAList::NotAnObject { .. }) => {
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    if count > MAX_ENTRIES {
        return Err(NotAList::TooMany);
    }
    Ok((!sheet.is_empty() || skipped == 0).then_some(sheet))
}

/// An entry counts where it has a `key` and says, in whatever way, of which instances are loaded. A model is loaded
/// under its key, under `<key>:2`, or under any name that the user chose. A loaded context is that of the instance
/// which the id names. The key has the smallest, since the server may give a request for it to any instance
/// (`openclaw/openclaw#141357`).
fn v1_entry(entry: &str) -> Option<Entry> {
    let names = ["key", "loaded_instances", "type", "display_name", "max_context_length", "capabilities"];
    let [key, instances, kind, name, max_context, capabilities] = json::fields(entry, names)?;
    let key = id(key?)?;
    let [vision, reasoning] =
        capabilities.and_then(|value| json::fields(value, ["vision", "reasoning"])).unwrap_or_default();
    let facts = ModelFacts {
        kind: kind.and_then(json::string).as_deref().and_then(kind_of),
        name: name.and_then(json::string).as_deref().and_then(display_name).map(Into::into),
        max_context: max_context.and_then(json::tokens),
        loaded_context: None,
        vision: vision.and_then(json::boolean),
        reasoning: reasoning.and_then(thinks),
        ..ModelFacts::default()
    };
    let instances = json::items(instances?, instance).map_or_else(Vec::new, |list| list.items);
    let with = |loaded_context| ModelFacts { loaded_context, ..facts.clone() };
    let least = instances.iter().filter_map(|(_, context)| *context).min();
    let named = instances.into_iter().filter_map(|(id, context)| Some((id?, with(context.or(least)))));
    Some([(key, with(least))].into_iter().chain(named).collect())
}

/// A loaded instance: its id, and the context that it was loaded with.
fn instance(instance: &str) -> Option<(Option<ModelId>, Option<u64>)> {
    let [name, config] = json::fields(instance, ["id", "config"])?;
    let [context] = config.and_then(|config| json::fields(config, ["context_length"])).unwrap_or_default();
    Some((name.and_then(id), context.and_then(json::tokens)))
}

/// Whether `{"allowed_options": ["off", "on", …]}` lets a model think.
fn thinks(reasoning: &str) -> Option<bool> {
    let [options] = json::fields(reasoning, ["allowed_options"])?;
    let options = json::items(options?, json::string)?.items;
    Some(options.iter().any(|option| option != "off"))
}

/// An entry counts where it has an `id`, a `type`, and another field that OpenAI's entries have not.
fn v0_entry(entry: &str) -> Option<Entry> {
    let names = ["id", "type", "state", "max_context_length", "loaded_context_length", "compatibility_type"];
    let [key, kind, state, max_context, loaded_context, format] = json::fields(entry, names)?;
    state.or(max_context).or(format)?;
    let kind = json::string(kind?);
    let loaded = state.and_then(json::string).as_deref() != Some("not-loaded");
    let mut facts = ModelFacts {
        kind: kind.as_deref().and_then(kind_of),
        name: None,
        max_context: max_context.and_then(json::tokens),
        loaded_context: loaded_context.filter(|_| loaded).and_then(json::tokens),
        vision: match kind.as_deref() {
            Some("vlm") => Some(true),
            Some("llm") => Some(false),
            _ => None,
        },
        ..ModelFacts::default()
    };
    LM_STUDIO_V0.iter().for_each(|key| facts.keys.note(key));
    let id = id(key?)?;
    // The key may be answered by any of its instances.
    let (loaded_context, keys) = (facts.loaded_context, facts.keys);
    let key = key_of(&id).map(|key| (key, ModelFacts { loaded_context, keys, ..ModelFacts::default() }));
    Some([(id, facts)].into_iter().chain(key).collect())
}

/// The key of an instance that LM Studio named itself: `<key>:2`.
fn key_of(id: &ModelId) -> Option<ModelId> {
    let (key, number) = id.as_str().rsplit_once(':')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| ModelId::new(key).ok()).flatten()
}

/// `vlm` and `embeddings` are v0's words, `embedding` is v1's. Of a kind that is new nothing is guessed.
fn kind_of(word: &str) -> Option<ModelKind> {
    match word {
        "llm" | "vlm" => Some(ModelKind::Chat),
        "embedding" | "embeddings" => Some(ModelKind::Embedding),
        _ => None,
    }
}

fn id(value: &str) -> Option<ModelId> {
    ModelId::new(&json::string(value)?).ok()
}

#[cfg(test)]
mod tests;
