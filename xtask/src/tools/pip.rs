//! Fetches Python packages, each into a virtual environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::folder;
use crate::process;
use crate::workspace::on_path;

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// A server from PyPI, and all that it is made of: one pinned package a line, so that no later version breaks a test.
/// Packages are left out where the server starts without them.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) requirements: &'static str,
}

/// LiteLLM's proxy. Versions 1.82.7, 1.82.8 and 1.107.0 were published by somebody else and steal secrets.
pub(super) const LITELLM: Server =
    Server { name: "litellm", requirements: include_str!("requirements/litellm.txt") };

/// lm-proxy, which lists the patterns of its routes.
pub(super) const LM_PROXY: Server =
    Server { name: "lm-proxy", requirements: include_str!("requirements/lm-proxy.txt") };

/// llama.cpp's server, compiled into a Python package.
pub(super) const LLAMA_CPP: Server =
    Server { name: "xllamacpp", requirements: include_str!("requirements/xllamacpp.txt") };

impl Server {
    /// The Python that has it, fetched below `tools` if it is not there yet.
    pub(super) fn fetch(&self, tools: &Path) -> Result<PathBuf, String> {
        let pinned =
            self.requirements.lines().find_map(|line| line.strip_prefix(self.name)?.strip_prefix("=="));
        let label = format!("{}-{}", self.name, pinned.unwrap_or("unpinned"));
        let packages: Vec<&str> = self.requirements.lines().collect();
        let place = folder::whole(tools, &label, self.requirements, |folder| {
            install(folder, &[&["--no-deps"], packages.as_slice()].concat())
        });
        Ok(place.map_err(|why| format!("cannot fetch {label} with pip: {why}"))?.join("bin/python"))
    }
}

/// The Python that has this package, fetched below `tools` if it is not there yet.
pub(super) fn python_with(tools: &Path, name: &str, version: &str) -> Result<PathBuf, String> {
    let label = format!("{name}-{version}");
    let requirement = format!("{name}=={version}");
    let place = folder::whole(tools, &label, &requirement, |folder| install(folder, &[&requirement]));
    Ok(place.map_err(|why| format!("cannot fetch {label} with pip: {why}"))?.join("bin/python"))
}

fn install(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let system = on_path("python3").ok_or("python3 is not installed")?;
    run(Command::new(system).args(["-m", "venv"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(folder.join("bin/python")).args(pip).args(arguments))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = process::run(command, LIMIT, |line| println!("pip: {line}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_of_a_server_is_pinned_and_the_server_is_among_them() {
        for server in [LITELLM, LM_PROXY, LLAMA_CPP] {
            let pins: Vec<(&str, &str)> =
                server.requirements.lines().map(|line| line.split_once("==").unwrap()).collect();
            assert_eq!(pins.iter().filter(|(name, _)| *name == server.name).count(), 1, "{}", server.name);
        }
    }
}
