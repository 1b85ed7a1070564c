//! The configuration as a person meets it.

mod documents;
mod file;
mod places;
mod plugin;
mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::BusySource;

use super::*;
use crate::settings_table as names;

fn inputs(dotenv: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Inputs {
    let environment = [("HOME", "/home/me")].iter().chain(environment);
    Inputs {
        dotenv: (!dotenv.is_empty()).then(|| (PathBuf::from(".env"), dotenv.to_owned())),
        environment: environment.map(|(name, value)| (name.into(), value.into())).collect(),
        flags: flags.iter().map(|(name, value)| (names::setting(name).unwrap(), (*value).to_owned())).collect(),
        config_file: None,
        plugin: None,
        exists: None,
    }
}

fn config(environment: &[(&str, &str)]) -> Config {
    Config::read(inputs("", environment, &[])).unwrap()
}

fn problem(environment: &[(&str, &str)]) -> String {
    config(environment).settings().unwrap_err().to_string()
}

#[test]
fn without_any_setting_the_defaults_stand() {
    let settings = config(&[]).settings().unwrap();
    assert_eq!(settings.server.api, "http://host.docker.internal:1234/v1");
    assert!(settings.server_is_default);
    assert_eq!(settings.key.unwrap().expose(), "lm-studio");
    assert_eq!(settings.models_json, Path::new("/home/me/.openclaw/agents/main/agent/models.json"));
    assert_eq!(settings.interval, Duration::from_secs(10));
    assert_eq!(settings.timeout, Duration::from_secs(5));
}

#[test]
fn the_later_layer_wins_and_is_named() {
    let dotenv = "LMSYNC_INTERVAL=1s\nLMSYNC_AGENT=a\nLMSYNC_PROVIDER=a\n";
    let environment = [("LMSYNC_AGENT", "b"), ("LMSYNC_PROVIDER", "b")];
    let config = Config::read(inputs(dotenv, &environment, &[("LMSYNC_PROVIDER", "c")])).unwrap();
    let found = |name: &str| {
        let effective = config.effective().into_iter().find(|e| e.setting.variable == name).unwrap();
        (effective.value.unwrap(), effective.origin)
    };
    assert_eq!(found("LMSYNC_TIMEOUT"), ("5s".into(), "default".into()));
    assert_eq!(found("LMSYNC_INTERVAL"), ("1s".into(), ".env".into()));
    assert_eq!(found("LMSYNC_AGENT"), ("b".into(), "environment".into()));
    assert_eq!(found("LMSYNC_PROVIDER"), ("c".into(), "--provider".into()));
}

#[test]
fn a_key_is_taken_verbatim_and_never_shown() {
    for key in ["12345678", "1e987", "nullnull", "p@$$w0rd\"", "sk-lm-abcdefgh:01234567890123456789"] {
        let config = config(&[("OPENAI_API_KEY", key)]);
        assert_eq!(config.settings().unwrap().key.unwrap().expose(), key);
        assert!(!format!("{:?}", config.effective()).contains(key));
        assert!(!format!("{:?}", config.settings()).contains(key));
    }
    assert!(config(&[("OPENAI_API_KEY", "")]).settings().unwrap().key.is_none());
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let settings = config(&[("OPENAI_API_BASE", ""), ("LMSYNC_INTERVAL", "")]).settings().unwrap();
    assert!(settings.server_is_default);
}

#[test]
fn a_value_that_cannot_be_used_is_named_with_its_origin() {
    let text = problem(&[("LMSYNC_INTERVAL", "soon")]);
    assert!(text.starts_with("LMSYNC_INTERVAL (from environment) cannot be used: expected a duration"), "{text}");
    assert!(problem(&[("LMSYNC_INTERVAL", "10ms")]).contains("at least 50ms"));
    assert!(problem(&[("LMSYNC_TIMEOUT", "0s")]).contains("LMSYNC_TIMEOUT"));
    assert!(problem(&[("OPENAI_API_BASE", "ftp://x")]).contains("only http"));
    for agent in ["../x", "a/b", "..", ".", "/etc", "a\\b"] {
        assert!(problem(&[("LMSYNC_AGENT", agent)]).contains("LMSYNC_AGENT"), "{agent}");
    }
    let config = config(&[("LMSYNC_LOG_FORMAT", "xml")]);
    assert!(config.log().unwrap_err().to_string().contains("expected text or json"));
}

#[test]
fn a_password_in_the_address_is_refused_and_not_repeated() {
    let text = problem(&[("OPENAI_API_BASE", "http://me:hunter2@host/v1")]);
    assert!(text.contains("OPENAI_API_KEY") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_misspelled_variable_is_noticed_with_the_nearest_name() {
    let config = Config::read(inputs("LMSYNC_INTERVALL=1s", &[("LMSYNC_AGNET", "x")], &[])).unwrap();
    let nearest: Vec<_> = config.unknown().iter().map(|unknown| unknown.nearest).collect();
    assert_eq!(nearest, ["LMSYNC_INTERVAL", "LMSYNC_AGENT"]);
    assert_eq!(config.unknown()[0].origin, ".env line 1");
}

#[test]
fn the_gateway_is_named_by_its_socket_or_its_page() {
    let url = |text: &str| config(&[("OPENCLAW_GATEWAY_URL", text)]).settings().map(|s| s.gateway.url.unwrap());
    for text in ["ws://gateway:18789", "http://gateway:18789/", "gateway:18789"] {
        assert_eq!(url(text).unwrap(), "ws://gateway:18789/", "{text}");
    }
    assert_eq!(url("https://gateway").unwrap(), "wss://gateway/");
    let error = url("ws://gateway/?token=hunter2").unwrap_err().to_string();
    assert!(error.contains("OPENCLAW_GATEWAY_TOKEN") && !error.contains("hunter2"), "{error}");
    assert!(url("tcp://gateway").is_err());
}

#[test]
fn each_activity_source_can_be_switched_off() {
    let sources = |text: &str| config(&[("LMSYNC_BUSY_SOURCES", text)]).settings().map(|s| s.busy_sources);
    assert_eq!(sources("").unwrap(), [BusySource::Gateway, BusySource::SessionLocks, BusySource::LmStudio]);
    assert_eq!(sources("lmstudio, gateway").unwrap(), [BusySource::LmStudio, BusySource::Gateway]);
    assert_eq!(sources("none").unwrap(), []);
    assert!(sources("lmstudio,cpu").unwrap_err().to_string().contains("expected some of"));
}

#[test]
fn a_command_is_taken_apart_without_a_shell() {
    let command = |text: &str| config(&[("LMSYNC_ON_CHANGE", text)]).settings().map(|s| s.on_change);
    assert_eq!(command("docker restart \"my gateway\"").unwrap().unwrap(), ["docker", "restart", "my gateway"]);
    assert_eq!(command("").unwrap(), None);
    assert!(command("say \"hi").is_err());
}

#[test]
fn rust_log_is_the_default_of_our_own_filter() {
    let filter = |environment: &[(&str, &str)]| config(environment).log().unwrap().filter;
    assert_eq!(filter(&[]), "info");
    assert_eq!(filter(&[("RUST_LOG", "debug")]), "debug");
    assert_eq!(filter(&[("RUST_LOG", "debug"), ("LMSYNC_LOG", "warn")]), "warn");
}

#[test]
fn the_own_folder_lies_in_the_state_folder_or_beside_a_file_that_was_named_without_one() {
    let own = |environment: &[(&str, &str)]| config(environment).settings().unwrap().own_folder;
    assert_eq!(own(&[]), Path::new("/home/me/.openclaw/lmsync"));
    assert_eq!(own(&[("LMSYNC_MODELS_JSON", "/data/m.json")]), Path::new("/data/lmsync"));
    let named = [("LMSYNC_MODELS_JSON", "/data/m.json"), ("OPENCLAW_STATE_DIR", "/state")];
    assert_eq!(own(&named), Path::new("/state/lmsync"));
}

#[test]
fn a_named_file_needs_no_home() {
    let environment = vec![("LMSYNC_MODELS_JSON".into(), "/data/m.json".into())];
    let settings = Config::read(Inputs { environment, ..Inputs::default() }).unwrap().settings().unwrap();
    assert_eq!((settings.state_dir, settings.own_folder), ("/data".into(), "/data/lmsync".into()));
    assert_eq!(settings.config_file, Path::new("/data/lmsync.toml"));
}

#[test]
fn the_home_of_windows_is_home_where_there_is_no_other() {
    let home = |environment: &[(&str, &str)]| {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Inputs { environment, ..Inputs::default() }.home().unwrap()
    };
    assert_eq!(home(&[("USERPROFILE", r"C:\Users\me")]), Some(PathBuf::from(r"C:\Users\me")));
    assert_eq!(home(&[("USERPROFILE", "/profile"), ("HOME", "/home/me")]), Some(PathBuf::from("/home/me")));
    assert_eq!(home(&[("HOME", " "), ("USERPROFILE", "/profile")]), Some(PathBuf::from("/profile")));
}
