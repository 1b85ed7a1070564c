//! What `openclaw.json` says of models: the provider's own entry, which models an agent may use, and which it uses.

use domain::Allowlist;
use serde_json::{Map, Value};

use super::config::{OpenClawConfig, Text};

/// What it says of models, and of one provider's above all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelSettings {
    /// Whether models.json is left out of account altogether (`models.mode` is `replace`).
    pub replaces: bool,
    /// `models.providers.<provider>`
    pub entry: Option<ProviderEntry>,
    /// Which models alone may be used, by all agents that have no list of their own and by each that has one; nothing
    /// where all may.
    pub allowlists: Vec<Allowlist>,
    /// The models that are used without being asked for.
    pub defaults: Vec<DefaultModel>,
    /// The other providers and their addresses, as far as they are known here.
    pub others: Vec<(String, String)>,
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
    pub model: Text,
}

/// Keys that late versions know as none: they are for servers that ask for nothing.
const MARKERS: [&str; 2] = [domain::API_KEY_MARKER, "custom-local"];

/// What is wherever it can be set for all agents.
const DEFAULTS: &str = "agents.defaults";

impl OpenClawConfig {
    /// The version of OpenClaw that wrote the file last, where it says so.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        Some(self.root["meta"]["lastTouchedVersion"].as_str()?.to_owned())
    }

    /// What it says of models, and of this provider's above all.
    #[must_use]
    pub fn models(&self, provider: &str) -> ModelSettings {
        let models = &self.root["models"];
        let providers = || models["providers"].as_object().into_iter().flatten();
        // OpenClaw finds a provider by its name, else by its name in any case.
        let exact = models["providers"].get(provider).is_some();
        let is_ours = |name: &str| {
            if exact { name == provider } else { name.trim().eq_ignore_ascii_case(provider.trim()) }
        };
        let url = |name: &str, entry: &Value| self.text(&entry["baseUrl"], &format!("models.providers.{name}.baseUrl"));
        let other = |(name, entry): (&String, &Value)| Some((name.clone(), url(name, entry)?.value?));
        ModelSettings {
            replaces: models["mode"] == "replace",
            entry: providers()
                .find(|(name, _)| is_ours(name))
                .and_then(|(name, entry)| Some(provider_entry(entry.as_object()?, url(name, entry)))),
            allowlists: self.allowlists(),
            defaults: self.default_models(),
            others: providers().filter(|(name, _)| !is_ours(name)).filter_map(other).collect(),
        }
    }

    /// Every list of the models that may be used: that of all agents first, where one of them has none of its own.
    #[must_use]
    pub fn allowlists(&self) -> Vec<Allowlist> {
        let agents = self.configured_agents();
        let everybodys = &self.root["agents"]["defaults"];
        let known = |value: &Value| value["modelPolicy"]["allow"].as_array().is_some();
        let own = agents.iter().filter(|agent| known(agent.value));
        let own = own.map(|agent| self.policy(agent.value, &agent.place, &[everybodys, agent.value]));
        let needs_everybodys = agents.is_empty() || agents.iter().any(|agent| !known(agent.value));
        let everybodys = needs_everybodys.then(|| {
            if known(everybodys) {
                Some(self.policy(everybodys, DEFAULTS, &[everybodys]))
            } else {
                self.model_map(everybodys)
            }
        });
        everybodys.flatten().into_iter().chain(own).filter(|list| !list.entries.is_empty()).collect()
    }

    /// `modelPolicy.allow`, which late versions have. An empty one lets all models in.
    fn policy(&self, value: &Value, place: &str, aliases: &[&Value]) -> Allowlist {
        let entries = value["modelPolicy"]["allow"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let entries = entries.filter(|entry| !entry.trim().is_empty());
        let model = |entry: &str| model_of_alias(entry, aliases).unwrap_or(entry).to_owned();
        Allowlist {
            place: format!("{place}.modelPolicy.allow"),
            entries: entries.map(model).collect(),
            defaults: self.default_names(),
            is_policy: true,
        }
    }

    /// The map of models, which is a list by having a key at all, unless a policy or a mark says that it is none.
    fn model_map(&self, defaults: &Value) -> Option<Allowlist> {
        let is_marked = self.root["meta"]["migrations"]["modelPolicyAllowlist"] == true;
        if is_marked || defaults["modelPolicy"].is_object() {
            return None;
        }
        let entries = defaults["models"].as_object()?.keys().filter(|key| !key.trim().is_empty());
        Some(Allowlist {
            place: format!("{DEFAULTS}.models"),
            entries: entries.cloned().collect(),
            defaults: self.default_names(),
            is_policy: false,
        })
    }

    fn default_names(&self) -> Vec<String> {
        self.default_models().into_iter().filter_map(|default| default.model.value).collect()
    }

    /// Those of all agents, then those of each.
    fn default_models(&self) -> Vec<DefaultModel> {
        let everybodys = &self.root["agents"]["defaults"];
        let mut found = Vec::new();
        let mut add = |place: &str, value: &Value, aliases: &[&Value]| {
            let mut put = |place: String, model: &Value| {
                let Some(model) = self.text(model, &place) else { return };
                // An alias is no model's name.
                if model.value.as_deref().is_none_or(|name| model_of_alias(name, aliases).is_none()) {
                    found.push(DefaultModel { place, model });
                }
            };
            match &value["model"] {
                Value::Object(model) => {
                    put(format!("{place}.model.primary"), model.get("primary").unwrap_or(&Value::Null));
                    let fallbacks = model.get("fallbacks").and_then(Value::as_array);
                    for (index, fallback) in fallbacks.into_iter().flatten().enumerate() {
                        put(format!("{place}.model.fallbacks.{index}"), fallback);
                    }
                }
                model => put(format!("{place}.model"), model),
            }
        };
        add(DEFAULTS, everybodys, &[everybodys]);
        for agent in self.configured_agents() {
            add(&agent.place, agent.value, &[everybodys, agent.value]);
        }
        found
    }
}

fn provider_entry(entry: &Map<String, Value>, base_url: Option<Text>) -> ProviderEntry {
    let key = match entry.get("apiKey") {
        None | Some(Value::Null) => EntryKey::None,
        Some(Value::String(key)) if key.trim().is_empty() => EntryKey::None,
        Some(Value::String(key)) if MARKERS.contains(&key.as_str()) => EntryKey::Marker,
        Some(_) => EntryKey::Key,
    };
    let models = entry.get("models").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let models = models.iter().filter_map(|model| Some(model["id"].as_str()?.to_owned())).collect();
    ProviderEntry { base_url, key, models }
}

/// The model that an alias stands for, by the `models` of these; the later count for more.
fn model_of_alias<'a>(name: &str, settings: &[&'a Value]) -> Option<&'a str> {
    let models = settings.iter().rev().filter_map(|settings| settings["models"].as_object()).flatten();
    let is_named = |model: &Value| {
        let alias = model["alias"].as_str().map(str::trim);
        alias.is_some_and(|alias| !alias.is_empty() && alias.eq_ignore_ascii_case(name.trim()))
    };
    models.into_iter().find(|(_, model)| is_named(model)).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests;
