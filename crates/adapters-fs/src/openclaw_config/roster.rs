//! OpenClaw's agents: who they are, and in which folder OpenClaw looks for what is theirs.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::{OpenClawConfig, Text};
use super::variables::{below_home, normalize};

/// The agent that OpenClaw has where none is configured.
pub(crate) const MAIN: &str = "main";

/// The longest id of an agent.
const LONGEST: usize = 64;

/// One of OpenClaw's agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterAgent {
    /// Its id, as OpenClaw writes it into paths.
    pub id: String,
    /// The folder of its models.json.
    pub folder: AgentFolder,
}

impl RosterAgent {
    /// The folder of its models.json, for an OpenClaw with that state folder.
    ///
    /// # Errors
    /// Why it cannot be known here.
    pub fn folder_in(&self, state_dir: &Path) -> Result<PathBuf, String> {
        match &self.folder {
            AgentFolder::Usual => Ok(state_dir.join("agents").join(&self.id).join("agent")),
            AgentFolder::At(folder) => Ok(folder.clone()),
            AgentFolder::Unknown { why } => Err(why.clone()),
        }
    }
}

/// The folder in which OpenClaw looks for an agent's models.json.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentFolder {
    /// `agents/<id>/agent` in the state folder.
    Usual,
    /// `agentDir` names this one.
    At(PathBuf),
    /// `agentDir` names one that cannot be known here.
    Unknown {
        /// What it depends on.
        why: String,
    },
}

/// An agent as it is configured.
pub(super) struct Configured<'a> {
    pub(super) id: String,
    /// The key below which it stands.
    pub(super) place: String,
    pub(super) value: &'a Value,
}

impl OpenClawConfig {
    /// The agents that OpenClaw has, in the order of the configuration (those of `agents.entries` by id). Where none is
    /// configured, that is `main`.
    #[must_use]
    pub fn roster(&self) -> Vec<RosterAgent> {
        let configured = self.configured_agents();
        if configured.is_empty() {
            return vec![RosterAgent { id: MAIN.to_owned(), folder: AgentFolder::Usual }];
        }
        let agent = |agent: &Configured<'_>| RosterAgent { id: agent.id.clone(), folder: self.folder(agent) };
        configured.iter().map(agent).collect()
    }

    /// The agents of `agents.entries`, which late versions have, else those of `agents.list`; each id once.
    pub(super) fn configured_agents(&self) -> Vec<Configured<'_>> {
        let agents = &self.root["agents"];
        let mut found: Vec<Configured<'_>> = Vec::new();
        let mut add = |id: &str, place: String, value| {
            let id = plain_id(id);
            if found.iter().all(|agent| agent.id != id) {
                found.push(Configured { id, place, value });
            }
        };
        if let Some(entries) = agents["entries"].as_object() {
            for (id, value) in entries.iter().filter(|(_, value)| value.is_object()) {
                add(id, format!("agents.entries.{id}"), value);
            }
        } else if agents["entries"].is_null() {
            let list = agents["list"].as_array().map_or(&[][..], Vec::as_slice);
            for (index, value) in list.iter().enumerate().filter(|(_, value)| value.is_object()) {
                add(value["id"].as_str().unwrap_or_default(), format!("agents.list.{index}"), value);
            }
        }
        found
    }

    fn folder(&self, agent: &Configured<'_>) -> AgentFolder {
        let place = format!("{}.agentDir", agent.place);
        let Some(Text { value, variable }) = self.text(&agent.value["agentDir"], &place) else {
            return AgentFolder::Usual;
        };
        let Some(text) = value else {
            let variable = variable.unwrap_or_default();
            return AgentFolder::Unknown { why: format!("{variable} is not set here") };
        };
        let folder = normalize(&below_home(&text, self.home.as_deref()));
        // On Windows, `/x` is on the drive of the working folder, and absolute for Node.
        if folder.has_root() {
            AgentFolder::At(folder)
        } else {
            AgentFolder::Unknown { why: "it is relative to the folder in which OpenClaw is started".to_owned() }
        }
    }
}

/// An agent's id as OpenClaw writes it into paths, by its `normalizeAgentId`.
pub(crate) fn plain_id(id: &str) -> String {
    let id = id.trim().to_lowercase();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let starts = id.starts_with(|c: char| allowed(c) && c != '_' && c != '-');
    if starts && id.len() <= LONGEST && id.chars().all(allowed) {
        return id;
    }
    let mut plain = String::with_capacity(id.len());
    let mut after_other = false;
    for c in id.chars() {
        if allowed(c) {
            plain.push(c);
        } else if !after_other {
            plain.push('-');
        }
        after_other = !allowed(c);
    }
    let plain: String = plain.trim_matches('-').chars().take(LONGEST).collect();
    if plain.is_empty() { MAIN.to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::*;

    /// The agents as `id`, `id=folder`, `id?why`.
    fn roster(text: &str) -> Vec<String> {
        let told = |agent: RosterAgent| match agent.folder {
            AgentFolder::Usual => agent.id.clone(),
            AgentFolder::At(folder) => format!("{}={}", agent.id, folder.display()).replace('\\', "/"),
            AgentFolder::Unknown { why } => format!("{}?{why}", agent.id),
        };
        config(text).roster().into_iter().map(told).collect()
    }

    #[test]
    fn without_a_roster_there_is_main() {
        for text in ["{}", "{agents: {}}", "{agents: {list: []}}", "{agents: {entries: {}}}", "{agents: {list: 7}}"] {
            assert_eq!(roster(text), ["main"], "{text}");
        }
    }

    #[test]
    fn both_rosters_are_read_and_entries_win() {
        let list = "{agents: {list: [{id: 'jarvis'}, {id: 'coder', default: true}, 7, {id: 'Coder'}, {}]}}";
        assert_eq!(roster(list), ["jarvis", "coder", "main"]);
        assert_eq!(roster("{agents: {list: [{id: 'a'}, {id: 'b'}]}}"), ["a", "b"]);
        let both = "{agents: {entries: {b: {default: true}, a: {}}, list: [{id: 'other'}]}}";
        assert_eq!(roster(both), ["a", "b"]);
    }

    #[test]
    fn an_agents_folder_is_the_one_that_openclaw_takes() {
        let folder = |text: &str| roster(&format!("{{agents: {{list: [{{id: 'a', agentDir: {text}}}]}}}}")).remove(0);
        assert_eq!(folder("'~/claw/../own/agent'"), "a=/home/me/own/agent");
        assert_eq!(folder("'/abs'"), "a=/abs");
        assert_eq!(folder("'${DIR}/agent'"), "a=/dir/agent");
        assert_eq!(folder("' '"), "a");
        assert_eq!(folder("'${NOWHERE}/agent'"), "a?NOWHERE is not set here");
        assert_eq!(folder("'own/agent'"), "a?it is relative to the folder in which OpenClaw is started");
    }

    #[test]
    fn ids_are_written_as_openclaw_writes_them() {
        for (id, expected) in [
            ("Jarvis", "jarvis"),
            (" my agent! ", "my-agent"),
            ("--a--", "a"),
            ("a-", "a-"),
            ("_x", "_x"),
            ("日本", "main"),
            ("", "main"),
        ] {
            assert_eq!(plain_id(id), expected, "{id}");
        }
        assert_eq!(plain_id(&"x".repeat(99)).len(), LONGEST);
    }
}
