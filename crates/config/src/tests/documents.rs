//! What is written for people about the settings, held against the settings.

use domain::KeyHeader;

use super::*;

const CONFIGURATION: &str = include_str!("../../../../docs/CONFIGURATION.md");
const DOTENV: &str = include_str!("../../../../.env.example");
const COMPOSE: &str = include_str!("../../../../compose.lmsync.yaml");
const TOML: &str = include_str!("../../../../lmsync.example.toml");

#[test]
fn the_documentation_lists_every_setting_with_its_flag_and_its_default() {
    for setting in SETTINGS {
        let name = format!("`{}`", setting.variable);
        let mut rows = CONFIGURATION.lines().filter_map(|line| line.strip_prefix("| "));
        let row = rows.find(|row| row.split(" |").next().is_some_and(|cell| cell.contains(&name)));
        let row = row.unwrap_or_else(|| panic!("docs/CONFIGURATION.md has no row for {name}"));
        for shown in [setting.flag.map(|flag| format!("--{flag}")), setting.default.map(str::to_owned)] {
            assert!(shown.is_none_or(|shown| row.contains(&format!("`{shown}`"))), "{row}");
        }
    }
}

#[test]
fn the_example_of_a_dotenv_file_lists_every_setting_with_its_default() {
    // A line `# NAME=value` is a setting, any other comment is for people.
    let is_setting = |line: &&str| line.split_once('=').is_some_and(|(name, _)| names::setting(name).is_some());
    let lines: Vec<&str> = DOTENV.lines().filter_map(|l| l.strip_prefix("# ")).filter(is_setting).collect();
    let entries = dotenv::parse(&lines.join("\n")).unwrap();
    for setting in SETTINGS {
        let values: Vec<_> = entries.iter().filter(|e| e.name == setting.variable).map(|e| e.value.as_str()).collect();
        assert_eq!(values, [setting.default.unwrap_or_default()], "{}", setting.variable);
    }
    assert!(DOTENV.lines().all(|line| line.is_empty() || line.starts_with('#')), "a copy changes nothing");
}

#[test]
fn what_is_set_beside_the_compose_file_reaches_lmsync() {
    // These are about the host: a path there means nothing in the container, and shells set some of them.
    let of_the_host = [
        "OPENCLAW_STATE_DIR",
        "OPENCLAW_HOME",
        "OPENCLAW_PROFILE",
        "OPENCLAW_CONFIG_PATH",
        "OPENCLAW_GATEWAY_PORT",
        "SSL_CERT_FILE",
    ];
    for setting in SETTINGS {
        let name = setting.variable;
        let mut lines = COMPOSE.lines().filter_map(|line| line.trim_start().strip_prefix("- "));
        let is_passed = lines.any(|line| line == name || line.starts_with(&format!("{name}=")));
        assert_eq!(is_passed, !of_the_host.contains(&name), "{name}");
    }
}

/// The example of `lmsync.toml` with everything in it that is commented out, but for `agent`, beside which
/// `agents` means nothing. A line `#key …` is meant to be read, `# Words …` are for people.
fn example() -> String {
    let uncomment = |line: &'static str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
        _ => line,
    };
    let lines = TOML.lines().map(uncomment).filter(|line| !line.starts_with("agent ="));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_of_an_lmsync_toml_can_be_used_and_sets_everything() {
    let inputs = Inputs {
        config_file: Some((PathBuf::from("/s/lmsync.toml"), example())),
        ..inputs("", &[("WORKSTATION_KEY", "k")], &[])
    };
    let config = Config::read(inputs).unwrap();
    for Effective { setting, value, origin } in config.effective() {
        let Some(key) = setting.file_key().filter(|key| key != "agent") else { continue };
        assert_eq!(origin, "/s/lmsync.toml", "{key} is missing");
        assert!(setting.default.is_none_or(|default| Some(default) == value.as_deref()), "{key}: {value:?}");
    }
    let settings = config.settings().unwrap();
    assert!(matches!(&settings.agents, Agents::Named(names) if names.len() == 2));
    let [all] = &settings.rules.overrides[..] else { panic!("one override is expected") };
    assert!(all.name.is_some() && all.context_window.is_some() && all.context_tokens.is_some());
    assert!(all.max_tokens.is_some() && all.reasoning.is_some() && all.input.is_some());
    let [work, attic] = &settings.servers[..] else { panic!("two servers are expected") };
    assert!(matches!((&work.key, &attic.key), (KeySource::Secret(_), KeySource::File(_))));
    assert_eq!(work.key_header, KeyHeader::Named("api-key".into()));
    for rules in [&settings.rules, &work.rules] {
        assert!(!rules.include.is_empty() && !rules.exclude.is_empty() && !rules.overrides.is_empty());
    }
}

#[test]
fn a_copy_of_the_example_of_an_lmsync_toml_changes_nothing() {
    assert!(TOML.lines().all(|line| line.is_empty() || line.starts_with('#')));
}
