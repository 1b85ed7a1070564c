//! A folder of its own for each test, and a store in it.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::{ModelId, Provider, describe};
use lmsync_adapters_fs::ModelsFile;
use tempfile::TempDir;

pub(crate) struct World {
    root: TempDir,
    pub(crate) file: PathBuf,
}

impl World {
    /// A folder without a file.
    pub(crate) fn new() -> Self {
        Self::at("models.json")
    }

    /// A folder in which the file is to be at that path.
    pub(crate) fn at(path: &str) -> Self {
        let root = TempDir::new().unwrap();
        let file = root.path().join(path);
        Self { root, file }
    }

    /// A folder with a file.
    pub(crate) fn with(content: &str) -> Self {
        let world = Self::at("agent/models.json");
        fs::create_dir(world.folder()).unwrap();
        fs::write(&world.file, content).unwrap();
        world
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().unwrap()
    }

    pub(crate) fn store(&self) -> ModelsFile {
        ModelsFile::new(self.file.clone(), "lmstudio".into())
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    /// What is in the file's folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(self.folder()).unwrap().map(name).collect();
        names.sort();
        names
    }
}

pub(crate) fn wanted(ids: &[&str]) -> Provider {
    let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap(), None)).collect();
    Provider { base_url: "http://localhost:1234/v1".into(), models }
}

/// Makes a file look as if it was last written a minute ago.
pub(crate) fn backdate(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(60);
    File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

/// What an error says, down to its first cause.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push_str(": ");
        said.push_str(&error.to_string());
        cause = error.source();
    }
    said
}
