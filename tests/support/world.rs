//! A folder that is used as a person's home: OpenClaw's state, the model list, and nothing of this machine.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// A home of its own, removed with its test.
#[derive(Debug)]
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    /// An empty one, in which no program has run.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("lmsync-e2e-").tempdir().unwrap() }
    }

    /// One in which OpenClaw has been set up, with nothing that is not its default.
    pub(crate) fn with_openclaw() -> Self {
        let world = Self::new();
        fs::create_dir(world.state()).unwrap();
        fs::write(world.state().join("openclaw.json"), "{}\n").unwrap();
        world
    }

    /// The home folder.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// OpenClaw's state folder, which may not be there yet.
    pub(crate) fn state(&self) -> PathBuf {
        self.home().join(".openclaw")
    }

    /// The model list of OpenClaw's main agent.
    pub(crate) fn models_json(&self) -> PathBuf {
        self.state().join("agents/main/agent/models.json")
    }

    /// Removes the state folder with all that is in it, also while another process creates it again.
    pub(crate) fn remove_state(&self) {
        while let Err(error) = fs::remove_dir_all(self.state()) {
            assert_eq!(error.kind(), std::io::ErrorKind::DirectoryNotEmpty, "{error}");
        }
    }

    /// The ids below our provider, as the file has them now.
    pub(crate) fn ids(&self) -> Vec<String> {
        let file: Value = serde_json::from_slice(&fs::read(self.models_json()).unwrap()).unwrap();
        let models = file["providers"]["lmstudio"]["models"].as_array().expect("providers.lmstudio.models");
        models.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
    }
}
