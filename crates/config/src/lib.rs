//! Configuration, read as a value: defaults, then the OpenClaw plugin's settings, then `lmsync.toml`, then `.env`, then
//! the environment, then flags; the later wins.

mod dotenv;
mod error;
mod file;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gateway_settings;
mod inputs;
mod layer;
mod listen;
mod merged;
mod places;
mod plugin;
mod server_url;
mod settings;
mod settings_table;
mod tilde;
mod valid_names;
mod values;

pub use dotenv::DotenvError;
pub use error::ConfigError;
pub use file::{Agents, FileError, KeySource, ServerSettings};
pub use gateway_settings::GatewaySettings;
pub use inputs::{Inputs, PluginSettings};
pub use listen::Listen;
pub use merged::{Config, Effective, UnknownVariable};
pub use places::shared_settings;
pub use server_url::{ServerUrl, ServerUrlError};
pub use settings::{LogFormat, LogSettings, Settings};
pub use settings_table::{SETTINGS, Setting};

#[cfg(test)]
mod tests;
