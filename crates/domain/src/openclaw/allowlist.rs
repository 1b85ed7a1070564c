//! The user's own list of the models that OpenClaw may use, which hides all others. The only rule for it.

use super::era::{Era, Release};
use crate::model::ModelId;

/// The first versions whose lists know `provider/*`: 2026.6.6 does, 2026.5.7 takes it for the name of a model.
const PROVIDERS_SINCE: Release = Release::new(2026, 6, 5);

/// The first version whose lists know `provider/namespace/*`, and in which lists have a key of their own
/// (`modelPolicy.allow`).
const POLICIES_SINCE: Release = Release::new(2026, 8, 1);

/// The first version in which the default model is not let in beside the list.
const NO_DEFAULT_SINCE: Release = Release::new(2026, 9, 5);

/// An allowlist in openclaw.json.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowlist {
    /// The key below which it stands, such as `agents.defaults.modelPolicy.allow`.
    pub place: String,
    /// Its entries as written, `provider/id` or `provider/*`; instead of an alias, the model that it stands for.
    pub entries: Vec<String>,
    /// The default models, as `provider/id`: versions before 2026.9.5 let them in beside the list.
    pub defaults: Vec<String>,
    /// Whether it is `modelPolicy.allow`. The other kind is a map of models, which any key makes a list.
    pub is_policy: bool,
}

impl Allowlist {
    /// Which of a provider's models it does not let in, by the rules of that era, else by the newest.
    ///
    /// The rules are those of OpenClaw's `model-selection-shared.ts`: the provider's name counts in any case, the id
    /// letter by letter, and `*` only as a whole last part. `*` alone and `provider/be*` let nothing in.
    #[must_use]
    pub fn hides<'a>(
        &self,
        provider: &str,
        ids: impl IntoIterator<Item = &'a ModelId>,
        era: Option<&Era>,
    ) -> Vec<ModelId> {
        let provider = provider.trim().to_lowercase();
        let beside = era.is_some_and(|era| era.since < NO_DEFAULT_SINCE);
        let beside = if beside { self.defaults.as_slice() } else { &[] };
        let lets_in = |id: &ModelId| {
            let entries = self.entries.iter().map(|entry| matches(entry, &provider, id.as_str(), era));
            let defaults = beside.iter().map(|model| is_model(model, &provider, id.as_str()));
            entries.chain(defaults).any(|matches| matches)
        };
        ids.into_iter().filter(|id| !lets_in(id)).cloned().collect()
    }

    /// The entries for which OpenClaw refuses its whole configuration: patterns and names that it does not know.
    pub fn refused(&self) -> impl Iterator<Item = &str> {
        let policy = self.is_policy.then_some(&self.entries);
        policy.into_iter().flatten().map(String::as_str).filter(|entry| !is_policy_entry(entry))
    }

    /// What lets a provider's models in.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        if self.is_policy {
            "add \"<provider>/*\" to that list"
        } else {
            "add \"<provider>/<id>\": {} there for each model"
        }
    }
}

fn matches(entry: &str, provider: &str, id: &str, era: Option<&Era>) -> bool {
    let knows = |since: Release| era.is_none_or(|era| era.since >= since);
    let Some(start) = entry.trim().strip_suffix("/*") else {
        // Later versions look for the one provider that has a model of this name.
        let is_bare = !entry.contains('/') && entry.trim() == id && knows(PROVIDERS_SINCE);
        return is_bare || is_model(entry, provider, id);
    };
    let (named, namespace) = split(start).unwrap_or((start, ""));
    let is_known = if namespace.is_empty() { knows(PROVIDERS_SINCE) } else { knows(POLICIES_SINCE) };
    let below = |id: &str| namespace.is_empty() || id.strip_prefix(namespace).is_some_and(|id| id.starts_with('/'));
    is_known && !start.contains('*') && named.trim().to_lowercase() == provider && below(id)
}

/// Whether a text is that model's name.
fn is_model(text: &str, provider: &str, id: &str) -> bool {
    split(text).is_some_and(|(named, model)| named.trim().to_lowercase() == provider && model.trim() == id)
}

/// The provider and the id of `provider/id`.
fn split(text: &str) -> Option<(&str, &str)> {
    text.trim().split_once('/')
}

/// Whether `modelPolicy.allow` may have this entry: `provider/id`, `provider/*` or `provider/namespace/*`.
fn is_policy_entry(entry: &str) -> bool {
    let entry = entry.trim();
    let plain = entry.strip_suffix("/*").unwrap_or(entry);
    let parts: Vec<&str> = plain.split('/').map(str::trim).collect();
    let is_part = |part: &&str| {
        !part.is_empty() && !part.contains('*') && !part.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    let fewest = if plain == entry { 2 } else { 1 };
    let is_compatible = matches!(entry.to_lowercase().as_str(), "openrouter:auto" | "openrouter:free");
    is_compatible || (parts.len() >= fewest && parts.iter().all(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLDEST: Release = Release::new(2026, 2, 12);
    const BETWEEN: Release = Release::new(2026, 7, 1);
    const NEWEST: Release = Release::new(2026, 9, 6);

    /// Which of `a` and `b/c` the list lets in.
    fn lets_in(entries: &[&str], release: Release) -> Vec<&'static str> {
        let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
        let list = Allowlist { entries, defaults: vec!["lmstudio/a".to_owned()], ..Allowlist::default() };
        let id = |id| ModelId::new(id).unwrap();
        let hidden = list.hides("lmstudio", &["a", "b/c"].map(id), Some(Era::for_release(release)));
        ["a", "b/c"].into_iter().filter(|model| !hidden.contains(&id(model))).collect()
    }

    #[test]
    fn a_pattern_lets_in_what_it_does_in_openclaw() {
        assert_eq!(lets_in(&["lmstudio/*"], NEWEST), ["a", "b/c"]);
        assert_eq!(lets_in(&[" LMStudio/b/* "], NEWEST), ["b/c"]);
        assert_eq!(lets_in(&["lmstudio/b/c", "openai/a"], NEWEST), ["b/c"]);
        assert_eq!(lets_in(&["LMStudio/a"], NEWEST), ["a"]);
        for nothing in ["*", "lmstudio/b*", "lmstudio/B/c", "openai/*", "lmstudio/", "lmstudio/*/c", "/*"] {
            assert_eq!(lets_in(&[nothing], NEWEST), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn earlier_versions_know_fewer_patterns_and_let_the_default_model_in() {
        assert_eq!(lets_in(&["lmstudio/*"], OLDEST), ["a"]);
        assert_eq!(lets_in(&["lmstudio/*"], BETWEEN), ["a", "b/c"]);
        assert_eq!(lets_in(&["lmstudio/b/*"], BETWEEN), ["a"]);
        assert_eq!(lets_in(&["a"], NEWEST), ["a"], "no other provider has it");
        assert_eq!(lets_in(&["lmstudio/b/c"], OLDEST), ["a", "b/c"]);
    }

    #[test]
    fn entries_that_openclaw_refuses_are_named() {
        let entries = [
            "*",
            "lmstudio/qwen*",
            "gemma-3",
            "lmstudio/a b",
            "lmstudio/*",
            "lmstudio/q/*",
            "lmstudio/a/b",
            "openrouter:free",
        ];
        let entries = entries.map(str::to_owned).to_vec();
        let list = Allowlist { entries, is_policy: true, ..Allowlist::default() };
        let refused: Vec<&str> = list.refused().collect();
        assert_eq!(refused, ["*", "lmstudio/qwen*", "gemma-3", "lmstudio/a b"]);
        let map = Allowlist { is_policy: false, ..list };
        assert_eq!(map.refused().count(), 0);
    }
}
