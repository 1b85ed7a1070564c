//! Fetches Python packages, each into a virtual environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::folder;
use crate::process;
use crate::workspace::on_path;

const LIMIT: Duration = Duration::from_secs(5 * 60);

/// The Python that has this package, fetched below `tools` if it is not there yet.
pub(super) fn python_with(tools: &Path, name: &str, version: &str) -> Result<PathBuf, String> {
    let label = format!("{name}-{version}");
    let requirement = format!("{name}=={version}");
    let place = folder::whole(tools, &label, &requirement, |folder| install(folder, &requirement));
    Ok(place.map_err(|why| format!("cannot fetch {label} with pip: {why}"))?.join("bin/python"))
}

fn install(folder: &Path, requirement: &str) -> Result<(), String> {
    let system = on_path("python3").ok_or("python3 is not installed")?;
    run(Command::new(system).args(["-m", "venv"]).arg(folder))?;
    run(Command::new(folder.join("bin/python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        requirement,
    ]))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = process::run(command, LIMIT, |line| println!("pip: {line}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})")) }
}
