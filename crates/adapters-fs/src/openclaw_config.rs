//! OpenClaw's own configuration, `openclaw.json`, read as OpenClaw reads it: with the files that it includes and the
//! variables that it names. Only read, and only for what lmsync has to know.

mod dotenv;
mod error;
mod include;
mod json5;
mod models;
mod plugin;
mod roster;
mod text;
mod variables;

use std::path::{Path, PathBuf};

use domain::Secret;
use serde_json::Value;

use self::include::Includes;
use self::variables::{Reference, Variables};
use crate::work::{Lane, Work};

pub use self::error::{ConfigProblem, IncludeProblem, LateRefusal, OpenClawConfigError};
pub use self::models::{DefaultModel, EntryKey, ModelSettings, ProviderEntry};
pub use self::plugin::{PluginEntry, PluginKey};
pub(crate) use self::roster::plain_id;
pub use self::roster::{AgentFolder, RosterAgent};
pub use self::variables::Environment;

/// The largest file that is taken for a configuration.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// `openclaw.json` at its place, and the environment whose variables it may name. Nothing is kept of it.
#[derive(Debug, Clone)]
pub struct OpenClawFile {
    path: PathBuf,
    environment: Environment,
}

/// What `openclaw.json` says. Not `Debug`: it holds secrets.
#[derive(Clone, Default)]
pub struct OpenClawConfig {
    root: Value,
    /// The included files.
    files: Vec<PathBuf>,
    /// What refers to variables.
    references: Vec<Reference>,
    /// What later versions refuse.
    refused: Vec<ConfigProblem>,
    /// The folder that `~` means.
    home: Option<PathBuf>,
}

/// A text in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What OpenClaw reads there; nothing where it refers to a variable that is not set here, which OpenClaw's own
    /// process may have.
    pub value: Option<String>,
    /// The variable that it refers to, where it does: that without a value, else the first.
    pub variable: Option<String>,
}

/// How the gateway can be reached, as far as its configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayHints {
    /// Another machine's gateway (`gateway.remote.url`, where `gateway.mode` is `remote`).
    pub remote_url: Option<String>,
    /// `gateway.port`
    pub port: Option<u16>,
    /// Whether it speaks TLS (`gateway.tls.enabled`).
    pub tls: bool,
    /// `gateway.auth.token`, or `gateway.remote.token` for another machine's.
    pub token: Option<Secret>,
    /// `gateway.auth.password`, or `gateway.remote.password`.
    pub password: Option<Secret>,
}

impl OpenClawFile {
    /// Knows the file. Nothing is read yet.
    #[must_use]
    pub fn new(path: PathBuf, environment: Environment) -> Self {
        Self { path, environment }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file and all that it includes; a missing one says nothing.
    ///
    /// # Errors
    /// [`OpenClawConfigError`], where OpenClaw cannot read it either.
    pub async fn read(&self, work: Work) -> Result<OpenClawConfig, OpenClawConfigError> {
        let file = self.clone();
        let hangs = |error| OpenClawConfigError::Unreadable { path: self.path.clone(), error };
        Lane::new(work).run(move || file.read_here()).await.map_err(hangs)?
    }

    /// Reads it as [`OpenClawFile::read`] does, in this thread.
    ///
    /// # Errors
    /// As there.
    pub fn read_here(&self) -> Result<OpenClawConfig, OpenClawConfigError> {
        let path = &self.path;
        let unreadable = |error| OpenClawConfigError::Unreadable { path: path.clone(), error };
        let malformed = |position| OpenClawConfigError::Malformed { path: path.clone(), position };
        let text = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(OpenClawConfig::default());
            }
            Err(error) => return Err(unreadable(error)),
            Ok(metadata) if !metadata.is_file() || metadata.len() > MOST_BYTES => {
                return Err(malformed(None));
            }
            Ok(_) => std::fs::read(path).map_err(unreadable)?,
        };
        // OpenClaw reads what is not UTF-8 too, with another character in its place.
        let value = json5::parse(&String::from_utf8_lossy(&text)).map_err(malformed)?;
        let mut variables = Variables::read(path, self.environment);
        let mut roots: Vec<PathBuf> = path.parent().map(Path::to_owned).into_iter().collect();
        roots.extend(variables.folders("OPENCLAW_INCLUDE_ROOTS"));
        let mut includes = Includes { roots, files: Vec::new(), problems: Vec::new() };
        let mut root = includes.resolve(value, path)?;
        variables.add_configured(&root);
        let mut references = Vec::new();
        variables::replace(&mut root, &variables, "", &mut references);
        let Includes { files, problems: refused, .. } = includes;
        Ok(OpenClawConfig { root, files, references, refused, home: variables.home() })
    }
}

impl OpenClawConfig {
    /// The files that it includes, each once. With `openclaw.json` they are all that a change of it can be made in.
    #[must_use]
    pub fn included(&self) -> &[PathBuf] {
        &self.files
    }

    /// What in it does not do what it seems to.
    #[must_use]
    pub fn problems(&self) -> Vec<ConfigProblem> {
        self.refused.iter().cloned().chain(self.references.iter().filter_map(Reference::problem)).collect()
    }

    /// The text at that place, where there is one that is not blank.
    fn text(&self, value: &Value, place: &str) -> Option<Text> {
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty())?;
        let reference =
            self.references.iter().find(|reference| reference.place == place && !reference.is_bare);
        let is_known = reference.is_none_or(|reference| reference.is_set);
        Some(Text {
            value: is_known.then(|| text.to_owned()),
            variable: reference.map(|reference| reference.variable.clone()),
        })
    }

    /// How to reach the gateway.
    #[must_use]
    pub fn gateway(&self) -> GatewayHints {
        let gateway = &self.root["gateway"];
        let remote = gateway["mode"] == "remote";
        let side = if remote { "remote" } else { "auth" };
        let known = |key: &str| self.text(&gateway[side][key], &format!("gateway.{side}.{key}"))?.value;
        GatewayHints {
            remote_url: known("url").filter(|_| remote),
            port: port(&gateway["port"]),
            tls: gateway["tls"]["enabled"] == true,
            token: known("token").and_then(Secret::new),
            password: known("password").and_then(Secret::new),
        }
    }
}

/// A port, which may be written as `18789.0`.
fn port(value: &Value) -> Option<u16> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0)?;
    // An integral number of at most five digits is written as an integer.
    number.to_string().parse().ok()
}

#[cfg(test)]
mod tests;
