//! Whether the same sources, in another folder, give the same programs.

use std::fs;
use std::process::Command;

use super::{Built, say};
use crate::archive::sha256;
use crate::workspace::Workspace;

/// Builds each program once more, from a copy of the sources elsewhere.
pub(super) fn compare(workspace: &Workspace, built: &[Built]) -> Result<(), String> {
    let copy = workspace.target().join("dist-again/a-copy-elsewhere");
    let _ = fs::remove_dir_all(&copy);
    let files = Command::new("git").current_dir(workspace.root()).args(["ls-files", "-z"]).output();
    let files = files.map_err(|error| format!("cannot run git: {error}"))?.stdout;
    for name in files.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = String::from_utf8_lossy(name).into_owned();
        let (from, to) = (workspace.root().join(&name), copy.join(&name));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|error| say(parent, &error))?;
        }
        fs::copy(&from, &to).map_err(|error| say(&from, &error))?;
    }
    let mut different = Vec::new();
    for Built { target, path } in built {
        let second = target.release(workspace, &copy, &copy.join("target"))?;
        let (first, second) = (sha256(path)?, sha256(&second)?);
        println!("{}\n{first}  built in {}", target.triple, workspace.root().display());
        println!("{second}  built in {}", copy.display());
        if first != second {
            different.push(target.triple);
        }
    }
    if different.is_empty() {
        return Ok(());
    }
    Err(format!("two builds of the same sources differ for {}", different.join(", ")))
}
