//! Fetches npm packages, each into a folder of its own that is there whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::json;

use crate::process;
use crate::workspace::on_path;

/// One package at one version.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Whether the install scripts of it and its dependencies may run.
    pub(super) scripts: bool,
    /// Dependencies to take at another version than asked for.
    pub(super) overrides: &'static [(&'static str, &'static str)],
}

/// OpenClaw is more than a gigabyte in 50,000 files.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Written last: a folder with other content, or without, is fetched again.
const STAMP: &str = "fetched.json";

/// What unfinished folders are called; all of them are swept under the lock.
const UNFINISHED: &str = ".unfinished-";

impl Package {
    /// The `node_modules` folder that holds it, fetched below `tools` if it is not there yet.
    pub(super) fn fetch(&self, tools: &Path) -> Result<PathBuf, String> {
        let label = format!("{}-{}", self.name.rsplit('/').next().unwrap_or(self.name), self.version);
        let place = tools.join(&label);
        self.fetch_into(tools, &label, &place)
            .map_err(|why| format!("cannot fetch {label} with npm: {why}"))?;
        Ok(place.join("node_modules"))
    }

    fn fetch_into(&self, tools: &Path, label: &str, place: &Path) -> Result<(), String> {
        let say = |error: io::Error| format!("{}: {error}", tools.display());
        if self.is_whole(place) {
            return Ok(());
        }
        let npm = on_path("npm").ok_or("npm is not installed")?;
        fs::create_dir_all(tools).map_err(say)?;
        // Held until the end: another run waits here, and then finds the work done.
        let lock = File::create(tools.join(".lock")).map_err(say)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| say(error.into()))?;
        if self.is_whole(place) {
            return Ok(());
        }
        sweep(tools).map_err(say)?;
        println!("fetching {label} into {}", tools.display());
        let unfinished = tools.join(format!("{UNFINISHED}{label}"));
        fs::create_dir(&unfinished).map_err(say)?;
        fs::write(unfinished.join("package.json"), self.manifest()).map_err(say)?;
        self.install(&npm, &unfinished)?;
        fs::write(unfinished.join(STAMP), self.manifest()).map_err(say)?;
        if place.exists() {
            fs::remove_dir_all(place).map_err(say)?;
        }
        fs::rename(&unfinished, place).map_err(say)
    }

    fn install(&self, npm: &Path, folder: &Path) -> Result<(), String> {
        let mut command = Command::new(npm);
        command.current_dir(folder).args(["install", "--loglevel=error", "--no-fund", "--no-audit"]);
        if !self.scripts {
            command.arg("--ignore-scripts");
        }
        let status = process::run(&mut command, LIMIT, |line| println!("npm: {line}"))?;
        if status.success() { Ok(()) } else { Err(format!("npm install failed ({status})")) }
    }

    fn is_whole(&self, place: &Path) -> bool {
        fs::read_to_string(place.join(STAMP)).is_ok_and(|stamp| stamp == self.manifest())
    }

    fn manifest(&self) -> String {
        let pairs = |pairs: &[(&str, &str)]| -> serde_json::Map<_, _> {
            pairs.iter().map(|(name, version)| ((*name).to_owned(), json!(version))).collect()
        };
        json!({
            "private": true,
            "dependencies": pairs(&[(self.name, self.version)]),
            "overrides": pairs(self.overrides),
        })
        .to_string()
    }
}

/// Removes what an interrupted run left behind.
fn sweep(tools: &Path) -> io::Result<()> {
    for entry in fs::read_dir(tools)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: Package =
        Package { name: "@scope/tool", version: "1.2.3", scripts: false, overrides: &[] };

    #[test]
    fn a_whole_folder_is_taken_as_it_is() {
        let tools = tempfile::tempdir().unwrap();
        let place = tools.path().join("tool-1.2.3");
        fs::create_dir(&place).unwrap();
        fs::write(place.join(STAMP), PACKAGE.manifest()).unwrap();
        assert_eq!(PACKAGE.fetch(tools.path()).unwrap(), place.join("node_modules"));
    }

    #[test]
    fn a_folder_fetched_in_another_way_is_not_whole() {
        let tools = tempfile::tempdir().unwrap();
        fs::write(tools.path().join(STAMP), PACKAGE.manifest()).unwrap();
        assert!(PACKAGE.is_whole(tools.path()));
        assert!(!Package { overrides: &[("a", "1")], ..PACKAGE }.is_whole(tools.path()));
    }

    #[test]
    fn only_unfinished_folders_are_swept() {
        let tools = tempfile::tempdir().unwrap();
        for name in [".unfinished-a", "b-1.0.0"] {
            fs::create_dir(tools.path().join(name)).unwrap();
        }
        sweep(tools.path()).unwrap();
        assert!(!tools.path().join(".unfinished-a").exists());
        assert!(tools.path().join("b-1.0.0").exists());
    }
}
