//! Fetches Python packages, each into a virtual environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::folder;
use crate::process;
use crate::workspace::on_path;

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// A program from PyPI, and all that it is made of: one pinned package a line, so that no later version breaks a test.
/// Packages are left out where a server starts without them.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) requirements: &'static str,
}

/// LiteLLM's proxy. Versions 1.82.7, 1.82.8 and 1.107.0 were published by somebody else and steal secrets.
pub(super) const LITELLM: Program = Program { name: "litellm", requirements: include_str!("requirements/litellm.txt") };

/// lm-proxy, which lists the patterns of its routes.
pub(super) const LM_PROXY: Program =
    Program { name: "lm-proxy", requirements: include_str!("requirements/lm-proxy.txt") };

/// llama.cpp's server, compiled into a Python package.
pub(super) const LLAMA_CPP: Program =
    Program { name: "xllamacpp", requirements: include_str!("requirements/xllamacpp.txt") };

/// What links programs for macOS. Its packages are pinned by hash, since what they make is released.
pub(super) const ZIGBUILD: Program =
    Program { name: "cargo-zigbuild", requirements: include_str!("requirements/cargo-zigbuild.txt") };

/// What checks the workflows: zizmor, and check-jsonschema, which brings GitHub's schema.
pub(super) const ZIZMOR: Program = Program { name: "zizmor", requirements: include_str!("requirements/zizmor.txt") };

impl Program {
    /// The Python that has it, fetched below `tools` if it is not there yet.
    pub(super) fn fetch(&self, tools: &Path) -> Result<PathBuf, String> {
        let pinned = self.requirements.lines().find_map(|line| line.strip_prefix(self.name)?.strip_prefix("=="));
        let pinned = pinned.and_then(|rest| rest.split(' ').next());
        let label = format!("{}-{}", self.name, pinned.unwrap_or("unpinned"));
        let place = folder::whole(tools, &label, self.requirements, |folder| {
            // Hashes count in a file alone. Python's own module makes the folder, whatever is in it.
            let list = folder.join("requirements.txt");
            fs::write(&list, self.requirements).map_err(|error| error.to_string())?;
            install(folder, &["--no-deps", "--requirement", &list.display().to_string()])
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
    fn every_package_of_a_program_is_pinned_and_the_program_is_among_them() {
        for program in [LITELLM, LM_PROXY, LLAMA_CPP, ZIGBUILD, ZIZMOR] {
            let pins: Vec<(&str, &str)> =
                program.requirements.lines().map(|line| line.split_once("==").unwrap()).collect();
            assert_eq!(pins.iter().filter(|(name, _)| *name == program.name).count(), 1, "{}", program.name);
        }
    }

    #[test]
    fn what_links_a_release_is_pinned_by_its_hash() {
        assert!(ZIGBUILD.requirements.lines().all(|line| line.contains(" --hash=sha256:")));
    }
}
