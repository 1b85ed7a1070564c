//! The file edge of lmsync: OpenClaw's `models.json`, read, edited as text and replaced durably; and what
//! OpenClaw's other files say.
//!
//! [`ModelsFile`] is one store, and [`AgentFiles`] finds all of them. [`document`] holds the pure functions below the
//! store, which work on text alone.

mod acceptance;
mod agent_files;
mod agents;
mod auth_profiles;
mod current;
mod device_seed;
pub mod document;
mod exchange;
mod fault;
mod folder;
mod guard;
mod half_surrogates;
mod heartbeat;
mod installed;
mod made_folders;
mod managed_rows_file;
mod memory;
mod models_file;
mod openclaw_config;
mod openclaw_files;
mod openclaw_signs;
mod originals;
mod path_fault;
mod platform;
mod process_table;
mod read;
mod session_locks;
mod stamp;
mod survey;
mod temp;
mod work;
mod write;

pub use acceptance::{Reader, Refusal, refusals};
pub use agent_files::AgentFiles;
pub use agents::{AgentChoice, AgentPlace};
pub use auth_profiles::{AuthProfile, add_auth_profile, auth_profile, backup};
pub use device_seed::device_seed;
pub use guard::{Guard, Hold};
pub use heartbeat::{DaemonNote, Heartbeat, Sign};
pub use installed::installed_openclaw;
pub use made_folders::remove_made_folders;
pub use managed_rows_file::ManagedRowsFile;
pub use models_file::ModelsFile;
pub use openclaw_config::{
    AgentFolder, ConfigProblem, DefaultModel, EntryKey, Environment, GatewayHints, IncludeProblem, LateRefusal,
    ModelSettings, OpenClawConfig, OpenClawConfigError, OpenClawFile, PluginEntry, PluginKey, ProviderEntry,
    RosterAgent, Text,
};
pub use openclaw_files::{AUTH_PROFILES, OpenClawFiles, has_stored_key};
pub use openclaw_signs::{is_openclaws, openclaws_nearby};
pub use path_fault::{PathFault, PathFaultKind};
pub use session_locks::{GatewayRun, SessionLocks};
pub use stamp::Stamp;
pub use survey::{Kind, Rights, Survey, Volume, container, survey, volume};
pub use work::{Lane, Work};
