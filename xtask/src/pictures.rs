//! `cargo xtask pictures`: takes the pictures of README again, of the real programs.

use std::fs;

use crate::test;
use crate::workspace::Workspace;

/// The suite that leaves them in `target/pictures`.
const SUITE: &str = "pictures";

/// The suite that leaves the page in each state in `target/states`.
const STATES: &str = "states";

/// Takes the page in each state, for a person to look at.
pub(crate) fn run_states() -> Result<(), String> {
    test::run(&[STATES])?;
    println!("took {}", Workspace::load()?.target().join(STATES).display());
    Ok(())
}

pub(crate) fn run() -> Result<(), String> {
    test::run(&[SUITE])?;
    let workspace = Workspace::load()?;
    let (from, to) = (workspace.target().join(SUITE), workspace.root().join("docs/img"));
    let failed = |what: &dyn std::fmt::Display, error: std::io::Error| format!("{what}: {error}");
    fs::create_dir_all(&to).map_err(|error| failed(&to.display(), error))?;
    for entry in fs::read_dir(&from).map_err(|error| failed(&from.display(), error))? {
        let entry = entry.map_err(|error| failed(&from.display(), error))?;
        let name = entry.file_name();
        if entry.path().extension().is_some_and(|extension| extension == "webp") {
            fs::copy(entry.path(), to.join(&name)).map_err(|error| failed(&entry.path().display(), error))?;
            println!("took docs/img/{}", name.to_string_lossy());
        }
    }
    Ok(())
}
