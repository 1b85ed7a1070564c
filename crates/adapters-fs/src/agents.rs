//! OpenClaw's agents, and the folder that each has: by its configuration, and by the folders that there are.

use std::path::{Path, PathBuf};
use std::{fs, io};

use domain::era::{Abilities, Era, Shows};

use crate::openclaw_config::{MAIN, OpenClawConfig, OpenClawFile, RosterAgent, plain_id};
use crate::stamp::Stamp;

/// Whose files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentChoice {
    /// Those of the agents in OpenClaw's configuration; where it has none, `main`.
    Configured,
    /// Those of these agents, in this order, whether OpenClaw has them or not.
    Named(Vec<String>),
    /// Those of the agents in OpenClaw's configuration, and of every folder that looks like an agent's.
    All,
}

/// An agent and its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPlace {
    /// Its id, as OpenClaw writes it into paths.
    pub id: String,
    /// The folder of its models.json.
    pub folder: PathBuf,
}

/// The agents that are meant, of the OpenClaw that has this state folder and this configuration.
#[derive(Debug)]
pub(crate) struct Agents {
    state_dir: PathBuf,
    agents_dir: PathBuf,
    openclaw_json: OpenClawFile,
    wanted: AgentChoice,
}

/// The agents as they were found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) places: Vec<AgentPlace>,
    /// The roster, once the configuration could be read.
    roster: Option<Roster>,
    /// The files of the configuration, as they were when it was read.
    files: Vec<(PathBuf, Stamp)>,
}

/// What the configuration says of agents.
#[derive(Debug, Clone)]
struct Roster {
    agents: Vec<RosterAgent>,
    /// The version that wrote the configuration last, where it says so.
    version: Option<String>,
}

impl Agents {
    pub(crate) fn new(state_dir: &Path, openclaw_json: OpenClawFile, wanted: AgentChoice) -> Self {
        Self { state_dir: state_dir.to_owned(), agents_dir: state_dir.join("agents"), openclaw_json, wanted }
    }

    /// The agents that there are now, and what could not be done; then what was found before still counts.
    pub(crate) fn find(&self, before: Found) -> (Found, Option<String>) {
        let (mut found, mut trouble) = self.read_roster(before);
        let roster = found.roster.clone().unwrap_or_else(|| Roster::from_config(&OpenClawConfig::default()));
        match self.places(&roster) {
            Ok((places, unknown)) => {
                found.places = places;
                trouble = trouble.or(unknown);
            }
            Err(error) => {
                let folder = self.agents_dir.display();
                trouble = Some(format!("cannot look for agents in {folder}; those known so far are kept: {error}"));
                if found.places.is_empty() {
                    found.places.push(self.usual(MAIN));
                }
            }
        }
        (found, trouble)
    }

    /// Reads the configuration where one of its files has been written since.
    fn read_roster(&self, before: Found) -> (Found, Option<String>) {
        let same = |(path, seen): &(PathBuf, Stamp)| Stamp::read(path) == *seen;
        if !before.files.is_empty() && before.files.iter().all(same) {
            return (before, None);
        }
        let (config, files) = self.openclaw_json.read_stamped();
        match config {
            Ok(config) => (Found { roster: Some(Roster::from_config(&config)), files, ..before }, None),
            Err(error) => {
                let trouble = format!("cannot tell which agents OpenClaw has; those known so far are kept: {error}");
                (Found { files, ..before }, Some(trouble))
            }
        }
    }

    /// The places of the agents that are meant, each once, and what cannot be known of one.
    fn places(&self, roster: &Roster) -> io::Result<(Vec<AgentPlace>, Option<String>)> {
        let mut unknown = None;
        let mut configured = Vec::new();
        for agent in &roster.agents {
            match agent.folder_in(&self.state_dir) {
                Ok(folder) => configured.push(AgentPlace { id: agent.id.clone(), folder }),
                Err(why) => {
                    unknown = Some(format!(
                        "the folder of OpenClaw's agent {} is not known here, and its models are not kept: {why}",
                        agent.id
                    ));
                }
            }
        }
        let mut places = match &self.wanted {
            AgentChoice::Configured => {
                configured.extend(self.early_picker(roster));
                configured
            }
            AgentChoice::Named(names) => {
                let place = |name: &String| {
                    let id = plain_id(name);
                    let agent = configured.iter().find(|agent| agent.id == id);
                    agent.cloned().unwrap_or_else(|| self.usual(&id))
                };
                names.iter().map(place).collect()
            }
            AgentChoice::All => {
                let main = configured.iter().find(|agent| agent.id == MAIN).cloned();
                let others = self.folders()?;
                std::iter::once(main.unwrap_or_else(|| self.usual(MAIN))).chain(configured).chain(others).collect()
            }
        };
        let mut folders = Vec::new();
        places.retain(|agent| {
            let is_new = !folders.contains(&agent.folder);
            folders.push(agent.folder.clone());
            is_new
        });
        Ok((places, unknown))
    }

    /// The folder that the picker of early versions reads for every agent: that of `main`, whether there is such an
    /// agent or not (`resolveOpenClawAgentDir` in 2026.2.12). Where the version is not known, that folder counts if it
    /// is there.
    fn early_picker(&self, roster: &Roster) -> Option<AgentPlace> {
        let main = self.usual(MAIN);
        let reads = match &roster.version {
            Some(version) => Era::for_gateway(version, Abilities::default()).models_json_shows == Shows::Restart,
            None => main.folder.is_dir(),
        };
        reads.then_some(main)
    }

    /// Every folder that OpenClaw would have made for an agent, by name.
    fn folders(&self) -> io::Result<Vec<AgentPlace>> {
        let mut found = Vec::new();
        match fs::read_dir(&self.agents_dir) {
            Ok(entries) => {
                for entry in entries {
                    let name = entry?.file_name();
                    // A hidden folder is nobody's agent; a text that nobody can write is no agent's name.
                    let plain = name.to_str().filter(|name| !name.starts_with('.') && !name.contains(char::is_control));
                    let Some(id) = plain else { continue };
                    let folder = self.agents_dir.join(id).join("agent");
                    if folder.is_dir() {
                        found.push(AgentPlace { id: id.to_owned(), folder });
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        found.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Ok(found)
    }

    /// An agent in its usual folder.
    fn usual(&self, id: &str) -> AgentPlace {
        AgentPlace { id: id.to_owned(), folder: self.agents_dir.join(id).join("agent") }
    }
}

impl Roster {
    fn from_config(config: &OpenClawConfig) -> Self {
        Self { agents: config.roster(), version: config.version() }
    }
}
