//! The forms of single values: addresses, durations, lists, switches, names and paths.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use domain::{BusySource, ConfigSetting, Secret, acts_on_its_surroundings};
use http::Uri;

use super::{Agents, Config, ConfigError, GatewaySettings, Listen, ServerUrl, settings_table as names};

impl Config {
    pub(super) fn gateway(&self, state_dir: &Path) -> Result<GatewaySettings, ConfigError> {
        let secret = |variable| self.text(variable).and_then(Secret::new);
        let port = |text: String| {
            text.trim()
                .parse()
                .map_err(|_| self.unusable(names::GATEWAY_PORT, "expected a number from 1 to 65535"))
        };
        Ok(GatewaySettings {
            url: self.text(names::GATEWAY_URL).map(|text| self.gateway_url(text.trim())).transpose()?,
            port: self.text(names::GATEWAY_PORT).map(port).transpose()?,
            token: secret(names::GATEWAY_TOKEN),
            password: secret(names::GATEWAY_PASSWORD),
            config: match self.text(names::OPENCLAW_CONFIG) {
                Some(path) => self.absolute(names::OPENCLAW_CONFIG, &path)?,
                None => state_dir.join("openclaw.json"),
            },
        })
    }

    /// People name the gateway by its WebSocket's address or by its page's.
    pub(super) fn gateway_url(&self, text: &str) -> Result<Uri, ConfigError> {
        let expected = "expected an address such as ws://127.0.0.1:18789";
        let (scheme, rest) = text.split_once("://").unwrap_or(("ws", text));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            _ => return Err(self.unusable(names::GATEWAY_URL, expected)),
        };
        if rest.contains(['@', '?', '#']) {
            let problem =
                "it contains a user name, a password or a query; put the token into OPENCLAW_GATEWAY_TOKEN";
            return Err(self.unusable(names::GATEWAY_URL, problem));
        }
        let uri: Result<Uri, _> = format!("{scheme}://{}/", rest.trim_end_matches('/')).parse();
        uri.ok()
            .filter(|uri| uri.host().is_some_and(|host| !host.is_empty()))
            .ok_or_else(|| self.unusable(names::GATEWAY_URL, expected))
    }

    pub(super) fn busy_sources(&self) -> Result<Vec<BusySource>, ConfigError> {
        let text = self.required(names::BUSY_SOURCES);
        if matches!(text.trim(), "none" | "off") {
            return Ok(Vec::new());
        }
        let parse = |name: &str| {
            let known = [BusySource::Gateway, BusySource::SessionLocks, BusySource::LmStudio];
            known.into_iter().find(|source| source.as_str() == name.trim()).ok_or_else(|| {
                self.unusable(names::BUSY_SOURCES, "expected some of gateway,session-locks,lmstudio, or none")
            })
        };
        text.split(',').map(parse).collect()
    }

    pub(super) fn switch(&self, variable: &'static str) -> Result<bool, ConfigError> {
        match self.required(variable).trim() {
            "on" | "true" | "yes" | "1" => Ok(true),
            "off" | "false" | "no" | "0" => Ok(false),
            _ => Err(self.unusable(variable, "expected on or off")),
        }
    }

    /// Where the status server listens, if it does.
    pub(super) fn listen(&self) -> Result<Option<Listen>, ConfigError> {
        Listen::parse(&self.required(names::LISTEN)).map_err(|problem| self.unusable(names::LISTEN, problem))
    }

    pub(super) fn second_target(&self) -> Result<ConfigSetting, ConfigError> {
        match self.required(names::SECOND_TARGET).trim() {
            "auto" => Ok(ConfigSetting::Auto),
            "on" => Ok(ConfigSetting::On),
            "off" => Ok(ConfigSetting::Off),
            _ => Err(self.unusable(names::SECOND_TARGET, "expected auto, on or off")),
        }
    }

    /// A command line, taken apart as a POSIX shell would, but never given to one.
    pub(super) fn command(&self, variable: &'static str) -> Result<Option<Vec<String>>, ConfigError> {
        let Some(text) = self.text(variable) else { return Ok(None) };
        match shlex::split(&text) {
            Some(words) if !words.is_empty() => Ok(Some(words)),
            _ => Err(self.unusable(variable, "expected a command; is a quote not closed?")),
        }
    }

    pub(super) fn server_url(&self, variable: &'static str) -> Result<Option<ServerUrl>, ConfigError> {
        let parse = |text: String| {
            ServerUrl::parse(&text).map_err(|error| self.unusable(variable, error.to_string()))
        };
        self.text(variable).map(parse).transpose()
    }

    pub(super) fn duration(&self, variable: &'static str) -> Result<Duration, ConfigError> {
        let problem = "expected a duration such as 10s, 2m or 500ms";
        humantime::parse_duration(self.required(variable).trim())
            .map_err(|_| self.unusable(variable, problem))
    }

    /// The agent's name, which becomes one folder's name and no more.
    pub(super) fn agent(&self) -> Result<String, ConfigError> {
        let agent = self.required(names::AGENT);
        if !is_agent(&agent) {
            return Err(self.unusable(names::AGENT, "expected the name of an agent, which is no path"));
        }
        Ok(agent)
    }

    /// Whose files are kept. One agent that somebody named above `lmsync.toml` wins over those in it.
    pub(super) fn agents(&self) -> Result<Agents, ConfigError> {
        match &self.file.agents {
            Some(agents) if !self.agent_is_named => Ok(agents.clone()),
            _ => Ok(Agents::Named(vec![self.agent()?])),
        }
    }

    /// OpenClaw's state folder, the file that is kept, and lmsync's own folder.
    pub(super) fn places(&self) -> Result<(PathBuf, PathBuf, PathBuf), ConfigError> {
        let Some(models_json) = self.named_models_json()? else {
            let (state_dir, agents) = (self.state_dir()?, self.agents()?);
            let models_json = state_dir.join("agents").join(agents.first()).join("agent").join("models.json");
            let own_folder = state_dir.join("lmsync");
            return Ok((state_dir, models_json, own_folder));
        };
        let state_dir = self.state_folder()?;
        // A state folder that nobody has named may not be there, and is not made for our sake.
        let state_is_named =
            [names::STATE_DIR, names::OPENCLAW_HOME].iter().any(|name| self.text(name).is_some());
        let own_folder = if state_is_named { &state_dir } else { beside(&models_json) }.join("lmsync");
        Ok((state_dir, models_json, own_folder))
    }

    /// The models.json that somebody named, whosever it is.
    pub(super) fn named_models_json(&self) -> Result<Option<PathBuf>, ConfigError> {
        self.text(names::MODELS_JSON).map(|path| self.absolute(names::MODELS_JSON, &path)).transpose()
    }

    /// `lmsync.toml`: where somebody says, else in the state folder; `None` where not even that is known.
    pub(super) fn config_file(&self) -> Result<Option<PathBuf>, ConfigError> {
        if let Some(path) = self.text(names::CONFIG) {
            return self.absolute(names::CONFIG, &path).map(Some);
        }
        match self.state_folder() {
            Ok(state_dir) => Ok(Some(state_dir.join("lmsync.toml"))),
            Err(ConfigError::NoHome) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The state folder; where none is known, the folder of the models.json that somebody named.
    fn state_folder(&self) -> Result<PathBuf, ConfigError> {
        match (self.state_dir(), self.named_models_json()) {
            (Err(ConfigError::NoHome), Ok(Some(models_json))) => Ok(beside(&models_json).to_owned()),
            (state_dir, _) => state_dir,
        }
    }

    pub(super) fn state_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(path) = self.text(names::STATE_DIR) {
            return self.absolute(names::STATE_DIR, &path);
        }
        let home = match self.text(names::OPENCLAW_HOME) {
            Some(path) => self.absolute(names::OPENCLAW_HOME, &path)?,
            None => self.home.clone().ok_or(ConfigError::NoHome)?,
        };
        Ok(home.join(".openclaw"))
    }

    /// A path as people write it: `~` stands for the home folder, as it does in OpenClaw's own settings.
    pub(super) fn absolute(&self, variable: &'static str, text: &str) -> Result<PathBuf, ConfigError> {
        if text.contains('\0') {
            return Err(self.unusable(variable, "it contains a NUL character"));
        }
        match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                let home = self.home.clone().ok_or(ConfigError::NoHome)?;
                Ok(home.join(rest.trim_start_matches('/')))
            }
            _ => Ok(PathBuf::from(text)),
        }
    }
}

/// The folder of a file.
fn beside(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}

/// Whether that can be an agent's name, which becomes one folder's name and no more.
pub(super) fn is_agent(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let one_folder = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    one_folder && !name.contains(['/', '\\']) && !name.chars().any(acts_on_its_surroundings)
}

/// Whether that can be a key below `providers`.
pub(super) fn is_provider(name: &str) -> bool {
    !name.trim().is_empty() && name != "__proto__" && !name.chars().any(acts_on_its_surroundings)
}
