//! The settings that a person gives the OpenClaw plugin of lmsync, below `plugins.entries.lmsync.config`.

use domain::Secret;
use serde_json::{Map, Value};

use super::config::{OpenClawConfig, Text};

/// The plugin's id.
const PLUGIN: &str = "lmsync";

/// What the plugin's entry says. Not `Debug`: it holds a secret.
#[derive(Clone, Default)]
pub struct PluginEntry {
    /// `server`
    pub server: Option<String>,
    /// `key`
    pub key: Option<PluginKey>,
    /// `interval`
    pub interval: Option<String>,
    /// `include`
    pub include: Vec<String>,
    /// `exclude`
    pub exclude: Vec<String>,
}

/// The key of the plugin's server.
#[derive(Clone)]
pub enum PluginKey {
    /// It is in the file, or in a variable that the file names.
    Known(Secret),
    /// It is in this variable, which may be set here.
    Variable(String),
    /// Only the gateway can resolve the reference.
    GatewayOnly,
}

impl OpenClawConfig {
    /// The plugin's entry; `None` where OpenClaw has none, or does not load the plugin.
    #[must_use]
    pub fn lmsync_plugin(&self) -> Option<PluginEntry> {
        let plugins = &self.root["plugins"];
        let entry = plugins["entries"][PLUGIN].as_object()?;
        let is_off = |value: Option<&Value>| value == Some(&Value::Bool(false));
        let is_denied = plugins["deny"].as_array().is_some_and(|denied| denied.iter().any(|id| id == PLUGIN));
        if is_off(plugins.get("enabled")) || is_off(entry.get("enabled")) || is_denied {
            return None;
        }
        let mut found = PluginEntry::default();
        for (name, value) in entry.get("config").and_then(Value::as_object).into_iter().flatten() {
            match name.as_str() {
                "server" => found.server = self.setting(name, value),
                "interval" => found.interval = self.setting(name, value),
                "key" => found.key = self.key(value),
                "include" => found.include = patterns(value),
                "exclude" => found.exclude = patterns(value),
                _ => {}
            }
        }
        Some(found)
    }

    /// A text; another value as it is written, to be refused where its meaning is known.
    fn setting(&self, name: &str, value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(_) => self.text(value, &place(name))?.value,
            other => Some(other.to_string()),
        }
    }

    fn key(&self, value: &Value) -> Option<PluginKey> {
        match value {
            Value::String(_) => {
                let Text { value, variable } = self.text(value, &place("key"))?;
                value.and_then(Secret::new).map(PluginKey::Known).or(variable.map(PluginKey::Variable))
            }
            Value::Object(reference) => Some(variable(reference).map_or(PluginKey::GatewayOnly, PluginKey::Variable)),
            _ => None,
        }
    }
}

/// The variable that a secret reference of OpenClaw names (`{ "source": "env", "id": "NAME" }`).
fn variable(reference: &Map<String, Value>) -> Option<String> {
    let is_variable = reference.get("source").is_some_and(|source| source == "env");
    reference.get("id").filter(|_| is_variable)?.as_str().map(str::to_owned)
}

fn place(name: &str) -> String {
    format!("plugins.entries.{PLUGIN}.config.{name}")
}

fn patterns(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpenClawFile;

    fn plugin(text: &str) -> Option<PluginEntry> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openclaw.json");
        std::fs::write(&path, text).unwrap();
        let environment = |name: &str| (name == "SET").then(|| "from-a-variable".to_owned());
        OpenClawFile::new(path, environment).read_here().ok().unwrap().lmsync_plugin()
    }

    fn key(text: &str) -> String {
        let entry = plugin(&format!("{{plugins: {{entries: {{lmsync: {{config: {{key: {text}}}}}}}}}}}")).unwrap();
        match entry.key {
            Some(PluginKey::Known(key)) => format!("known {}", key.expose()),
            Some(PluginKey::Variable(name)) => format!("variable {name}"),
            Some(PluginKey::GatewayOnly) => "gateway".to_owned(),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn a_plugin_that_is_not_loaded_says_nothing() {
        let entry = "entries: {lmsync: {config: {server: 'a'}}}";
        assert_eq!(plugin(&format!("{{plugins: {{{entry}}}}}")).unwrap().server.as_deref(), Some("a"));
        for text in [
            "{}".to_owned(),
            "{plugins: {entries: {other: {}}}}".to_owned(),
            "{plugins: {entries: {lmsync: {enabled: false, config: {server: 'a'}}}}}".to_owned(),
            format!("{{plugins: {{enabled: false, {entry}}}}}"),
            format!("{{plugins: {{deny: ['lmsync'], {entry}}}}}"),
        ] {
            assert!(plugin(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_setting_is_read_and_an_unknown_one_is_passed_over() {
        let entry = plugin(
            "{plugins: {entries: {lmsync: {enabled: true, config: {server: '${SET}', interval: 30,
               include: ['a/*', ' '], exclude: ['b'], intervall: '1s'}}}}}",
        );
        let PluginEntry { server, interval, include, exclude, .. } = entry.unwrap();
        assert_eq!(server.as_deref(), Some("from-a-variable"));
        assert_eq!(interval.as_deref(), Some("30"), "the reader of durations refuses it");
        assert_eq!((include, exclude), (vec!["a/*".to_owned()], vec!["b".to_owned()]));
    }

    #[test]
    fn a_key_may_be_a_text_or_a_reference() {
        assert_eq!(key("'${SET}'"), "known from-a-variable");
        assert_eq!(key("'${UNSET}'"), "variable UNSET");
        assert_eq!(key("{source: 'env', provider: 'default', id: 'NAME'}"), "variable NAME");
        assert_eq!(key("{source: 'file', provider: 'x', id: '/key'}"), "gateway");
        assert_eq!(key("' '"), "none");
        assert_eq!(key("7"), "none");
    }
}
