//! Where configuration is read from, and whether `lmsync.toml` has changed since.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use adapters_fs::{Lane, Stamp};
use config::{Config, ConfigError, Inputs, Setting, Settings, shared_settings};
use domain::Chain;

use crate::doctor::advice;
use crate::exit::Exit;
use crate::platform;
use crate::plugin;

/// The largest text that is taken for configuration.
const MOST_BYTES: u64 = 1024 * 1024;

/// Everything that configuration is read from, for this process.
pub(crate) struct ConfigSource {
    inputs: Inputs,
    path: Option<PathBuf>,
    seen: Option<Stamp>,
    lane: Lane,
}

impl ConfigSource {
    /// Reads `.env` or the shared settings, the environment, `lmsync.toml`, and what `openclaw.json` says to the
    /// OpenClaw plugin.
    ///
    /// # Errors
    /// A file that is there and cannot be read, or configuration that cannot be used: exit 78.
    pub(crate) fn read(flags: Vec<(&'static Setting, String)>) -> Result<(Self, Config), Exit> {
        let environment = platform::environment();
        let exists = Some(Path::exists as fn(&Path) -> bool);
        let mut inputs = Inputs { dotenv: None, environment, flags, config_file: None, plugin: None, exists };
        inputs.dotenv = dotenv(&inputs)?;
        let mut source = Self { inputs, path: None, seen: None, lane: Lane::default() };
        let config = source.read_file()?;
        Ok((source, config))
    }

    /// All read again, but for `.env` and the environment, which stay what they were.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn read_again(&mut self) -> Result<Settings, Exit> {
        let config = self.read_file()?;
        Ok(config.settings()?)
    }

    /// Finds `lmsync.toml` and `openclaw.json`, and reads them.
    fn read_file(&mut self) -> Result<Config, Exit> {
        self.path = self.inputs.config_file_path()?;
        self.seen = self.path.as_deref().map(Stamp::read);
        self.inputs.config_file = None;
        if let Some(path) = &self.path {
            let text = read(path).map_err(|error| unreadable(path, &error))?;
            self.inputs.config_file = text.map(|text| (path.clone(), text));
        }
        self.inputs.plugin = self.inputs.openclaw_json_path()?.and_then(plugin::settings);
        Ok(Config::read(self.inputs.clone())?)
    }

    /// The new settings where `lmsync.toml` has changed since the last call, or why they cannot be used; then
    /// the last good ones stay in force. Costs one `stat` where it has not.
    pub(crate) async fn renewed(&mut self) -> Option<Result<Settings, String>> {
        let (path, seen) = (self.path.clone()?, self.seen);
        let file = path.clone();
        let look = move || {
            let stamp = Stamp::read(&file);
            (seen != Some(stamp)).then(|| (stamp, read(&file)))
        };
        // A disk that does not answer has nothing new to say.
        let (stamp, text) = self.lane.run(look).await.ok()??;
        self.seen = Some(stamp);
        let settings = match text {
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
            Ok(text) => {
                self.inputs.config_file = text.map(|text| (path, text));
                let judged = Config::read(self.inputs.clone()).and_then(|config| config.settings());
                judged.map_err(|error: ConfigError| Chain(&error).to_string())
            }
        };
        Some(settings)
    }
}

/// The `.env` of the working directory; where there is none, the settings that all of a user's lmsync share.
fn dotenv(inputs: &Inputs) -> Result<Option<(PathBuf, String)>, Exit> {
    let shared = || inputs.home().map(|home| home.map(|home| shared_settings(&home)));
    let read = |path: PathBuf| match read(&path) {
        Ok(text) => Ok(text.map(|text| (path, text))),
        Err(error) => Err(unreadable(&path, &error)),
    };
    match read(PathBuf::from(".env"))? {
        Some(found) => Ok(Some(found)),
        None => shared()?.map_or(Ok(None), read),
    }
}

/// The home folder, as the environment names it.
///
/// # Errors
/// An environment that cannot be read: exit 78.
pub(crate) fn home() -> Result<Option<PathBuf>, Exit> {
    Ok(Inputs { environment: platform::environment(), ..Inputs::default() }.home()?)
}

/// A file's text, `None` where there is no such file.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
        // A folder of that name is no configuration file.
        Ok(metadata) if metadata.is_dir() => Ok(None),
        Ok(metadata) if metadata.len() > MOST_BYTES => Err(ErrorKind::FileTooLarge.into()),
        Ok(_) => fs::read_to_string(path).map(Some),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Exit {
    Exit::config(format!("cannot read {}: {error}", path.display())).advised(advice(path, error))
}
