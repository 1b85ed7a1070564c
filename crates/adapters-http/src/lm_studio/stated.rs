//! What an entry of a list says of its model beyond its id, read key by key as `domain::LISTED` has them.
//!
//! Any key may be missing or hold nonsense, which costs that fact alone and never the entry.

use domain::{Dollars, Fact, Key, LISTED, ModelFacts, ModelKind, Price, display_name};

use super::json;

/// The longest text of a number that is read, in bytes.
const MAX_NUMBER: usize = 64;

/// An entry, as far as it is read: its id, the id of the model that it was made of, and what else may say something.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) parent: Option<&'a str>,
    /// The values below the first names of the table's paths.
    said: Vec<(&'static str, &'a str)>,
}

impl<'a> Entry<'a> {
    /// `None` where the value is no object. Of a repeated key the last value counts.
    pub(super) fn read(value: &'a str) -> Option<Self> {
        if !value.starts_with('{') {
            return None;
        }
        let mut entry = Self::default();
        // Most entries have only the first few.
        json::members(value, |name, value| match name {
            "id" => entry.id = Some(value),
            "object" | "created" | "owned_by" | "permission" | "root" => {}
            "parent" => entry.parent = Some(value),
            _ => {
                let mut names = LISTED.iter().map(|key| key.path.split('.').next().unwrap_or(key.path));
                if let Some(name) = names.find(|known| *known == name) {
                    entry.put(name, value);
                }
            }
        });
        Some(entry)
    }

    /// What it says; `None` where it says nothing. `id` is no name for a person.
    pub(super) fn facts(&self, id: &str) -> Option<ModelFacts> {
        if self.said.is_empty() {
            return None;
        }
        let mut facts = ModelFacts::default();
        for key in &LISTED {
            let (first, rest) = key.path.split_once('.').unwrap_or((key.path, ""));
            let Some((_, value)) = self.said.iter().find(|(name, _)| *name == first) else { continue };
            if let Some(value) = below(value, rest) {
                note(&mut facts, key, value, id);
            }
        }
        (facts != ModelFacts::default()).then_some(facts)
    }

    fn put(&mut self, name: &'static str, value: &'a str) {
        match self.said.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.said.push((name, value)),
        }
    }
}

/// The value at the rest of a path.
fn below<'a>(value: &'a str, path: &'static str) -> Option<&'a str> {
    if path.is_empty() {
        return Some(value);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let [value] = json::fields(value, [first])?;
    below(value?, rest)
}

/// Takes in what one key says. Of numbers the smallest counts, of all else the first.
fn note(facts: &mut ModelFacts, key: &'static Key, value: &str, id: &str) {
    let noted = match key.fact {
        Fact::MaxContext => least(&mut facts.max_context, longest(key, value)),
        Fact::LoadedContext => least(&mut facts.loaded_context, running(key, value)),
        Fact::MaxOutput => least(&mut facts.max_output, json::tokens(value)),
        Fact::Vision => first(&mut facts.vision, vision(key, value)),
        Fact::Reasoning => first(&mut facts.reasoning, has_word(value, &["reasoning", "thinking"])),
        Fact::Kind => first(&mut facts.kind, kind(value)),
        Fact::DisplayName => {
            let name = json::string(value).filter(|name| name != id);
            first(&mut facts.name, name.as_deref().and_then(display_name).map(Into::into))
        }
        Fact::Failed => first(&mut facts.failed, failed(key, value)),
        Fact::InputPrice => first(&mut facts.prices.input, price(key, value)),
        Fact::OutputPrice => first(&mut facts.prices.output, price(key, value)),
        Fact::CacheReadPrice => first(&mut facts.prices.cache_read, price(key, value)),
        Fact::CacheWritePrice => first(&mut facts.prices.cache_write, price(key, value)),
    };
    if noted {
        facts.keys.note(key);
    }
}

fn least(known: &mut Option<u64>, said: Option<u64>) -> bool {
    let is_less = said.is_some_and(|said| known.is_none_or(|known| said < known));
    if is_less {
        *known = said;
    }
    is_less
}

fn first<T>(known: &mut Option<T>, said: Option<T>) -> bool {
    let is_first = known.is_none() && said.is_some();
    if is_first {
        *known = said;
    }
    is_first
}

/// The longest context: a number, or the smallest one of the providers that a request may go to.
fn longest(key: &Key, value: &str) -> Option<u64> {
    if key.path != "providers" {
        return json::tokens(value);
    }
    let context = |provider| json::tokens(json::fields(provider, ["context_length"])?[0]?);
    json::items(value, context)?.items.into_iter().min()
}

/// The context that a model runs with: a number, or what llama-server is started with.
fn running(key: &Key, value: &str) -> Option<u64> {
    if key.path != "status.args" {
        return json::tokens(value);
    }
    let words = words(value)?;
    let after = words.iter().position(|word| matches!(word.as_str(), "--ctx-size" | "-c"));
    let apart = after.and_then(|at| words.get(at + 1)).map(String::as_str);
    let joined = words.iter().find_map(|word| word.strip_prefix("--ctx-size="));
    apart.or(joined)?.parse().ok().filter(|tokens| (1..=json::MAX_SAFE).contains(tokens))
}

/// Whether a model can be shown images. What lists all that a model takes, and not images, says no.
fn vision(key: &Key, value: &str) -> Option<bool> {
    let says = has_word(value, &["vision", "multimodal", "image"]);
    let lists_all = key.path.contains("modalities") && words(value).is_some_and(|words| !words.is_empty());
    // Lemonade's label `image` is for what makes images.
    let says = if key.path == "labels" { has_word(value, &["vision"]) } else { says };
    says.or(lists_all.then_some(false))
}

/// Whether a flag is set, or a list or an object of flags has one of these words; `None` where neither says so.
fn has_word(value: &str, wanted: &[&str]) -> Option<bool> {
    if let Some(is) = json::boolean(value) {
        return Some(is);
    }
    let plain = |word: &String| word.to_ascii_lowercase();
    words(value)?.iter().map(plain).any(|word| wanted.contains(&word.as_str())).then_some(true)
}

/// The words of a list, or the names of the flags of an object that are set.
fn words(value: &str) -> Option<Vec<String>> {
    match value.as_bytes().first()? {
        b'[' => Some(json::items(value, json::string)?.items),
        b'{' => Some(json::flags(value)),
        _ => None,
    }
}

fn kind(value: &str) -> Option<ModelKind> {
    // Fireworks' `supports_chat`.
    if let Some(chats) = json::boolean(value) {
        return Some(if chats { ModelKind::Chat } else { ModelKind::Other });
    }
    if let Some(word) = json::string(value) {
        return ModelKind::of_words([word.as_str()]);
    }
    let words = words(value)?;
    let named = ModelKind::of_words(words.iter().map(String::as_str));
    // Mistral's capabilities are flags, and one of them is this.
    let denied = || json::fields(value, ["completion_chat"]).and_then(|[flag]| json::boolean(flag?));
    named.or_else(|| (denied() == Some(false)).then_some(ModelKind::Other))
}

fn failed(key: &Key, value: &str) -> Option<bool> {
    if key.path == "active" {
        return json::boolean(value).map(|is_active| !is_active);
    }
    json::boolean(value).or_else(|| (json::string(value)? == "failed").then_some(true))
}

/// A price: a number, or the text of one; of one token, where the key does not say of how many.
fn price(key: &Key, value: &str) -> Option<Price> {
    let text = json::string(value);
    let text = text.as_deref().unwrap_or(value);
    let number = (text.len() <= MAX_NUMBER).then(|| text.parse().ok()).flatten()?;
    if key.path.ends_with(".usd") {
        return Dollars::per_million(number).map(Price::Known);
    }
    Price::per_token(number)
}

#[cfg(test)]
mod tests;
