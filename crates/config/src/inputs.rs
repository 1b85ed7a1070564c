//! Everything that configuration is read from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use domain::Secret;

use crate::dotenv;
use crate::error::ConfigError;
use crate::settings_table::Setting;

/// The variable in which the plugin that starts the program says its version.
const STARTED_BY: &str = "LMSYNC_PLUGIN";

/// The variable in which the plugin hands over its server's key, which the gateway has resolved.
const KEY: &str = "LMSYNC_PLUGIN_KEY";

/// Both, which are no settings.
pub(super) const VARIABLES: [&str; 2] = [STARTED_BY, KEY];

/// Everything that configuration is read from. Not `Debug`: it holds every secret of the environment.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The `.env` file's path and text, where there is one.
    pub dotenv: Option<(PathBuf, String)>,
    /// The process environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Variables set by flags, with the flag's name.
    pub flags: Vec<(&'static Setting, String)>,
    /// The path and text of `lmsync.toml`, where there is one at [`Inputs::config_file_path`].
    pub config_file: Option<(PathBuf, String)>,
    /// What a person set for the OpenClaw plugin, where [`Inputs::openclaw_json_path`] has it enabled.
    pub plugin: Option<PluginSettings>,
    /// Whether something is at a path; `None` where nothing is anywhere. OpenClaw's folders are found by it.
    pub exists: Option<fn(&Path) -> bool>,
}

impl Inputs {
    /// The value of any variable, for a key that `lmsync.toml` looks for there.
    pub(super) fn variable(&self, dotenv: &[dotenv::Entry], name: &str) -> Option<OsString> {
        let in_environment = self.environment.iter().find(|(found, value)| found == name && !value.is_empty());
        let in_dotenv = || dotenv.iter().rfind(|entry| entry.name == name).map(|entry| (&entry.value).into());
        in_environment.map(|(_, value)| value.clone()).or_else(in_dotenv)
    }

    /// What the `.env` file says.
    pub(super) fn dotenv_entries(&self) -> Result<Vec<dotenv::Entry>, ConfigError> {
        let Some((path, text)) = &self.dotenv else { return Ok(Vec::new()) };
        dotenv::parse(text).map_err(|error| ConfigError::Dotenv { path: path.clone(), error })
    }
}

/// What a person set for the plugin. The texts are not judged yet.
#[derive(Clone, Default)]
pub struct PluginSettings {
    /// The `openclaw.json` that has them.
    pub openclaw_json: PathBuf,
    /// The server's address.
    pub server: Option<String>,
    /// The server's key, as far as it is known here.
    pub key: Option<Secret>,
    /// How often the server is asked.
    pub interval: Option<String>,
    /// Patterns of the models that are offered; all where there are none.
    pub include: Vec<String>,
    /// Patterns of the models that are left out.
    pub exclude: Vec<String>,
}

impl Inputs {
    /// The version of the plugin that started this process, where one did.
    pub(super) fn started_by_plugin(&self) -> Option<String> {
        self.variable(&[], STARTED_BY).map(|version| version.to_string_lossy().into_owned())
    }

    /// The key that the plugin handed over, else the one that its settings tell.
    pub(super) fn plugin_key(&self) -> Option<String> {
        let given = self.variable(&[], KEY).and_then(|key| key.into_string().ok());
        let told = || Some(self.plugin.as_ref()?.key.as_ref()?.expose().to_owned());
        given.or_else(told)
    }
}

impl Inputs {
    /// The home folder that the environment names. As OpenClaw has it, HOME comes before Windows' USERPROFILE.
    pub(super) fn named_home(&self) -> Option<PathBuf> {
        ["HOME", "USERPROFILE"].into_iter().find_map(|name| {
            let value = self.variable(&[], name)?;
            let is_set = value.to_str().is_none_or(|text| set(text).is_some());
            is_set.then(|| PathBuf::from(value))
        })
    }
}

/// A home folder as OpenClaw reads it: blank, `undefined` and `null`, which scripts write by mistake, are none.
pub(super) fn set(home: &str) -> Option<&str> {
    Some(home.trim()).filter(|home| !matches!(*home, "" | "undefined" | "null"))
}
