//! Fetches npm packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::folder;
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

impl Package {
    /// The `node_modules` folder that holds it, fetched below `tools` if it is not there yet.
    pub(super) fn fetch(&self, tools: &Path) -> Result<PathBuf, String> {
        let label = format!("{}-{}", self.name.rsplit('/').next().unwrap_or(self.name), self.version);
        let manifest = self.manifest();
        let place = folder::whole(tools, &label, &manifest, |folder| {
            fs::write(folder.join("package.json"), &manifest).map_err(|error| error.to_string())?;
            self.install(folder)
        });
        Ok(place.map_err(|why| format!("cannot fetch {label} with npm: {why}"))?.join("node_modules"))
    }

    fn install(&self, folder: &Path) -> Result<(), String> {
        let mut command = Command::new(on_path("npm").ok_or("npm is not installed")?);
        command.current_dir(folder).args(["install", "--loglevel=error", "--no-fund", "--no-audit"]);
        if !self.scripts {
            command.arg("--ignore-scripts");
        }
        let status = process::run(&mut command, LIMIT, |line| println!("npm: {line}"))?;
        if status.success() { Ok(()) } else { Err(format!("npm install failed ({status})")) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_fetched_in_another_way_is_told_apart() {
        let package = Package { name: "@scope/tool", version: "1.2.3", scripts: false, overrides: &[] };
        let other = Package { overrides: &[("a", "1")], ..package };
        assert_ne!(package.manifest(), other.manifest());
    }
}
