//! What `openclaw.json` says of models: the provider's own entry, which models an agent may use, and which it uses.

use domain::Allowlist;
use serde_json::{Map, Value};

use super::{OpenClawConfig, Text};

/// What it says of models, and of one provider's above all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelSettings {
    /// Whether models.json is left out of account altogether (`models.mode` is `replace`).
    pub replaces: bool,
    /// `models.providers.<provider>`
    pub entry: Option<ProviderEntry>,
    /// Which models alone may be used; nothing where all may.
    pub allowlist: Option<Allowlist>,
    /// The models that are used without being asked for.
    pub defaults: Vec<DefaultModel>,
}

/// A provider's entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderEntry {
    /// `baseUrl`
    pub base_url: Option<Text>,
    /// `apiKey`, as far as it may be known.
    pub key: EntryKey,
    /// The ids of its `models`.
    pub models: Vec<String>,
}

/// What a provider's entry has for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntryKey {
    /// None.
    #[default]
    None,
    /// A marker, which late versions take for no key at all.
    Marker,
    /// A text, or a reference to one.
    Key,
}

/// A model that is used without being asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultModel {
    /// Where it stands, such as `agents.defaults.model.primary`.
    pub place: String,
    /// `provider/id`, as it stands there.
    pub model: String,
}

/// Keys that late versions know as none: they are for servers that ask for nothing.
const MARKERS: [&str; 2] = [domain::API_KEY_MARKER, "custom-local"];

impl OpenClawConfig {
    /// The version of OpenClaw that wrote the file last, where it says so.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        Some(self.root["meta"]["lastTouchedVersion"].as_str()?.to_owned())
    }

    /// The list of the models that may be used, where there is one.
    #[must_use]
    pub fn allowlist(&self) -> Option<Allowlist> {
        allowlist(&self.root["agents"]["defaults"])
    }

    /// What it says of models, and of this provider's above all.
    #[must_use]
    pub fn models(&self, provider: &str) -> ModelSettings {
        let root = &self.root;
        let agents = &root["agents"];
        ModelSettings {
            replaces: root["models"]["mode"] == "replace",
            entry: root["models"]["providers"][provider].as_object().map(|entry| self.entry(entry, provider)),
            allowlist: allowlist(&agents["defaults"]),
            defaults: defaults(agents),
        }
    }

    fn entry(&self, entry: &Map<String, Value>, provider: &str) -> ProviderEntry {
        let key = match entry.get("apiKey") {
            None | Some(Value::Null) => EntryKey::None,
            Some(Value::String(key)) if key.trim().is_empty() => EntryKey::None,
            Some(Value::String(key)) if MARKERS.contains(&key.as_str()) => EntryKey::Marker,
            Some(_) => EntryKey::Key,
        };
        let models = entry.get("models").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let place = format!("models.providers.{provider}.baseUrl");
        ProviderEntry {
            base_url: entry.get("baseUrl").and_then(|url| self.text(url, &place)),
            key,
            models: models.iter().filter_map(|model| Some(model["id"].as_str()?.to_owned())).collect(),
        }
    }
}

/// A map of models became such a list by having a key at all; late versions have a list that says so.
fn allowlist(defaults: &Value) -> Option<Allowlist> {
    if let Some(entries) = defaults["modelPolicy"]["allow"].as_array() {
        let entries: Vec<String> =
            entries.iter().filter_map(|entry| Some(entry.as_str()?.to_owned())).collect();
        let place = "agents.defaults.modelPolicy.allow";
        return (!entries.is_empty()).then_some(Allowlist { place, entries });
    }
    let entries: Vec<String> = defaults["models"].as_object()?.keys().cloned().collect();
    (!entries.is_empty()).then_some(Allowlist { place: "agents.defaults.models", entries })
}

/// Those of all agents, then those of each.
fn defaults(agents: &Value) -> Vec<DefaultModel> {
    let mut found = Vec::new();
    let mut add = |place: String, model: &Value| {
        let mut put = |place: String, model: &Value| {
            // An alias is no model's name.
            let alias = |name: &str| aliases(agents).any(|alias| alias == name);
            if let Some(model) = model.as_str().filter(|name| !name.trim().is_empty() && !alias(name)) {
                found.push(DefaultModel { place, model: model.trim().to_owned() });
            }
        };
        match model {
            Value::Object(model) => {
                put(format!("{place}.primary"), model.get("primary").unwrap_or(&Value::Null));
                let fallbacks = model.get("fallbacks").and_then(Value::as_array);
                for (index, fallback) in fallbacks.into_iter().flatten().enumerate() {
                    put(format!("{place}.fallbacks.{index}"), fallback);
                }
            }
            model => put(place, model),
        }
    };
    add("agents.defaults.model".to_owned(), &agents["defaults"]["model"]);
    for (index, agent) in agents["list"].as_array().into_iter().flatten().enumerate() {
        add(format!("agents.list.{index}.model"), &agent["model"]);
    }
    found
}

fn aliases(agents: &Value) -> impl Iterator<Item = &str> {
    let models = agents["defaults"]["models"].as_object();
    models.into_iter().flatten().filter_map(|(_, model)| model["alias"].as_str())
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::*;

    fn settings(text: &str) -> ModelSettings {
        config(text).models("lmstudio")
    }

    #[test]
    fn an_entry_is_told_without_its_key() {
        let found = settings(
            "{models: {mode: 'replace', providers: {other: {}, lmstudio: {
               baseUrl: 'http://h/v1', apiKey: 'hunter2', models: [{id: 'a'}, {}, {id: 'b'}]}}}}",
        );
        assert!(found.replaces);
        let entry = found.entry.unwrap();
        assert_eq!((entry.base_url, entry.key), (Some(Text::Known("http://h/v1".into())), EntryKey::Key));
        assert_eq!(entry.models, ["a", "b"]);
        for (key, expected) in [
            ("'lmstudio-local'", EntryKey::Marker),
            ("' '", EntryKey::None),
            ("null", EntryKey::None),
            ("{source: 'env', id: 'X'}", EntryKey::Key),
        ] {
            let entry =
                settings(&format!("{{models: {{providers: {{lmstudio: {{apiKey: {key}}}}}}}}}")).entry;
            assert_eq!(entry.unwrap().key, expected, "{key}");
        }
    }

    #[test]
    fn both_kinds_of_allowlists_are_found() {
        let map = settings("{agents: {defaults: {models: {'lmstudio/a': {}}}}}").allowlist.unwrap();
        assert_eq!((map.place, &map.entries[..]), ("agents.defaults.models", &["lmstudio/a".to_owned()][..]));
        let list = settings("{agents: {defaults: {models: {x: {}}, modelPolicy: {allow: ['lmstudio/*']}}}}");
        assert_eq!(list.allowlist.unwrap().entries, ["lmstudio/*"]);
        assert_eq!(settings("{agents: {defaults: {models: {}}}}").allowlist, None);
        assert_eq!(settings("{agents: {defaults: {modelPolicy: {allow: []}}}}").allowlist, None);
    }

    #[test]
    fn default_models_are_found_with_their_places_and_aliases_are_none() {
        let found = settings(
            "{agents: {defaults: {models: {'lmstudio/a': {alias: 'fast'}},
                                  model: {primary: 'lmstudio/a', fallbacks: ['fast', 'x/y']}},
                       list: [{id: 'main'}, {id: 'work', model: 'lmstudio/b'}]}}",
        );
        let told: Vec<_> = found.defaults.iter().map(|of| (of.place.as_str(), of.model.as_str())).collect();
        assert_eq!(
            told,
            [
                ("agents.defaults.model.primary", "lmstudio/a"),
                ("agents.defaults.model.fallbacks.1", "x/y"),
                ("agents.list.1.model", "lmstudio/b"),
            ]
        );
    }

    #[test]
    fn what_is_shaped_otherwise_says_nothing() {
        for text in
            ["{}", "7", "{models: []}", "{agents: {defaults: 1, list: {}}}", "{models: {providers: 3}}"]
        {
            assert_eq!(settings(text), ModelSettings::default(), "{text}");
        }
    }
}
