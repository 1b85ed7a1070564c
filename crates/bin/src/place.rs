//! What there is to say about the place that lmsync writes to, before anything is written: whether OpenClaw is there,
//! and whether it has the agents that are named.

use std::path::PathBuf;

use adapters_fs::{AgentFiles, AgentPlace, OpenClawConfig, Work, is_openclaws, openclaws_nearby};
use config::{Agents, Settings};

use crate::{gateway, wiring};

/// The state folder and the agents, as they are now.
pub(crate) struct Place {
    pub(crate) state_dir: PathBuf,
    /// Whether OpenClaw is there.
    pub(crate) is_openclaws: bool,
    /// Where else OpenClaw is.
    pub(crate) elsewhere: Vec<PathBuf>,
    /// The agents in OpenClaw's configuration with their usual or own folders, where it can be read and has any.
    pub(crate) configured: Vec<AgentPlace>,
    /// Those of them whose folder is not known, and why.
    pub(crate) unknown: Vec<(String, String)>,
    /// The agents whose files are kept.
    pub(crate) kept: Vec<AgentPlace>,
    /// The ids that a setting names; none where none does.
    pub(crate) named: Vec<String>,
}

impl Place {
    /// Looks. Changes nothing.
    pub(crate) async fn read(settings: &Settings, stores: &AgentFiles) -> Self {
        let config = gateway::openclaw_file(settings.gateway.config.clone()).read(Work::Here).await;
        let is_configured = config.is_ok() && settings.gateway.config.exists();
        let config = config.unwrap_or_default();
        let state_dir = settings.state_dir.clone();
        let mut elsewhere = openclaws_nearby(&state_dir);
        let usual = settings.usual_state_dir.iter();
        elsewhere.extend(usual.filter(|usual| **usual != state_dir && is_openclaws(usual)).cloned());
        elsewhere.dedup();
        // An earlier folder's configuration is found also where a new folder hides all else of it.
        let config_file = &settings.gateway.config;
        let has_config = config_file.exists() && !elsewhere.iter().any(|folder| config_file.starts_with(folder));
        let (configured, unknown) = if is_configured { agents(&config, settings) } else { Default::default() };
        let named = match &settings.agents {
            Agents::Named(names) => names.clone(),
            Agents::All | Agents::Configured => Vec::new(),
        };
        Self {
            is_openclaws: is_openclaws(&state_dir) || has_config,
            elsewhere,
            configured,
            unknown,
            kept: stores.agents().await,
            named,
            state_dir,
        }
    }

    /// What a person should know before the models are written there, a sentence each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.without_openclaw().into_iter().collect();
        let missing = self.kept_without_agent();
        if !missing.is_empty() && !self.named.is_empty() {
            let there = names(&self.configured);
            notes.push(format!("OpenClaw has no agent {}; it has {there}", names(&missing)));
        }
        notes.extend(self.unknown.iter().map(|(id, why)| {
            format!("the folder of OpenClaw's agent {id} is not known here, and its models are not kept: {why}")
        }));
        notes
    }

    /// That OpenClaw is not there, and where it is.
    pub(crate) fn without_openclaw(&self) -> Option<String> {
        if self.is_openclaws {
            return None;
        }
        let shown: Vec<String> = self.elsewhere.iter().map(|folder| folder.display().to_string()).collect();
        let there = if shown.is_empty() {
            "OpenClaw shows these models once it runs with this state folder".to_owned()
        } else {
            format!("OpenClaw is in {}", shown.join(", "))
        };
        Some(format!("nothing in {} looks like OpenClaw's: {there}", self.state_dir.display()))
    }

    /// The agents that are kept, and that OpenClaw's configuration does not have.
    pub(crate) fn kept_without_agent(&self) -> Vec<AgentPlace> {
        if self.configured.is_empty() || !self.unknown.is_empty() {
            return Vec::new();
        }
        // Without a setting, `main` is kept for the pickers of early versions.
        let has = |kept: &&AgentPlace| {
            self.configured.iter().any(|agent| agent.folder == kept.folder)
                || (self.named.is_empty() && kept.id == "main")
        };
        self.kept.iter().filter(|kept| !has(kept)).cloned().collect()
    }

    /// The agents of OpenClaw's that are not kept.
    pub(crate) fn agents_not_kept(&self) -> Vec<AgentPlace> {
        let is_kept = |agent: &&AgentPlace| self.kept.iter().any(|kept| kept.folder == agent.folder);
        self.configured.iter().filter(|agent| !is_kept(agent)).cloned().collect()
    }
}

/// The agents that the configuration has, and those whose folder is not known.
fn agents(config: &OpenClawConfig, settings: &Settings) -> (Vec<AgentPlace>, Vec<(String, String)>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for agent in config.roster() {
        match agent.folder_in(&settings.state_dir) {
            Ok(folder) => known.push(AgentPlace { id: agent.id, folder }),
            Err(why) => unknown.push((agent.id, why)),
        }
    }
    (known, unknown)
}

/// Their ids, for a sentence.
pub(crate) fn names(agents: &[AgentPlace]) -> String {
    agents.iter().map(|agent| agent.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// Checks that the agents that a setting names are there: in OpenClaw's configuration, or with a folder.
pub(crate) async fn check_named_agents(settings: &Settings, stores: &AgentFiles) -> Result<(), String> {
    let place = Place::read(settings, stores).await;
    let is_there =
        |agent: &AgentPlace| agent.folder.is_dir() || place.configured.iter().any(|known| known.folder == agent.folder);
    let missing: Vec<AgentPlace> = place.kept.iter().filter(|kept| !is_there(kept)).cloned().collect();
    if place.named.is_empty() || missing.is_empty() {
        return Ok(());
    }
    let all = Settings { agents: Agents::All, explicit_models_json: None, ..settings.clone() };
    let mut there = wiring::agent_files(&all, Work::Here).agents().await;
    there.retain(is_there);
    let there = if there.is_empty() { "none yet".to_owned() } else { names(&there) };
    let (missing, folder) = (names(&missing), settings.state_dir.display());
    Err(format!("there is no agent {missing} in {folder}; there is {there}"))
}
