//! `lmsync.toml`: the user's own rules, the agents, further servers, and any setting that has a flag.

mod reader;
mod rules;
mod secret_names;
mod servers;

use domain::Rules;

pub use reader::FileError;
pub use servers::{KeySource, ServerSettings};

pub(super) use servers::{Server, Surroundings};

use reader::{Item, Table};

use crate::settings_table::{self as names, SETTINGS, Setting};
use crate::valid_names::is_agent;
use secret_names::secret_named;

/// Whose models.json is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agents {
    /// These agents', at least one; each is one folder's name.
    Named(Vec<String>),
    /// Every agent's that there is or will be.
    All,
    /// Those that OpenClaw's configuration has; where it has none, `main`.
    Configured,
}

impl Agents {
    /// The one that is named first; OpenClaw's own first one where all are meant.
    pub(super) fn first(&self) -> &str {
        match self {
            Self::Named(agents) => agents.first().map_or(MAIN_AGENT, String::as_str),
            Self::All | Self::Configured => MAIN_AGENT,
        }
    }
}

/// OpenClaw's first agent, which every installation has.
const MAIN_AGENT: &str = "main";

/// What the file says. The default is what a missing one says.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigFile {
    /// Settings, with their texts and lines.
    pub(super) settings: Vec<(&'static Setting, String, usize)>,
    /// The rules for the first server's models.
    pub(super) rules: Rules,
    /// Whose files are kept, where the file says so.
    pub(super) agents: Option<Agents>,
    /// The servers beside the first one. No two have the same provider.
    pub(super) servers: Vec<Server>,
}

impl ConfigFile {
    /// Reads the file's text.
    ///
    /// # Errors
    /// [`FileError`], for the first thing that cannot be used.
    pub(super) fn parse(text: &str, around: &Surroundings<'_>) -> Result<Self, FileError> {
        let mut table = Table::parse(text)?;
        let mut settings = Vec::new();
        for setting in SETTINGS {
            let Some(item) = setting.file_key().and_then(|key| table.take(&key)) else { continue };
            settings.push((setting, item.text()?.to_owned(), item.line()));
        }
        let agents = table.take("agents");
        if let Some(item) = &agents
            && settings.iter().any(|(setting, ..)| setting.variable == names::AGENT)
        {
            return Err(item.fail("`agent` says already whose file is kept; remove one of the two"));
        }
        let agents = agents.map(all_or_named).transpose()?;
        let rules = rules::take(&mut table)?;
        let servers = servers::take(&mut table, around)?;
        table.finish(misplaced)?;
        Ok(Self { settings, rules, agents, servers })
    }
}

fn all_or_named(item: Item<'_>) -> Result<Agents, FileError> {
    if item.text() == Ok("*") {
        return Ok(Agents::All);
    }
    let expected = "names such as [\"main\"], or \"*\" for all";
    let empty = item.fail(format!("expected {expected}"));
    let mut agents: Vec<String> = Vec::new();
    for item in item.elements(expected)? {
        let name = item.text()?.to_owned();
        if name == "*" || !is_agent(&name) {
            return Err(item.fail("expected the name of an agent, which is no path; \"*\" stands alone"));
        }
        if agents.contains(&name) {
            return Err(item.fail("the same agent is named twice"));
        }
        agents.push(name);
    }
    if agents.is_empty() { Err(empty) } else { Ok(Agents::Named(agents)) }
}

/// Where something belongs that is a setting, but not in this file or not by this name.
fn misplaced(key: &str) -> Option<String> {
    let variable = key.to_ascii_uppercase().replace('-', "_");
    if let Some(secret) = secret_named(&variable) {
        return Some(format!(
            "a secret has no place in this file: put it into {}, in the environment or in the `.env` file",
            secret.variable
        ));
    }
    let is_meant = |setting: &&Setting| {
        let flag = setting.flag.map(|flag| flag.replace('-', "_").to_ascii_uppercase());
        setting.variable == variable || flag.as_ref() == Some(&variable)
    };
    let setting = SETTINGS.iter().find(is_meant)?;
    Some(match setting.file_key() {
        Some(key) => format!("here it is called `{key}`"),
        None => format!("it cannot be set here, but as {}", setting.variable),
    })
}
