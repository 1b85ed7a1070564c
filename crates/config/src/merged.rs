//! The layers, laid over one another: the effective values as texts, each with its origin.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use figment::value::Dict;
use figment::{Figment, Metadata};

use crate::error::ConfigError;
use crate::file::{ConfigFile, FileError, Surroundings};
use crate::inputs::{self, Inputs};
use crate::layer::Layer;
use crate::server_url::{self, ServerUrlError};
use crate::settings_table::{self as names, SETTINGS, Setting};

/// The effective values as texts, each with its origin. Not `Debug`: it holds the secrets as they are.
#[derive(Clone)]
pub struct Config {
    pub(super) figment: Figment,
    /// The merged values, once they were asked for.
    pub(super) values: OnceCell<Dict>,
    pub(super) home: Option<PathBuf>,
    pub(super) exists: fn(&Path) -> bool,
    pub(super) unknown: Vec<UnknownVariable>,
    /// Variables of the environment whose values stand in quotes.
    pub(super) quoted: Vec<&'static str>,
    /// Where `lmsync.toml` is, or would be.
    pub(super) config_file: Option<PathBuf>,
    /// What it says beside the settings in the figment.
    pub(super) file: ConfigFile,
    /// Whether an agent is named elsewhere than in that file.
    pub(super) agent_is_named: bool,
    /// The plugin's settings that a layer above overrides, with that layer's name.
    pub(super) overridden: Vec<(&'static str, String)>,
    /// Whether OpenClaw has the plugin enabled.
    pub(super) plugin_is_enabled: bool,
    /// The version of the plugin that started this process.
    pub(super) started_by_plugin: Option<String>,
}

/// A variable that means nothing here: a misspelled one under our prefix, or one in which other programs look for the
/// server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// Its name.
    pub name: String,
    /// Where it is set.
    pub origin: String,
    /// The known name that is most like it, or that is meant.
    pub nearest: &'static str,
    /// Whether other programs look for the server's address there.
    pub is_of_others: bool,
}

/// One effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// What is set.
    pub setting: &'static Setting,
    /// Its text, `None` where it is not set.
    pub value: Option<String>,
    /// Where the text comes from: `default`, `plugin lmsync in …`, the path of `lmsync.toml` or `.env`, `environment`
    /// or a flag.
    pub origin: String,
}

impl Config {
    /// Lays the inputs over one another.
    ///
    /// # Errors
    /// [`ConfigError::Dotenv`], [`ConfigError::NotText`], [`ConfigError::File`], and [`ConfigError::NoFile`]
    /// where `lmsync.toml` was named and is not among the inputs.
    pub fn read(inputs: Inputs) -> Result<Self, ConfigError> {
        let mut config = Self::above_file(&inputs)?;
        config.agent_is_named = config.text(names::AGENT).is_some();
        config.config_file = config.config_file()?;
        if let Some((path, text)) = &inputs.config_file {
            config.lay_file_below(path, text, &inputs)?;
        } else if config.text(names::CONFIG).is_some()
            && let Some(path) = config.config_file.clone()
        {
            let origin = config.origin(names::CONFIG);
            return Err(ConfigError::NoFile { path, variable: names::CONFIG, origin });
        }
        config.lay_plugin_below(&inputs);
        let defaults = SETTINGS.iter().filter_map(|s| Some((s.variable, s.default?.to_owned()))).collect();
        config.lay_below(Layer::new("default", defaults));
        if config.origin(names::BASE) != "default" {
            config.unknown.retain(|unknown| !unknown.is_of_others);
        }
        Ok(config)
    }

    /// The layers that are above `lmsync.toml`, and say where it is.
    pub(super) fn above_file(inputs: &Inputs) -> Result<Self, ConfigError> {
        let mut unknown = Vec::new();
        let mut figment = Figment::new();
        if let Some((path, _)) = &inputs.dotenv {
            let origin = path.display().to_string();
            let pairs = inputs.dotenv_entries()?.into_iter().filter_map(|entry| {
                known(&entry.name, &format!("{origin} line {}", entry.line), &mut unknown).map(|s| (s, entry.value))
            });
            figment = figment.merge(Layer::new(origin.clone(), effective(pairs.collect())));
        }
        let mut pairs = Vec::new();
        let mut quoted = Vec::new();
        for (name, value) in &inputs.environment {
            let Some(name) = name.to_str() else { continue };
            if let Some(setting) = known(name, "the environment", &mut unknown) {
                let text = value.to_str().ok_or(ConfigError::NotText { variable: setting.variable })?;
                // A command may begin and end with a quoted word.
                if server_url::is_quoted(text) && setting.variable != names::ON_CHANGE {
                    quoted.push(setting.variable);
                }
                pairs.push((setting, text.to_owned()));
            }
        }
        figment = figment.merge(Layer::new("environment", effective(pairs)));
        for (setting, value) in &inputs.flags {
            let origin = format!("--{}", setting.flag.unwrap_or(setting.variable));
            figment = figment.merge(Layer::new(origin, vec![(setting.variable, value.clone())]));
        }
        let file = ConfigFile::default();
        Ok(Self {
            figment,
            values: OnceCell::new(),
            home: inputs.named_home(),
            exists: inputs.exists.unwrap_or(|_| false),
            unknown,
            quoted,
            config_file: None,
            file,
            agent_is_named: false,
            overridden: Vec::new(),
            plugin_is_enabled: inputs.plugin.is_some(),
            started_by_plugin: inputs.started_by_plugin(),
        })
    }

    fn lay_file_below(&mut self, path: &Path, text: &str, inputs: &Inputs) -> Result<(), ConfigError> {
        let dotenv = inputs.dotenv_entries()?;
        let around = Surroundings {
            folder: path.parent().unwrap_or(Path::new("")),
            home: self.home.as_deref(),
            variable: &|name| inputs.variable(&dotenv, name),
        };
        self.file =
            ConfigFile::parse(text, &around).map_err(|error| ConfigError::File { path: path.to_owned(), error })?;
        let pairs = self.file.settings.iter().map(|(setting, text, _)| (*setting, text.clone())).collect();
        self.lay_below(Layer::of_file(path, effective(pairs)));
        Ok(())
    }

    /// Adds a layer that says what those above it leave open.
    pub(super) fn lay_below(&mut self, layer: Layer) {
        // `join` lets what is there already win.
        self.figment = std::mem::take(&mut self.figment).join(layer);
        self.values = OnceCell::new();
    }

    /// Variables that mean nothing here, although somebody may think so: to be warned about.
    #[must_use]
    pub fn unknown(&self) -> &[UnknownVariable] {
        &self.unknown
    }

    /// Variables of the environment whose values begin and end with a quote, which is part of the value: to be warned
    /// about. Shells take such quotes away, `docker --env-file` does not.
    #[must_use]
    pub fn quoted(&self) -> &[&'static str] {
        &self.quoted
    }

    /// Every setting with its effective text and origin, secrets redacted.
    #[must_use]
    pub fn effective(&self) -> Vec<Effective> {
        let redact = |setting: &Setting, text: String| {
            if setting.is_secret() { "(redacted)".to_owned() } else { text }
        };
        let effective = |setting: &'static Setting| Effective {
            setting,
            value: self.text(setting.variable).map(|text| redact(setting, text)),
            origin: self.origin(setting.variable),
        };
        SETTINGS.iter().map(effective).collect()
    }

    /// All values. Figment merges all layers again at each question, so the result is kept.
    fn values(&self) -> &Dict {
        self.values.get_or_init(|| self.figment.extract().unwrap_or_default())
    }

    pub(super) fn text(&self, variable: &str) -> Option<String> {
        self.values().get(variable)?.as_str().map(str::to_owned)
    }

    pub(super) fn metadata(&self, variable: &str) -> Option<&Metadata> {
        self.figment.get_metadata(self.values().get(variable)?.tag())
    }

    /// The text of a setting that has a default.
    pub(super) fn required(&self, variable: &str) -> String {
        self.text(variable).unwrap_or_default()
    }

    pub(super) fn origin(&self, variable: &str) -> String {
        self.metadata(variable).map_or_else(|| "default".to_owned(), |found| found.name.to_string())
    }

    pub(super) fn unusable(&self, variable: &'static str, problem: impl Into<String>) -> ConfigError {
        let mut problem = problem.into();
        let quotes = ServerUrlError::Quoted.to_string();
        if self.quoted.contains(&variable) && self.origin(variable) == "environment" && problem != quotes {
            problem = format!("{problem}; {quotes}");
        }
        // Only the layer of `lmsync.toml` has a source.
        let from_file = self.metadata(variable).is_some_and(|found| found.source.is_some());
        let mut stated = self.file.settings.iter().filter(|_| from_file);
        match stated.find(|(setting, ..)| setting.variable == variable) {
            Some((setting, _, line)) => self.file_error(FileError { line: *line, key: setting.file_key(), problem }),
            None => ConfigError::Value { variable, origin: self.origin(variable), problem },
        }
    }

    pub(super) fn file_error(&self, error: FileError) -> ConfigError {
        ConfigError::File { path: self.config_file.clone().unwrap_or_default(), error }
    }
}

/// What the compose files read, which is often in the same `.env`.
const FOR_COMPOSE: [&str; 2] = ["LMSYNC_IMAGE", "LMSYNC_USER"];

/// Looks a name up; one under our own prefix that is not known is noted.
fn known(name: &str, origin: &str, unknown: &mut Vec<UnknownVariable>) -> Option<&'static Setting> {
    let found = names::setting(name);
    let is_no_setting = FOR_COMPOSE.contains(&name) || inputs::VARIABLES.contains(&name);
    if found.is_none() && name.starts_with("LMSYNC_") && !is_no_setting {
        let ours = SETTINGS.iter().map(|setting| setting.variable).filter(|known| known.starts_with("LMSYNC_"));
        if let Some(nearest) = ours.min_by_key(|known| strsim::levenshtein(known, name)) {
            let (name, origin) = (name.to_owned(), origin.to_owned());
            unknown.push(UnknownVariable { name, origin, nearest, is_of_others: false });
        }
    }
    if found.is_none() && others_look_there(name) {
        let (name, origin) = (name.to_owned(), origin.to_owned());
        unknown.push(UnknownVariable { name, origin, nearest: names::BASE, is_of_others: true });
    }
    found
}

/// Whether other programs look for the server's address in that variable: `OPENAI_BASE_URL`, `LMSTUDIO_HOST`.
fn others_look_there(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["OPENAI_", "LMSTUDIO_", "LM_STUDIO_"];
    const ENDS: [&str; 6] = ["BASE", "BASE_URL", "URL", "HOST", "ENDPOINT", "BASEURL"];
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    rest.is_some_and(|rest| ENDS.contains(&rest.strip_prefix("API_").unwrap_or(rest)))
}

/// Drops empty values, which compose files write for variables that nobody set. An empty key is meant: none
/// is sent.
fn effective(pairs: Vec<(&'static Setting, String)>) -> Vec<(&'static str, String)> {
    let counts = |(setting, value): &(&'static Setting, String)| !value.is_empty() || setting.variable == names::KEY;
    pairs.into_iter().filter(counts).map(|(setting, value)| (setting.variable, value)).collect()
}
