//! A folder of its own for each fetched program, which is there whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Written last: a folder with other content, or without, is fetched again.
const STAMP: &str = "fetched.json";

/// What unfinished folders are called; all of them are swept under the lock.
const UNFINISHED: &str = ".unfinished-";

/// The folder of that label below `tools`, filled by `fill` if it is not there yet with just this `manifest`.
pub(super) fn whole(
    tools: &Path,
    label: &str,
    manifest: &str,
    fill: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let place = tools.join(label);
    let say = |error: io::Error| format!("{}: {error}", tools.display());
    if is_whole(&place, manifest) {
        return Ok(place);
    }
    fs::create_dir_all(tools).map_err(say)?;
    // Held until the end: another run waits here, and then finds the work done.
    let lock = File::create(tools.join(".lock")).map_err(say)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| say(error.into()))?;
    if is_whole(&place, manifest) {
        return Ok(place);
    }
    sweep(tools).map_err(say)?;
    println!("fetching {label} into {}", tools.display());
    let unfinished = tools.join(format!("{UNFINISHED}{label}"));
    fs::create_dir(&unfinished).map_err(say)?;
    fill(&unfinished)?;
    fs::write(unfinished.join(STAMP), manifest).map_err(say)?;
    if place.exists() {
        fs::remove_dir_all(&place).map_err(say)?;
    }
    fs::rename(&unfinished, &place).map_err(say)?;
    Ok(place)
}

fn is_whole(place: &Path, manifest: &str) -> bool {
    fs::read_to_string(place.join(STAMP)).is_ok_and(|stamp| stamp == manifest)
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

    fn never(_: &Path) -> Result<(), String> {
        Err("fetched".into())
    }

    #[test]
    fn a_whole_folder_is_taken_as_it_is_and_another_one_is_fetched_again() {
        let tools = tempfile::tempdir().unwrap();
        let place = whole(tools.path(), "tool-1", "a", |folder| {
            fs::write(folder.join("x"), "").map_err(|error| error.to_string())
        });
        assert_eq!(place.unwrap(), tools.path().join("tool-1"));
        assert!(tools.path().join("tool-1/x").exists());
        assert_eq!(whole(tools.path(), "tool-1", "a", never).unwrap(), tools.path().join("tool-1"));
        assert_eq!(whole(tools.path(), "tool-1", "b", never).unwrap_err(), "fetched");
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
