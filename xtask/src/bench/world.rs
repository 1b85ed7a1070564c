//! What every measured program gets: a home folder of its own on the disk of the workspace, and a known environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A home folder, removed in the end.
#[derive(Debug)]
pub(super) struct World {
    home: PathBuf,
}

impl World {
    /// An empty one below `target`.
    pub(super) fn new(target: &Path) -> Result<Self, String> {
        let home = (0..)
            .map(|index| target.join(format!("bench/home-{}-{index}", std::process::id())))
            .find(|home| !home.exists())
            .unwrap_or_default();
        fs::create_dir_all(&home).map_err(|error| format!("cannot make {}: {error}", home.display()))?;
        Ok(Self { home })
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// OpenClaw's state folder.
    pub(super) fn state(&self) -> PathBuf {
        self.home.join(".openclaw")
    }

    /// The model list of its main agent.
    pub(super) fn models_json(&self) -> PathBuf {
        self.state().join("agents/main/agent/models.json")
    }

    /// A command that runs here and knows nothing of this machine but where its programs are.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("TMPDIR", &self.home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            // lmsync's status server is on, at a port that nobody else has.
            .env("LMSYNC_LISTEN", "127.0.0.1:0");
        command
    }

    /// A command that runs lmsync here against a server.
    pub(super) fn lmsync(&self, program: &Path, base: &str) -> Command {
        let mut command = self.command(program);
        command.env("OPENAI_API_BASE", base).env("LMSYNC_LOG_FORMAT", "json");
        command
    }

    /// Takes the models file away, so that the next pass writes it.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(self.models_json());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}
