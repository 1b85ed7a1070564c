//! Configuration, read as a value: defaults, then `.env`, then the environment, then flags; the later wins.

mod dotenv;
mod layer;
mod server_url;
mod settings;
mod settings_table;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use figment::Figment;
use thiserror::Error;

pub use dotenv::DotenvError;
pub use server_url::{ServerUrl, ServerUrlError};
pub use settings::{GatewaySettings, LogFormat, LogSettings, Settings};
pub use settings_table::{SETTINGS, Setting};

use layer::Layer;
use settings_table as names;

/// Everything that configuration is read from. Not `Debug`: it holds every secret of the environment.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The `.env` file's path and text, where there is one.
    pub dotenv: Option<(PathBuf, String)>,
    /// The process environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Variables set by flags, with the flag's name.
    pub flags: Vec<(&'static Setting, String)>,
}

/// The effective values as texts, each with its origin. Not `Debug`: it holds the secrets as they are.
#[derive(Clone)]
pub struct Config {
    figment: Figment,
    home: Option<PathBuf>,
    unknown: Vec<UnknownVariable>,
}

/// A variable under our prefix that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub origin: String,
    /// The known name that is most like it.
    pub nearest: &'static str,
}

/// Why configuration cannot be used. Ends the program before anything else happens.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The `.env` file has a line that is none.
    #[error("cannot read {}", path.display())]
    Dotenv {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        error: DotenvError,
    },
    /// A variable's bytes are no text.
    #[error("{variable} (from the environment) is not valid UTF-8")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// A value cannot be used.
    #[error("{variable} (from {origin}) cannot be used: {problem}")]
    Value {
        /// The variable.
        variable: &'static str,
        /// Where the value comes from.
        origin: String,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
    /// Neither the state folder nor a home folder is known.
    #[error("OpenClaw's state folder is not known: set OPENCLAW_STATE_DIR, or HOME")]
    NoHome,
}

/// One effective value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// What is set.
    pub setting: &'static Setting,
    /// Its text, `None` where nobody sets it.
    pub value: Option<String>,
    /// Where the text comes from: `default`, a `.env` file, `environment` or a flag.
    pub origin: String,
}

impl Config {
    /// Lays the inputs over one another.
    ///
    /// # Errors
    /// [`ConfigError::Dotenv`] and [`ConfigError::NotText`].
    pub fn read(inputs: Inputs) -> Result<Self, ConfigError> {
        let mut unknown = Vec::new();
        let defaults = SETTINGS.iter().filter_map(|s| Some((s.variable, s.default?.to_owned()))).collect();
        let mut figment = Figment::from(Layer::new("default", defaults));
        if let Some((path, text)) = inputs.dotenv {
            let entries =
                dotenv::parse(&text).map_err(|error| ConfigError::Dotenv { path: path.clone(), error })?;
            let origin = path.display().to_string();
            let pairs = entries.into_iter().filter_map(|entry| {
                known(&entry.name, &format!("{origin} line {}", entry.line), &mut unknown)
                    .map(|s| (s, entry.value))
            });
            figment = figment.merge(Layer::new(origin.clone(), effective(pairs.collect())));
        }
        let mut home = None;
        let mut pairs = Vec::new();
        for (name, value) in inputs.environment {
            let Some(name) = name.to_str() else { continue };
            if name == "HOME" && !value.is_empty() {
                home = Some(PathBuf::from(&value));
            }
            if let Some(setting) = known(name, "the environment", &mut unknown) {
                let text =
                    value.into_string().map_err(|_| ConfigError::NotText { variable: setting.variable })?;
                pairs.push((setting, text));
            }
        }
        figment = figment.merge(Layer::new("environment", effective(pairs)));
        for (setting, value) in inputs.flags {
            let origin = format!("--{}", setting.flag.unwrap_or(setting.variable));
            figment = figment.merge(Layer::new(origin, vec![(setting.variable, value)]));
        }
        Ok(Self { figment, home, unknown })
    }

    /// Variables under our prefix that mean nothing: to be warned about.
    #[must_use]
    pub fn unknown(&self) -> &[UnknownVariable] {
        &self.unknown
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

    fn text(&self, variable: &str) -> Option<String> {
        self.figment.find_value(variable).ok()?.into_string()
    }

    /// The text of a setting that has a default.
    fn required(&self, variable: &str) -> String {
        self.text(variable).unwrap_or_default()
    }

    fn origin(&self, variable: &str) -> String {
        self.figment
            .find_metadata(variable)
            .map_or_else(|| "default".to_owned(), |found| found.name.to_string())
    }

    fn unusable(&self, variable: &'static str, problem: impl Into<String>) -> ConfigError {
        ConfigError::Value { variable, origin: self.origin(variable), problem: problem.into() }
    }
}

/// Looks a name up; one under our own prefix that is not known is noted.
fn known(name: &str, origin: &str, unknown: &mut Vec<UnknownVariable>) -> Option<&'static Setting> {
    let found = names::setting(name);
    if found.is_none() && name.starts_with("LMSYNC_") {
        let ours =
            SETTINGS.iter().map(|setting| setting.variable).filter(|known| known.starts_with("LMSYNC_"));
        if let Some(nearest) = ours.min_by_key(|known| strsim::levenshtein(known, name)) {
            unknown.push(UnknownVariable { name: name.to_owned(), origin: origin.to_owned(), nearest });
        }
    }
    found
}

/// Drops empty values, which compose files write for variables that nobody set. An empty key is meant: none
/// is sent.
fn effective(pairs: Vec<(&'static Setting, String)>) -> Vec<(&'static str, String)> {
    let counts =
        |(setting, value): &(&'static Setting, String)| !value.is_empty() || setting.variable == names::KEY;
    pairs.into_iter().filter(counts).map(|(setting, value)| (setting.variable, value)).collect()
}

#[cfg(test)]
mod tests;
