//! Whether a folder looks like a state folder that OpenClaw uses, and which others do.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What OpenClaw makes in its state folder at its setup or first start, and no other program: its configuration by all
/// its names, its database, its keys.
const SIGNS: [&str; 7] = [
    "openclaw.json",
    "clawdbot.json",
    "moltbot.json",
    "moldbot.json",
    "state/openclaw.sqlite",
    "identity/device.json",
    "credentials/oauth.json",
];

/// What OpenClaw makes in an agent's folder.
const AGENT_SIGNS: [&str; 4] =
    ["sessions", "agent/openclaw-agent.sqlite", "agent/auth-profiles.json", "agent/auth.json"];

/// How the names of OpenClaw's state folders begin.
const FOLDER_NAMES: [&str; 4] = [".openclaw", ".clawdbot", ".moltbot", ".moldbot"];

/// Whether OpenClaw has run with that state folder, or is set up there. A folder that cannot be read counts as
/// OpenClaw's.
#[must_use]
pub fn is_openclaws(state_dir: &Path) -> bool {
    if SIGNS.iter().any(|name| state_dir.join(name).exists()) {
        return true;
    }
    match fs::read_dir(state_dir.join("agents")) {
        Ok(agents) => {
            agents.filter_map(Result::ok).any(|agent| AGENT_SIGNS.iter().any(|name| agent.path().join(name).exists()))
        }
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// The other folders near that one that are OpenClaw's: beside it, such as a profile's, and the one that it lies in.
#[must_use]
pub fn openclaws_nearby(state_dir: &Path) -> Vec<PathBuf> {
    let Some(above) = state_dir.parent() else { return Vec::new() };
    let is_name = |name: &str| FOLDER_NAMES.iter().any(|start| name.starts_with(start));
    let beside = fs::read_dir(above).into_iter().flatten().filter_map(Result::ok);
    let beside = beside.filter(|entry| entry.file_name().to_str().is_some_and(is_name));
    // An earlier folder that OpenClaw has moved is a link to the new one.
    let same = |path: &PathBuf| fs::canonicalize(path).ok() == fs::canonicalize(state_dir).ok();
    let mut found: Vec<PathBuf> = beside
        .map(|entry| entry.path())
        .filter(|path| path != state_dir && !same(path) && is_openclaws(path))
        .collect();
    found.sort_unstable();
    found.extend(Some(above.to_owned()).filter(|above| is_openclaws(above)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_openclaw_s_by_what_openclaw_makes_there() {
        let state = tempfile::tempdir().unwrap();
        assert!(!is_openclaws(&state.path().join("none")));
        fs::create_dir_all(state.path().join("agents/main/agent")).unwrap();
        fs::write(state.path().join("agents/main/agent/models.json"), "{}").unwrap();
        assert!(!is_openclaws(state.path()), "what lmsync makes is no sign");
        fs::create_dir(state.path().join("agents/main/sessions")).unwrap();
        assert!(is_openclaws(state.path()));
        let configured = tempfile::tempdir().unwrap();
        fs::write(configured.path().join("clawdbot.json"), "{}").unwrap();
        assert!(is_openclaws(configured.path()));
    }

    #[test]
    fn profiles_beside_and_a_folder_around_are_nearby() {
        let home = tempfile::tempdir().unwrap();
        for folder in [".openclaw", ".openclaw-work", ".openclaw-empty", "other"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        for folder in [".openclaw", ".openclaw-work", "other"] {
            fs::write(home.path().join(folder).join("openclaw.json"), "{}").unwrap();
        }
        // On Windows only an administrator makes links.
        #[cfg(unix)]
        std::os::unix::fs::symlink(".openclaw", home.path().join(".clawdbot")).unwrap();
        let (usual, work) = (home.path().join(".openclaw"), home.path().join(".openclaw-work"));
        assert_eq!(openclaws_nearby(&usual), std::slice::from_ref(&work));
        assert!(openclaws_nearby(&home.path().join(".openclow")).ends_with(&[usual.clone(), work]));
        assert_eq!(openclaws_nearby(&usual.join(".openclaw")), [usual]);
    }
}
