//! Configuration, read as a value: defaults, then `.env`, then the environment, then flags; the later wins.

mod dotenv;
mod layer;
mod server_url;
mod settings_table;

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use domain::Secret;
use figment::Figment;
use thiserror::Error;

pub use dotenv::DotenvError;
pub use server_url::{ServerUrl, ServerUrlError};
pub use settings_table::{SETTINGS, Setting};

use layer::Layer;
use settings_table as names;

/// The shortest interval between two passes.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

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
    /// OpenClaw's state folder.
    pub state_dir: PathBuf,
    /// The file that is kept.
    pub models_json: PathBuf,
    /// The key below `providers` that is ours.
    pub provider: String,
    /// What is written as the provider's address, where it differs from the server's.
    pub provider_base_url: Option<ServerUrl>,
    /// From the start of one pass to the start of the next.
    pub interval: Duration,
    /// How long one request may take in all.
    pub timeout: Duration,
    /// Certificates to trust beside the bundled ones.
    pub extra_roots: Option<PathBuf>,
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

    /// How to log.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for an unknown form; the filter is judged by whoever understands filters.
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
        if provider.trim().is_empty() || provider == "__proto__" || provider.chars().any(char::is_control) {
            return Err(self.unusable(names::PROVIDER, "expected a name such as lmstudio"));
        }
        let state_dir = self.state_dir()?;
        let models_json = match self.text(names::MODELS_JSON) {
            Some(path) => self.absolute(names::MODELS_JSON, &path)?,
            None => state_dir.join("agents").join(self.agent()?).join("agent").join("models.json"),
        };
        let interval = self.duration(names::INTERVAL)?;
        if interval < SHORTEST_INTERVAL {
            return Err(self.unusable(names::INTERVAL, "expected at least 50ms"));
        }
        let timeout = self.duration(names::TIMEOUT)?;
        if timeout.is_zero() {
            return Err(self.unusable(names::TIMEOUT, "expected more than nothing"));
        }
        Ok(Settings {
            server: self.server_url(names::BASE)?.ok_or_else(|| self.unusable(names::BASE, "it is empty"))?,
            server_is_default: self.origin(names::BASE) == "default",
            key: self.text(names::KEY).and_then(Secret::new),
            models_json,
            state_dir,
            provider,
            provider_base_url: self.server_url(names::PROVIDER_BASE_URL)?,
            interval,
            timeout,
            extra_roots: self.text(names::SSL_CERT_FILE).map(PathBuf::from),
        })
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

    fn server_url(&self, variable: &'static str) -> Result<Option<ServerUrl>, ConfigError> {
        let parse = |text: String| {
            ServerUrl::parse(&text).map_err(|error| self.unusable(variable, error.to_string()))
        };
        self.text(variable).map(parse).transpose()
    }

    fn duration(&self, variable: &'static str) -> Result<Duration, ConfigError> {
        let problem = "expected a duration such as 10s, 2m or 500ms";
        humantime::parse_duration(self.required(variable).trim())
            .map_err(|_| self.unusable(variable, problem))
    }

    /// The agent's name, which becomes one folder's name and no more.
    fn agent(&self) -> Result<String, ConfigError> {
        let agent = self.required(names::AGENT);
        let mut parts = Path::new(&agent).components();
        let one_folder = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
        if !one_folder || agent.contains(['/', '\\']) || agent.chars().any(char::is_control) {
            return Err(self.unusable(names::AGENT, "expected the name of an agent, which is no path"));
        }
        Ok(agent)
    }

    fn state_dir(&self) -> Result<PathBuf, ConfigError> {
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
    fn absolute(&self, variable: &'static str, text: &str) -> Result<PathBuf, ConfigError> {
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
mod tests {
    use super::*;

    fn inputs(dotenv: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Inputs {
        let environment = [("HOME", "/home/me")].iter().chain(environment);
        Inputs {
            dotenv: (!dotenv.is_empty()).then(|| (PathBuf::from(".env"), dotenv.to_owned())),
            environment: environment.map(|(name, value)| (name.into(), value.into())).collect(),
            flags: flags
                .iter()
                .map(|(name, value)| (names::setting(name).unwrap(), (*value).to_owned()))
                .collect(),
        }
    }

    fn config(environment: &[(&str, &str)]) -> Config {
        Config::read(inputs("", environment, &[])).unwrap()
    }

    fn problem(environment: &[(&str, &str)]) -> String {
        config(environment).settings().unwrap_err().to_string()
    }

    #[test]
    fn without_any_setting_the_defaults_stand() {
        let settings = config(&[]).settings().unwrap();
        assert_eq!(settings.server.api, "http://host.docker.internal:1234/v1");
        assert!(settings.server_is_default);
        assert_eq!(settings.key.unwrap().expose(), "lm-studio");
        assert_eq!(settings.models_json, Path::new("/home/me/.openclaw/agents/main/agent/models.json"));
        assert_eq!(settings.interval, Duration::from_secs(10));
        assert_eq!(settings.timeout, Duration::from_secs(5));
    }

    #[test]
    fn the_later_layer_wins_and_is_named() {
        let dotenv = "LMSYNC_INTERVAL=1s\nLMSYNC_AGENT=a\nLMSYNC_PROVIDER=a\n";
        let environment = [("LMSYNC_AGENT", "b"), ("LMSYNC_PROVIDER", "b")];
        let config = Config::read(inputs(dotenv, &environment, &[("LMSYNC_PROVIDER", "c")])).unwrap();
        let found = |name: &str| {
            let effective = config.effective().into_iter().find(|e| e.setting.variable == name).unwrap();
            (effective.value.unwrap(), effective.origin)
        };
        assert_eq!(found("LMSYNC_TIMEOUT"), ("5s".into(), "default".into()));
        assert_eq!(found("LMSYNC_INTERVAL"), ("1s".into(), ".env".into()));
        assert_eq!(found("LMSYNC_AGENT"), ("b".into(), "environment".into()));
        assert_eq!(found("LMSYNC_PROVIDER"), ("c".into(), "--provider".into()));
    }

    #[test]
    fn a_key_is_taken_verbatim_and_never_shown() {
        for key in ["12345678", "1e987", "nullnull", "p@$$w0rd\"", "sk-lm-abcdefgh:01234567890123456789"] {
            let config = config(&[("OPENAI_API_KEY", key)]);
            assert_eq!(config.settings().unwrap().key.unwrap().expose(), key);
            assert!(!format!("{:?}", config.effective()).contains(key));
            assert!(!format!("{:?}", config.settings()).contains(key));
        }
        assert!(config(&[("OPENAI_API_KEY", "")]).settings().unwrap().key.is_none());
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let settings = config(&[("OPENAI_API_BASE", ""), ("LMSYNC_INTERVAL", "")]).settings().unwrap();
        assert!(settings.server_is_default);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named_with_its_origin() {
        let text = problem(&[("LMSYNC_INTERVAL", "soon")]);
        assert!(
            text.starts_with("LMSYNC_INTERVAL (from environment) cannot be used: expected a duration"),
            "{text}"
        );
        assert!(problem(&[("LMSYNC_INTERVAL", "10ms")]).contains("at least 50ms"));
        assert!(problem(&[("LMSYNC_TIMEOUT", "0s")]).contains("LMSYNC_TIMEOUT"));
        assert!(problem(&[("OPENAI_API_BASE", "ftp://x")]).contains("only http"));
        for agent in ["../x", "a/b", "..", ".", "/etc", "a\\b"] {
            assert!(problem(&[("LMSYNC_AGENT", agent)]).contains("LMSYNC_AGENT"), "{agent}");
        }
        let config = config(&[("LMSYNC_LOG_FORMAT", "xml")]);
        assert!(config.log().unwrap_err().to_string().contains("expected text or json"));
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let text = problem(&[("OPENAI_API_BASE", "http://me:hunter2@host/v1")]);
        assert!(text.contains("OPENAI_API_KEY") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_misspelled_variable_is_noticed_with_the_nearest_name() {
        let config = Config::read(inputs("LMSYNC_INTERVALL=1s", &[("LMSYNC_AGNET", "x")], &[])).unwrap();
        let nearest: Vec<_> = config.unknown().iter().map(|unknown| unknown.nearest).collect();
        assert_eq!(nearest, ["LMSYNC_INTERVAL", "LMSYNC_AGENT"]);
        assert_eq!(config.unknown()[0].origin, ".env line 1");
    }

    #[test]
    fn the_state_folder_is_found_as_openclaw_finds_it() {
        let state = |environment: &[(&str, &str)]| config(environment).settings().unwrap().state_dir;
        assert_eq!(state(&[("OPENCLAW_STATE_DIR", "/s"), ("OPENCLAW_HOME", "/h")]), Path::new("/s"));
        assert_eq!(state(&[("OPENCLAW_HOME", "/h")]), Path::new("/h/.openclaw"));
        assert_eq!(state(&[("OPENCLAW_STATE_DIR", "~/claw")]), Path::new("/home/me/claw"));
        let nowhere = Config::read(Inputs::default()).unwrap().settings();
        assert!(matches!(nowhere, Err(ConfigError::NoHome)));
    }

    #[test]
    fn rust_log_is_the_default_of_our_own_filter() {
        let filter = |environment: &[(&str, &str)]| config(environment).log().unwrap().filter;
        assert_eq!(filter(&[]), "info");
        assert_eq!(filter(&[("RUST_LOG", "debug")]), "debug");
        assert_eq!(filter(&[("RUST_LOG", "debug"), ("LMSYNC_LOG", "warn")]), "warn");
    }
}
