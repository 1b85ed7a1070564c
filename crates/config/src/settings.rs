//! The settings: every value judged, and turned into what the program runs by.

use std::path::PathBuf;
use std::time::Duration;

use domain::{BusySource, CONFIRM_AFTER, ConfigSetting, KeyHeader, Rules, Secret};

use crate::error::ConfigError;
use crate::file::{Agents, FileError, ServerSettings};
use crate::gateway_settings::GatewaySettings;
use crate::listen::Listen;
use crate::merged::Config;
use crate::places::Places;
use crate::server_url::ServerUrl;
use crate::settings_table as names;
use crate::valid_names::is_provider;

/// The shortest interval between two passes.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: an object a line.
    Json,
}

/// What the program runs by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server that is asked.
    pub server: ServerUrl,
    /// Whether nobody has named that server, so that it may be looked for elsewhere.
    pub server_is_default: bool,
    /// The key that is sent to the server.
    pub key: Option<Secret>,
    /// How that key is sent.
    pub key_header: KeyHeader,
    /// OpenClaw's state folder.
    pub state_dir: PathBuf,
    /// The state folder that OpenClaw has where nobody names one; `None` where no home folder is known.
    pub usual_state_dir: Option<PathBuf>,
    /// The folder that OpenClaw uses instead as soon as it is there: the state folder has one of its earlier names.
    pub superseded_by: Option<PathBuf>,
    /// lmsync's own folder: `lmsync` in the state folder, or beside a models.json that was named without one.
    pub own_folder: PathBuf,
    /// Where `lmsync.toml` is, or would be.
    pub config_file: PathBuf,
    /// The file that is kept; where there are several, the first agent's.
    pub models_json: PathBuf,
    /// The one file that somebody named. Then that one alone is kept, whatever `agents` says.
    pub explicit_models_json: Option<PathBuf>,
    /// Whose files are kept.
    pub agents: Agents,
    /// The key below `providers` that is ours.
    pub provider: String,
    /// What is written as the provider's address, where it differs from the server's.
    pub provider_base_url: Option<ServerUrl>,
    /// The user's rules for that server's models.
    pub rules: Rules,
    /// The servers beside that one.
    pub servers: Vec<ServerSettings>,
    /// How long a server has to list nothing until all its models are gone.
    pub empty_after: Duration,
    /// From the start of one pass to the start of the next.
    pub interval: Duration,
    /// How long one request may take in all.
    pub timeout: Duration,
    /// Certificates to trust beside the bundled ones.
    pub extra_roots: Option<PathBuf>,
    /// Who is asked whether inference runs.
    pub busy_sources: Vec<BusySource>,
    /// How long inference may keep a pass waiting.
    pub max_pause: Option<Duration>,
    /// Whether the running gateway's picker is refreshed after a change.
    pub refresh: bool,
    /// Whether the models are also added to OpenClaw's own configuration.
    pub config_target: ConfigSetting,
    /// A command to run after each change: the program and its arguments, never empty.
    pub on_change: Option<Vec<String>>,
    /// Where the gateway is, as far as configuration says.
    pub gateway: GatewaySettings,
    /// Where the status server listens, if it does.
    pub listen: Option<Listen>,
    /// Whether OpenClaw has the lmsync plugin enabled.
    pub plugin_is_enabled: bool,
    /// The version of the plugin that started this process, where one did.
    pub started_by_plugin: Option<String>,
}

/// How to log. Read apart from [`Settings`], so that a complaint about those can be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// The filter's text.
    pub filter: String,
    /// The variable that holds the filter.
    pub filter_variable: &'static str,
    /// Where the filter comes from.
    pub filter_origin: String,
    /// The form, `None` for text on a terminal and JSON elsewhere.
    pub format: Option<LogFormat>,
}

impl Config {
    /// How to log.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for an unknown form; the logger checks the filter itself.
    pub fn log(&self) -> Result<LogSettings, ConfigError> {
        let format = match self.text(names::LOG_FORMAT).as_deref() {
            None => None,
            Some("text") => Some(LogFormat::Text),
            Some("json") => Some(LogFormat::Json),
            Some(_) => return Err(self.unusable(names::LOG_FORMAT, "expected text or json")),
        };
        // LMSYNC_LOG wins where somebody has set it; its default yields to RUST_LOG.
        let ours_is_default = self.origin(names::LOG) == "default";
        let rust_log = self.text(names::RUST_LOG).filter(|_| ours_is_default);
        let variable = if rust_log.is_some() { names::RUST_LOG } else { names::LOG };
        let filter = rust_log.or_else(|| self.text(names::LOG)).unwrap_or_default();
        Ok(LogSettings { filter, filter_variable: variable, filter_origin: self.origin(variable), format })
    }

    /// Judges every value and turns it into what the program runs by.
    ///
    /// # Errors
    /// [`ConfigError`], for the first value that cannot be used.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let provider = self.required(names::PROVIDER);
        if !is_provider(&provider) {
            return Err(self.unusable(names::PROVIDER, "expected a name such as lmstudio"));
        }
        let Places { state_dir, models_json, own_folder, superseded_by } = self.places()?;
        let gateway = self.gateway(&state_dir)?;
        let interval = self.duration(names::INTERVAL)?;
        if interval < SHORTEST_INTERVAL {
            return Err(self.unusable(names::INTERVAL, "expected at least 50ms"));
        }
        let timeout = self.duration(names::TIMEOUT)?;
        if timeout.is_zero() {
            return Err(self.unusable(names::TIMEOUT, "expected more than nothing"));
        }
        let empty_after = self.duration(names::EMPTY_AFTER)?;
        if empty_after < CONFIRM_AFTER {
            return Err(self.unusable(names::EMPTY_AFTER, "expected at least 2s"));
        }
        Ok(Settings {
            server: self.server_url(names::BASE)?.ok_or_else(|| self.unusable(names::BASE, "it is empty"))?,
            server_is_default: self.origin(names::BASE) == "default",
            key: self.text(names::KEY).and_then(Secret::new),
            key_header: KeyHeader::parse(&self.required(names::KEY_HEADER))
                .map_err(|error| self.unusable(names::KEY_HEADER, error.to_string()))?,
            models_json,
            explicit_models_json: self.named_models_json()?,
            agents: self.agents()?,
            config_file: self.config_file.clone().ok_or(ConfigError::NoHome)?,
            own_folder,
            state_dir,
            superseded_by,
            usual_state_dir: self.usual_state_dir().ok(),
            provider_base_url: self.server_url(names::PROVIDER_BASE_URL)?,
            rules: self.file.rules.clone(),
            servers: self.servers(&provider)?,
            provider,
            empty_after,
            interval,
            timeout,
            extra_roots: self.text(names::SSL_CERT_FILE).map(PathBuf::from),
            busy_sources: self.busy_sources()?,
            max_pause: self.text(names::MAX_PAUSE).map(|_| self.duration(names::MAX_PAUSE)).transpose()?,
            refresh: self.switch(names::REFRESH)?,
            config_target: self.config_target()?,
            on_change: self.command(names::ON_CHANGE)?,
            gateway,
            listen: self.listen()?,
            plugin_is_enabled: self.plugin_is_enabled,
            started_by_plugin: self.started_by_plugin.clone(),
        })
    }

    /// The servers beside the first one, whose provider is that.
    fn servers(&self, first: &str) -> Result<Vec<ServerSettings>, ConfigError> {
        if let Some(same) = self.file.servers.iter().find(|server| server.settings.provider == first) {
            return Err(self.file_error(FileError {
                line: same.provider_line,
                key: Some("server.provider".to_owned()),
                problem: "the first server has this name already; each needs its own".to_owned(),
            }));
        }
        Ok(self.file.servers.iter().map(|server| server.settings.clone()).collect())
    }
}
