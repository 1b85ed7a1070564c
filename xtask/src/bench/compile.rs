//! What it takes to build and to test: printed, so that it does not grow unseen.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::process;
use crate::workspace::{Workspace, cargo};

use super::figure::Figure;

const LIMIT: Duration = Duration::from_secs(40 * 60);

/// Builds from nothing, and again after a change of the innermost crate.
pub(super) fn measure(workspace: &Workspace) -> Result<Vec<Figure>, String> {
    let folder = workspace.target().join("bench/clean");
    let remove = || match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(()),
    };
    let build = |profile: &[&str]| {
        timed(cargo().args(["build", "--package", "lmsync"]).args(profile).arg("--target-dir").arg(&folder))
    };
    remove()?;
    let clean = build(&["--release"])?;
    build(&[])?;
    touch(&workspace.root().join("crates/domain/src/lib.rs"))?;
    let incremental = build(&[])?;
    remove()?;
    let mut figures = vec![
        Figure::time("build.clean", "clean build, release", clean),
        Figure::time("build.incremental", "build after a change of the domain, debug", incremental),
    ];
    if let Ok(text) = fs::read_to_string(tests(workspace))
        && let Ok(seconds) = text.trim().parse()
    {
        figures.push(Figure::time("build.test", "`cargo xtask test`, the last one", Duration::from_secs(seconds)));
    }
    Ok(figures)
}

/// Notes how long all tests took.
pub(crate) fn note_tests(workspace: &Workspace, took: Duration) {
    // Where it cannot be noted, it is not shown.
    let _ = fs::write(tests(workspace), took.as_secs().to_string());
}

fn tests(workspace: &Workspace) -> PathBuf {
    workspace.target().join("tests-took-seconds")
}

fn timed(command: &mut Command) -> Result<Duration, String> {
    let began = Instant::now();
    let status = process::run(command, LIMIT, |line| println!("{line}"))?;
    if status.success() { Ok(began.elapsed()) } else { Err("the program did not build".into()) }
}

fn touch(path: &Path) -> Result<(), String> {
    let touched = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    touched.map_err(|error| format!("cannot touch {}: {error}", path.display()))
}
