//! The OpenClaw plugin's settings among the other layers.

use domain::{ModelId, Secret};

use super::*;

const ORIGIN: &str = "plugin lmsync in /state/openclaw.json";

fn plugin(server: &str) -> PluginSettings {
    PluginSettings {
        openclaw_json: "/state/openclaw.json".into(),
        server: Some(server.to_owned()),
        key: Secret::new("from-openclaw-json".to_owned()),
        interval: Some("7s".to_owned()),
        include: vec!["qwen/*".to_owned()],
        exclude: vec!["*-draft".to_owned()],
    }
}

fn read(toml: Option<&str>, environment: &[(&str, &str)]) -> Config {
    let config_file = toml.map(|text| (PathBuf::from("/state/lmsync.toml"), text.to_owned()));
    let plugin = Some(plugin("http://plugin:1/v1"));
    Config::read(Inputs { config_file, plugin, ..inputs("", environment, &[]) }).unwrap()
}

fn offers(settings: &Settings, id: &str) -> bool {
    settings.rules.admit(&ModelId::new(id).unwrap())
}

fn origin(config: &Config, variable: &str) -> String {
    config.effective().into_iter().find(|value| value.setting.variable == variable).unwrap().origin
}

#[test]
fn they_win_over_the_defaults_and_are_named() {
    let config = read(None, &[]);
    for variable in ["OPENAI_API_BASE", "OPENAI_API_KEY", "LMSYNC_INTERVAL"] {
        assert_eq!(origin(&config, variable), ORIGIN);
    }
    assert_eq!(origin(&config, "LMSYNC_TIMEOUT"), "default");
    let settings = config.settings().unwrap();
    assert_eq!(settings.server.api, "http://plugin:1/v1");
    assert!(!settings.server_is_default, "nothing is tried instead");
    assert_eq!(settings.interval, Duration::from_secs(7));
    assert!(offers(&settings, "qwen/a") && !offers(&settings, "qwen/a-draft"));
    assert!(!offers(&settings, "other/a"));
    assert!(config.overridden().is_empty());
}

#[test]
fn lmsync_toml_and_the_environment_win_over_them_setting_by_setting() {
    let toml = "interval = \"3s\"\nexclude = [\"*-old\"]\n";
    let config = read(Some(toml), &[("OPENAI_API_BASE", "http://environment:1/v1")]);
    let settings = config.settings().unwrap();
    assert_eq!(settings.server.api, "http://environment:1/v1");
    assert_eq!(settings.interval, Duration::from_secs(3));
    assert!(offers(&settings, "qwen/a-draft") && !offers(&settings, "qwen/a-old"));
    assert!(!offers(&settings, "other/a"), "what the file leaves open");
    let overridden =
        [("OPENAI_API_BASE", "environment".to_owned()), ("LMSYNC_INTERVAL", "/state/lmsync.toml".to_owned())];
    assert_eq!(config.overridden(), overridden);
    assert_eq!(origin(&config, "OPENAI_API_KEY"), ORIGIN);
}

#[test]
fn the_key_that_the_gateway_resolved_is_used() {
    let config = read(None, &[("LMSYNC_PLUGIN", "1.2.3"), ("LMSYNC_PLUGIN_KEY", "resolved")]);
    assert!(config.unknown().is_empty());
    assert_eq!(origin(&config, "OPENAI_API_KEY"), ORIGIN);
    let settings = config.settings().unwrap();
    assert_eq!(settings.key.unwrap().expose(), "resolved");
    assert!(settings.plugin_is_enabled);
    assert_eq!(settings.started_by_plugin.as_deref(), Some("1.2.3"));
}

#[test]
fn one_that_cannot_be_used_is_named_by_its_place() {
    let plugin = PluginSettings { interval: Some("30".to_owned()), ..plugin("http://plugin:1/v1") };
    let config = Config::read(Inputs { plugin: Some(plugin), ..inputs("", &[], &[]) }).unwrap();
    let error = config.settings().unwrap_err().to_string();
    assert!(error.starts_with(&format!("LMSYNC_INTERVAL (from {ORIGIN}) cannot be used")), "{error}");
}
