//! OpenClaw's own configuration, `openclaw.json`, read as OpenClaw reads it: with the files that it includes and the
//! variables that it names. Only read, and only for what lmsync has to know.

mod config;
mod dotenv;
mod error;
mod file;
mod include;
mod json5;
mod models;
mod plugin;
mod roster;
mod text;
mod variables;

pub use self::config::{GatewayHints, OpenClawConfig, Text};
pub use self::error::{ConfigProblem, IncludeProblem, LateRefusal, OpenClawConfigError};
pub use self::file::OpenClawFile;
pub use self::models::{DefaultModel, EntryKey, ModelSettings, ProviderEntry};
pub use self::plugin::{PluginEntry, PluginKey};
pub use self::roster::{AgentFolder, RosterAgent};
pub(crate) use self::roster::{MAIN, plain_id};
pub use self::variables::Environment;

#[cfg(test)]
mod tests;
