//! Where OpenClaw's files are: its state folder and its configuration, found as OpenClaw finds them; and lmsync's own.
//!
//! The rules are those of OpenClaw's `config/paths.ts` and `cli/profile.ts`, in 2026.2.12 and 2026.9.6.

use std::path::{Path, PathBuf};

use crate::error::ConfigError;
use crate::inputs::{Inputs, set};
use crate::merged::Config;
use crate::settings_table as names;
use crate::tilde::below_tilde;

/// The state folder's name below the home folder.
const STATE_FOLDER: &str = ".openclaw";

/// Its names before OpenClaw was called so. OpenClaw uses the first that is there, as long as there is no `.openclaw`;
/// versions from about 2026.3 know the first name alone.
const EARLIER_STATE_FOLDERS: [&str; 3] = [".clawdbot", ".moltbot", ".moldbot"];

/// The configuration's name in the state folder.
const CONFIG_FILE: &str = "openclaw.json";

/// The configuration's earlier names.
const EARLIER_CONFIG_FILES: [&str; 3] = ["clawdbot.json", "moltbot.json", "moldbot.json"];

/// The longest name of a profile.
const LONGEST_PROFILE: usize = 64;

/// The places that the program works with.
pub(super) struct Places {
    /// OpenClaw's state folder.
    pub(super) state_dir: PathBuf,
    /// The file that is kept; where there are several, the first agent's.
    pub(super) models_json: PathBuf,
    /// lmsync's own folder.
    pub(super) own_folder: PathBuf,
    /// The folder that OpenClaw uses instead of the state folder as soon as it is there.
    pub(super) superseded_by: Option<PathBuf>,
}

/// The file of settings that a user's service and commands share, in the form of `.env`, below the home folder.
#[must_use]
pub fn shared_settings(home: &Path) -> PathBuf {
    home.join(".config").join("lmsync").join("lmsync.env")
}

impl Inputs {
    /// The home folder, as the environment names it.
    ///
    /// # Errors
    /// [`ConfigError::NotText`].
    pub fn home(&self) -> Result<Option<PathBuf>, ConfigError> {
        Ok(Config::above_file(self)?.home)
    }

    /// Where `lmsync.toml` is looked for: where LMSYNC_CONFIG says, else in the state folder; `None` where that
    /// is not known. Ignores [`Inputs::config_file`]: the caller reads the file at that path, if
    /// there is one, and puts it there.
    ///
    /// # Errors
    /// As [`Config::read`], and [`ConfigError::Value`] for a path that is none.
    pub fn config_file_path(&self) -> Result<Option<PathBuf>, ConfigError> {
        Config::above_file(self)?.config_file()
    }

    /// Where OpenClaw's configuration is, which has the plugin's settings; `None` where that is not known.
    ///
    /// # Errors
    /// As [`Inputs::config_file_path`].
    pub fn openclaw_json_path(&self) -> Result<Option<PathBuf>, ConfigError> {
        let config = Config::above_file(self)?;
        match config.state_folder() {
            Ok(state_dir) => config.openclaw_config(&state_dir).map(Some),
            Err(ConfigError::NoHome) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Config {
    /// The places that the program works with.
    pub(super) fn places(&self) -> Result<Places, ConfigError> {
        let Some(models_json) = self.named_models_json()? else {
            let (state_dir, agents) = (self.state_dir()?, self.agents()?);
            let models_json = state_dir.join("agents").join(agents.first()).join("agent").join("models.json");
            let own_folder = state_dir.join("lmsync");
            let superseded_by = self.superseding(&state_dir)?;
            return Ok(Places { state_dir, models_json, own_folder, superseded_by });
        };
        let state_dir = self.state_folder()?;
        // A state folder that nobody has named may not be there, and is not made for our sake.
        let naming = [names::STATE_DIR, names::OPENCLAW_HOME, names::OPENCLAW_PROFILE];
        let state_is_named = naming.iter().any(|name| self.text(name).is_some());
        let own_folder = if state_is_named { &state_dir } else { beside(&models_json) }.join("lmsync");
        Ok(Places { state_dir, models_json, own_folder, superseded_by: None })
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
    pub(super) fn state_folder(&self) -> Result<PathBuf, ConfigError> {
        match (self.state_dir(), self.named_models_json()) {
            (Err(ConfigError::NoHome), Ok(Some(models_json))) => Ok(beside(&models_json).to_owned()),
            (state_dir, _) => state_dir,
        }
    }

    /// OpenClaw's state folder: the one that is named, else the profile's, else `.openclaw` below the home folder; an
    /// earlier name where that alone is there, which a new `.openclaw` would hide from OpenClaw.
    fn state_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(path) = self.text(names::STATE_DIR) {
            return self.absolute(names::STATE_DIR, &path);
        }
        match self.profile() {
            Some(profile) => Ok(self.openclaw_home()?.join(format!("{STATE_FOLDER}-{profile}"))),
            None => self.usual_state_dir(),
        }
    }

    /// The state folder that OpenClaw has where nobody names one.
    pub(super) fn usual_state_dir(&self) -> Result<PathBuf, ConfigError> {
        let home = self.openclaw_home()?;
        let usual = home.join(STATE_FOLDER);
        if (self.exists)(&usual) {
            return Ok(usual);
        }
        let earlier = EARLIER_STATE_FOLDERS.iter().map(|name| home.join(name));
        Ok(earlier.into_iter().find(|folder| (self.exists)(folder)).unwrap_or(usual))
    }

    /// The usual state folder, where an earlier one is used because the usual one is not there.
    fn superseding(&self, state_dir: &Path) -> Result<Option<PathBuf>, ConfigError> {
        if self.text(names::STATE_DIR).is_some() || self.profile().is_some() {
            return Ok(None);
        }
        Ok(Some(self.openclaw_home()?.join(STATE_FOLDER)).filter(|usual| usual != state_dir))
    }

    /// OpenClaw's configuration: the file that is named, else the one in the state folder, by its earlier names too;
    /// where there is none, that of a state folder with an earlier name.
    pub(super) fn openclaw_config(&self, state_dir: &Path) -> Result<PathBuf, ConfigError> {
        if let Some(path) = self.text(names::OPENCLAW_CONFIG) {
            return self.absolute(names::OPENCLAW_CONFIG, &path);
        }
        let usual = state_dir.join(CONFIG_FILE);
        if self.profile().is_some() {
            return Ok(usual);
        }
        let mut folders = vec![state_dir.to_owned()];
        if self.text(names::STATE_DIR).is_none()
            && let Ok(home) = self.openclaw_home()
        {
            folders.extend(EARLIER_STATE_FOLDERS.iter().map(|name| home.join(name)));
        }
        let files = std::iter::once(CONFIG_FILE).chain(EARLIER_CONFIG_FILES);
        let mut all = folders.iter().flat_map(|folder| files.clone().map(move |name| folder.join(name)));
        Ok(all.find(|file| (self.exists)(file)).unwrap_or(usual))
    }

    /// The profile that is chosen. OpenClaw ignores a name that it could not make a folder of, and `default`.
    fn profile(&self) -> Option<String> {
        let profile = self.text(names::OPENCLAW_PROFILE)?.trim().to_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let is_name = profile.starts_with(|c: char| c.is_ascii_alphanumeric())
            && profile.chars().all(plain)
            && profile.len() <= LONGEST_PROFILE;
        Some(profile).filter(|profile| is_name && !profile.eq_ignore_ascii_case("default"))
    }

    /// The folder that OpenClaw takes for home.
    fn openclaw_home(&self) -> Result<PathBuf, ConfigError> {
        match self.text(names::OPENCLAW_HOME).as_deref().and_then(set) {
            Some(path) => self.below(self.home.as_deref(), names::OPENCLAW_HOME, path),
            None => self.home.clone().ok_or(ConfigError::NoHome),
        }
    }

    /// A path as people write it: `~` means the home folder; in OpenClaw's own settings, the one that OpenClaw takes.
    pub(super) fn absolute(&self, variable: &'static str, text: &str) -> Result<PathBuf, ConfigError> {
        if variable.starts_with("OPENCLAW_") {
            return self.below(self.openclaw_home().ok().as_deref(), variable, text.trim());
        }
        self.below(self.home.as_deref(), variable, text)
    }

    fn below(&self, home: Option<&Path>, variable: &'static str, text: &str) -> Result<PathBuf, ConfigError> {
        if text.contains('\0') {
            return Err(self.unusable(variable, "it contains a NUL character"));
        }
        match below_tilde(text) {
            Some(rest) => Ok(home.ok_or(ConfigError::NoHome)?.join(rest)),
            None => Ok(PathBuf::from(text)),
        }
    }
}

/// The folder of a file.
fn beside(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("/"))
}
