//! `lmsync.toml` as a person meets it.

use std::error::Error;

use domain::{Glob, Input, ModelId, Override, Secret};
use proptest::prelude::*;

use super::*;
use domain::Chain;

const PATH: &str = "/state/lmsync.toml";

fn with_file(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let file = Some((PathBuf::from(PATH), text.to_owned()));
    let environment: Vec<_> = [("OPENCLAW_STATE_DIR", "/state")].iter().chain(environment).copied().collect();
    Config::read(Inputs { config_file: file, ..inputs("WORK_KEY=from-dotenv", &environment, &[]) })
}

fn settings(text: &str) -> Settings {
    with_file(text, &[]).unwrap().settings().unwrap()
}

/// What a person reads of a file that cannot be used, behind its path.
fn complaint(text: &str) -> String {
    let error = with_file(text, &[]).and_then(|config| config.settings()).unwrap_err();
    let complaint = Chain(&error).to_string();
    assert!(!complaint.contains("hunter2"), "{complaint}");
    complaint.replace("/state\\", "/state/").strip_prefix(&format!("cannot use {PATH}: ")).expect(&complaint).to_owned()
}

#[test]
fn without_the_file_nothing_is_different() {
    let settings = config(&[]).settings().unwrap();
    assert_eq!(settings.config_file, Path::new("/home/me/.openclaw/lmsync.toml"));
    assert_eq!(settings.agents, Agents::Configured);
    assert_eq!((settings.rules, settings.servers), Default::default());
    assert_eq!(settings.empty_after, domain::EMPTY_AFTER);
}

#[test]
fn the_file_is_a_layer_above_the_defaults_and_below_all_others() {
    let text = "interval = '1s'\ntimeout = '1s'\nprovider = ''";
    let config = with_file(text, &[("LMSYNC_TIMEOUT", "2s")]).unwrap();
    let found = |name: &str| {
        let effective = config.effective().into_iter().find(|e| e.setting.variable == name).unwrap();
        (effective.value.unwrap(), effective.origin)
    };
    assert_eq!(found("LMSYNC_INTERVAL"), ("1s".into(), PATH.into()));
    assert_eq!(found("LMSYNC_TIMEOUT"), ("2s".into(), "environment".into()));
    assert_eq!(found("LMSYNC_PROVIDER"), ("lmstudio".into(), "default".into()));
    assert!(!settings("base_url = 'localhost:1'").server_is_default);
}

#[test]
fn the_file_is_looked_for_where_it_is_named_else_in_the_state_folder() {
    let path = |dotenv: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]| {
        inputs(dotenv, environment, flags).config_file_path().unwrap().unwrap()
    };
    assert_eq!(path("", &[], &[]), Path::new("/home/me/.openclaw/lmsync.toml"));
    assert_eq!(path("OPENCLAW_STATE_DIR=/s", &[], &[]), Path::new("/s/lmsync.toml"));
    let dotenv = "LMSYNC_CONFIG=~/a.toml";
    assert_eq!(path(dotenv, &[], &[]), Path::new("/home/me/a.toml"));
    assert_eq!(path(dotenv, &[("LMSYNC_CONFIG", "/b")], &[]), Path::new("/b"));
    assert_eq!(path(dotenv, &[("LMSYNC_CONFIG", "/b")], &[("LMSYNC_CONFIG", "/c")]), Path::new("/c"));
    assert_eq!(Inputs::default().config_file_path().unwrap(), None);
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let error = Config::read(inputs("", &[("LMSYNC_CONFIG", "/b")], &[])).err().unwrap();
    assert_eq!(error.to_string(), "there is no /b, which LMSYNC_CONFIG (from environment) names");
}

#[test]
fn rules_are_read() {
    let text = "include = ['a*']\nexclude = ['ab']\n[[override]]\nmatch = '*'\nname = 'A'\n\
                context_window = 131_072\ncontext_tokens = 0x8000\nmax_tokens = 1\nreasoning = false\n\
                input = ['image', 'text']\n[[override]]\nmatch = 'ac'\n";
    let rules = settings(text).rules;
    assert!(rules.admit(&ModelId::new("ac").unwrap()) && !rules.admit(&ModelId::new("ab").unwrap()));
    let all = Override {
        name: Some("A".into()),
        context_window: Some(131_072),
        context_tokens: Some(32_768),
        max_tokens: Some(1),
        reasoning: Some(false),
        input: Some(Input::TextAndImage),
        ..Override::new(Glob::new("*"))
    };
    assert_eq!(rules.overrides, [all, Override::new(Glob::new("ac"))]);
}

#[test]
fn an_agent_that_is_named_elsewhere_wins_over_the_agents_of_the_file() {
    let named = |names: &[&str]| Agents::Named(names.iter().map(|name| (*name).to_owned()).collect());
    let both = settings("agents = ['work', 'main']");
    assert_eq!(both.agents, named(&["work", "main"]));
    assert_eq!(both.models_json, Path::new("/state/agents/work/agent/models.json"));
    assert_eq!(settings("agents = '*'").agents, Agents::All);
    assert_eq!(settings("agent = 'work'").agents, named(&["work"]));
    let config = with_file("agents = '*'", &[("LMSYNC_AGENT", "main")]).unwrap();
    assert_eq!(config.settings().unwrap().agents, named(&["main"]));
}

#[test]
fn further_servers_have_their_own_key_and_rules() {
    let text = "[[server]]\nbase_url = 'a:1'\nprovider = 'a'\nkey_env = 'WORK_KEY'\nexclude = ['x']\n\
                [[server.override]]\nmatch = 'y'\n\
                [[server]]\nbase_url = 'b:1/v1'\nprovider = 'b'\nkey_file = 'keys/b'\n\
                provider_base_url = 'c:1'\n\
                [[server]]\nbase_url = 'd:1'\nprovider = 'd'\n";
    let servers = settings(text).servers;
    let keys: Vec<_> = servers.iter().map(|server| server.key.clone()).collect();
    let secret = |text: &str| KeySource::Secret(Secret::new(text).unwrap());
    assert_eq!(keys, [secret("from-dotenv"), KeySource::File("/state/keys/b".into()), KeySource::None]);
    assert_eq!(servers[0].server.api, "http://a:1/v1");
    assert_eq!(servers[0].rules.exclude, [Glob::new("x")]);
    assert_eq!(servers[0].rules.overrides, [Override::new(Glob::new("y"))]);
    assert_eq!(servers[1].provider_base_url.as_ref().unwrap().api, "http://c:1/v1");
    assert_eq!(servers[1].rules, domain::Rules::default());
    let environment = [("WORK_KEY", "from-environment")];
    let servers = with_file(text, &environment).unwrap().settings().unwrap().servers;
    assert_eq!(servers[0].key, secret("from-environment"));
    assert!(!format!("{servers:?}").contains("from-environment"));
}

#[test]
fn what_cannot_be_used_is_named_with_line_and_key() {
    let server = |rest: &str| format!("[[server]]\nbase_url = 'a:1'\nprovider = 'a'\n{rest}");
    for (text, expected) in [
        ("interval = '1s'\nprovider", "line 2: key with no value, expected `=`"),
        ("a = 1\na = 2", "line 2: duplicate key"),
        ("interval = 1", "line 1: `interval`: expected a text in quotes"),
        ("\ninterval = 'soon'", "line 2: `interval`: expected a duration such as 10s, 2m or 500ms"),
        ("empty_after = '1s'", "line 1: `empty_after`: expected at least 2s"),
        ("log_format = 'text'\nintervall = ''", "line 2: `intervall`: there is no such key; the nearest is `interval`"),
        ("LMSYNC_INTERVAL = '1s'", "line 1: `LMSYNC_INTERVAL`: here it is called `interval`"),
        ("state_dir = '/s'", "line 1: `state_dir`: it cannot be set here, but as OPENCLAW_STATE_DIR"),
        ("include = 'a'", "line 1: `include`: expected an array of patterns such as [\"qwen/*\"]"),
        ("include = [\n'a',\n1]", "line 3: `include`: expected a text in quotes"),
        ("[override]", "line 1: `override`: expected tables, each below a line [[override]]"),
        ("\n[[override]]\n", "line 2: `override.match`: it is missing; expected a pattern such as \"qwen/*\""),
        ("[[override]]\nmatch='a'\nmax_tokens=0", "line 3: `override.max_tokens`: expected a whole number above 0"),
        ("[[override]]\nmatch='a'\nreasoning='no'", "line 3: `override.reasoning`: expected true or false"),
        (
            "[[override]]\nmatch='a'\ninput=['image']",
            "line 3: `override.input`: expected [\"text\"] or [\"text\", \"image\"]",
        ),
        ("[[override]]\nmatch='a'\nmax=1", "line 3: `override.max`: there is no such key; the nearest is `match`"),
        ("agents = []", "line 1: `agents`: expected names such as [\"main\"], or \"*\" for all"),
        (
            "agents = ['a', '../b']",
            "line 1: `agents`: expected the name of an agent, which is no path; \"*\" stands alone",
        ),
        ("agents = ['a', 'a']", "line 1: `agents`: the same agent is named twice"),
        (
            "agent = 'a'\nagents = '*'",
            "line 2: `agents`: `agent` says already whose file is kept; remove one of the two",
        ),
        (
            "[[server]]\nprovider = 'a'",
            "line 1: `server.base_url`: it is missing; expected an address such as \"http://localhost:1234/v1\"",
        ),
        (
            &server("key_env = 'HOMEKEY'"),
            "line 4: `server.key_env`: HOMEKEY is set neither in the environment nor in the `.env` file",
        ),
        (
            &server("key_env = 'WORK_KEY'\nkey_file = 'a'"),
            "line 5: `server.key_file`: expected one of key_env and key_file, not both",
        ),
        (&server(&server("")), "line 6: `server.provider`: another server has this name already; each needs its own"),
        (
            "\n[[server]]\nbase_url = 'a'\nprovider = 'lmstudio'",
            "line 4: `server.provider`: the first server has this name already; each needs its own",
        ),
        (
            &server("[[server.override]]\nname = 'a'"),
            "line 4: `server.override.match`: it is missing; expected a pattern such as \"qwen/*\"",
        ),
    ] {
        assert_eq!(complaint(text), expected, "{text}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    for (key, variable) in [
        ("key", "OPENAI_API_KEY"),
        ("api_key", "OPENAI_API_KEY"),
        ("OPENAI_API_KEY", "OPENAI_API_KEY"),
        ("gateway_token", "OPENCLAW_GATEWAY_TOKEN"),
        ("password", "OPENCLAW_GATEWAY_PASSWORD"),
    ] {
        let complaint = complaint(&format!("{key} = 'hunter2'"));
        assert!(complaint.contains("a secret has no place") && complaint.contains(variable), "{complaint}");
    }
    for line in ["key = 'hunter2'", "api_key = 'hunter2'", "base_url = 'http://me:hunter2@host'"] {
        let base = if line.starts_with("base_url") { "" } else { "base_url = 'a'" };
        let complaint = complaint(&format!("[[server]]\n{base}\nprovider = 'a'\n{line}"));
        assert!(complaint.contains("`key_env`") && complaint.contains("line "), "{complaint}");
    }
    // Neither where a value of another kind is expected, nor where the text is no TOML.
    for text in ["key = hunter2", "include = 'hunter2'", "refresh = 'hunter2'", "= 'hunter2'"] {
        complaint(text);
    }
    complaint("[[server]]\nbase_url = 'a'\nprovider = 'a'\nkey_env = 'sk-hunter2'");
}

#[test]
fn each_setting_is_in_the_file_or_says_where_it_belongs() {
    for setting in SETTINGS {
        let key = setting.file_key();
        let text = format!("{} = 'x'", key.as_deref().unwrap_or(setting.variable));
        match with_file(&text, &[]) {
            Ok(config) => {
                let effective = config.effective().into_iter().find(|e| e.setting == setting).unwrap();
                assert_eq!((key.is_some(), effective.origin.as_str()), (true, PATH), "{text}");
            }
            Err(error) => {
                let why = error.source().unwrap().to_string();
                assert!(key.is_none() && why.contains(setting.variable), "{why}");
                assert!(why.contains("place in this file") || why.contains("cannot be set here"), "{why}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let _ = with_file(&text, &[]).map(|config| config.settings());
    }

    #[test]
    fn no_text_of_the_file_s_own_words_makes_it_panic(words in proptest::collection::vec(word(), 0..40)) {
        let text: String = words.concat();
        if let Err(error) = with_file(&text, &[]).and_then(|config| config.settings()) {
            prop_assert!(!Chain(&error).to_string().contains("hunter2"), "{}", Chain(&error));
        }
    }
}

/// Words that a file is made of: what they make is often nearly one.
fn word() -> impl Strategy<Value = &'static str> {
    let keys = ["include", "agents", "interval", "match", "input", "max_tokens", "key", "key_env", "provider"];
    let values = ["'*'", "\"hunter2\"", "1", "-0x1", "true", "['text']", "[1, [2]]", "{a = 1}", "1e9", "12:00:00"];
    let marks = ["\n", "\n[[override]]\n", "\n[[server]]\n", "\n[[server.override]]\n", "[", "]", "=", ".", "'"];
    prop_oneof![
        proptest::sample::select(keys.to_vec()),
        proptest::sample::select(values.to_vec()),
        proptest::sample::select(marks.to_vec()),
        Just(" = "),
        Just("\n"),
    ]
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    let text = "# mine\ninterval = \"30s\"\n\n[[server]]\nbase_url = \"http://pc:1234\"\nprovider = \"pc\"\n";
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let (one, other) = (settings(text), settings(&windows));
    assert_eq!((one.interval, one.servers.len()), (other.interval, other.servers.len()));
    assert_eq!(other.interval, Duration::from_secs(30));
}
