//! Where OpenClaw's files are, by what there is.

use std::cell::RefCell;

use super::*;

thread_local! {
    /// The files and folders that are there, in this test.
    static THERE: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

/// The settings where the home folder has these entries.
fn settings(entries: &[&str], environment: &[(&str, &str)]) -> Settings {
    THERE.set(entries.iter().map(|entry| Path::new("/home/me").join(entry)).collect());
    let exists = |path: &Path| THERE.with_borrow(|there| there.iter().any(|entry| entry.starts_with(path)));
    Config::read(Inputs { exists: Some(exists), ..inputs("", environment, &[]) }).unwrap().settings().unwrap()
}

/// The state folder and the configuration, from the home folder on.
fn found(entries: &[&str], environment: &[(&str, &str)]) -> (String, String) {
    let settings = settings(entries, environment);
    let shown = |path: PathBuf| path.strip_prefix("/home/me").unwrap_or(&path).display().to_string().replace('\\', "/");
    assert_eq!(settings.own_folder, settings.state_dir.join("lmsync"));
    (shown(settings.state_dir), shown(settings.gateway.config))
}

fn pair(state_dir: &str, config: &str) -> (String, String) {
    (state_dir.to_owned(), config.to_owned())
}

#[test]
fn the_usual_folder_is_taken_where_it_is_there_or_nothing_is() {
    let usual = pair(".openclaw", ".openclaw/openclaw.json");
    assert_eq!(found(&[], &[]), usual);
    assert_eq!(found(&[".openclaw/openclaw.json", ".clawdbot/clawdbot.json"], &[]), usual);
    assert_eq!(settings(&[".openclaw"], &[]).superseded_by, None);
}

#[test]
fn an_earlier_folder_is_taken_where_the_usual_one_is_not_there() {
    let earlier = found(&[".clawdbot/clawdbot.json", ".moltbot"], &[]);
    assert_eq!(earlier, pair(".clawdbot", ".clawdbot/clawdbot.json"));
    assert_eq!(found(&[".clawdbot/openclaw.json"], &[]).1, ".clawdbot/openclaw.json");
    assert_eq!(found(&[".moltbot/moltbot.json"], &[]), pair(".moltbot", ".moltbot/moltbot.json"));
    assert_eq!(found(&[".moldbot"], &[]), pair(".moldbot", ".moldbot/openclaw.json"));
    assert_eq!(settings(&[".clawdbot"], &[]).superseded_by, Some("/home/me/.openclaw".into()));
}

#[test]
fn an_empty_usual_folder_has_the_earlier_ones_configuration() {
    let both = found(&[".openclaw", ".clawdbot/clawdbot.json"], &[]);
    assert_eq!(both, pair(".openclaw", ".clawdbot/clawdbot.json"));
}

#[test]
fn a_named_folder_has_its_own_configuration_alone() {
    let named = [("OPENCLAW_STATE_DIR", "~/claw")];
    let home = &[".openclaw/openclaw.json", ".clawdbot"][..];
    assert_eq!(found(home, &named), pair("claw", "claw/openclaw.json"));
    assert_eq!(found(&["claw/clawdbot.json"], &named).1, "claw/clawdbot.json");
    let config = [("OPENCLAW_STATE_DIR", " /s "), ("OPENCLAW_CONFIG_PATH", "~/c.json")];
    assert_eq!(found(home, &config), pair("/s", "c.json"));
}

#[test]
fn openclaw_s_home_folder_is_below_the_user_s_and_is_what_its_paths_mean() {
    let own = [("OPENCLAW_HOME", "~/own")];
    assert_eq!(found(&[".clawdbot"], &own), pair("own/.openclaw", "own/.openclaw/openclaw.json"));
    assert_eq!(found(&["own/.clawdbot"], &own).0, "own/.clawdbot");
    let both = [("OPENCLAW_HOME", "/h"), ("OPENCLAW_STATE_DIR", "~/claw")];
    assert_eq!(found(&[], &both).0, "/h/claw");
    for nothing in [" ", "undefined", "null"] {
        assert_eq!(found(&[], &[("OPENCLAW_HOME", nothing)]).0, ".openclaw", "{nothing}");
    }
}

#[test]
fn a_profile_has_a_folder_of_its_own() {
    let profile = |name| found(&[".openclaw/openclaw.json", ".clawdbot"], &[("OPENCLAW_PROFILE", name)]);
    assert_eq!(profile("work"), pair(".openclaw-work", ".openclaw-work/openclaw.json"));
    for other in ["default", "Default", "../x", "a b", "-a", ""] {
        assert_eq!(profile(other).0, ".openclaw", "{other}");
    }
    let named = [("OPENCLAW_PROFILE", "work"), ("OPENCLAW_STATE_DIR", "/s")];
    assert_eq!(found(&[], &named), pair("/s", "/s/openclaw.json"));
}

#[test]
fn without_any_home_the_state_folder_is_not_known() {
    for environment in [vec![], vec![("HOME".into(), " ".into())]] {
        let nowhere = Config::read(Inputs { environment, ..Inputs::default() }).unwrap().settings();
        assert!(matches!(nowhere, Err(ConfigError::NoHome)));
    }
}
