//! The folders that lmsync made, remembered in its own folder, so that `lmsync remove` can take them away again.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::ports::StoreError;

use crate::memory::Memory;

/// The memory's name in lmsync's own folder.
const NAME: &str = "made-folders.json";

/// What else lmsync leaves in its own folder, and needs no more once all is taken out: the daemon's lock and the device
/// key. What it remembers of OpenClaw's files goes as soon as it is put back.
const LEFTOVERS: [&str; 2] = ["daemon.lock", "device.key"];

/// The lock that a daemon leaves beside a models.json where it was killed.
const LOCK: &str = ".models.json.lmsync.lock";

/// Remembers which folders on the way to `folder` and to lmsync's own are missing, before they are made. Costs a
/// `stat` of each where none is. A folder that somebody else makes meanwhile is only ever removed while it is empty.
///
/// # Errors
/// [`StoreError`]; then nothing is remembered.
pub(crate) fn remember_missing(own_folder: &Path, folder: &Path) -> Result<(), StoreError> {
    let missing = missing(folder).chain(missing(own_folder));
    // That its own folder is lmsync's, its name says.
    let missing: BTreeSet<PathBuf> = missing.filter(|path| *path != own_folder).map(Path::to_owned).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let memory = Memory::in_folder(own_folder, NAME);
    let (made, over) = memory.read::<BTreeSet<PathBuf>>()?;
    let all: BTreeSet<PathBuf> = made.union(&missing).cloned().collect();
    if all == made { Ok(()) } else { memory.write(&all, &over) }
}

/// Takes away the folders that lmsync made and that hold nothing else, the deepest first: those that are remembered,
/// and its own folder. `agent_folders` are those in which lmsync kept a models.json. Gives the folders that are gone.
///
/// To be called once nothing of lmsync's is in OpenClaw's files any more, while no daemon runs.
pub fn remove_made_folders(own_folder: &Path, agent_folders: &[PathBuf]) -> Vec<PathBuf> {
    let memory = Memory::in_folder(own_folder, NAME);
    let made = memory.read::<BTreeSet<PathBuf>>();
    let mut folders: BTreeSet<PathBuf> = made.map(|(made, _)| made).unwrap_or_default();
    folders.insert(own_folder.to_owned());
    let leftovers = LEFTOVERS.iter().map(|name| own_folder.join(name));
    let locks = agent_folders.iter().map(|folder| folder.join(LOCK));
    for file in leftovers.chain(locks) {
        // What cannot be removed keeps its folder, and does no harm there.
        let _ = fs::remove_file(file);
    }
    let _ = memory.clear();
    // A folder sorts before what is in it.
    folders.into_iter().rev().filter(|folder| fs::remove_dir(folder).is_ok()).collect()
}

/// The folders on the way to this one that are missing, itself included.
fn missing(folder: &Path) -> impl Iterator<Item = &Path> {
    let is_missing =
        |folder: &&Path| fs::symlink_metadata(folder).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    folder.ancestors().filter(|folder| !folder.as_os_str().is_empty()).take_while(is_missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_folders_go_while_they_are_empty_and_those_that_were_there_stay() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("home/.openclaw");
        let (own, main) = (state.join("lmsync"), state.join("agents/main/agent"));
        fs::create_dir(home.path().join("home")).unwrap();
        remember_missing(&own, &main).unwrap();
        fs::create_dir_all(&main).unwrap();
        remember_missing(&own, &state.join("agents/work/agent")).unwrap();
        fs::create_dir_all(state.join("agents/work/agent")).unwrap();
        fs::write(state.join("agents/work/theirs"), "").unwrap();
        fs::write(main.join(LOCK), "").unwrap();
        fs::write(own.join("daemon.lock"), "").unwrap();

        let gone = remove_made_folders(&own, std::slice::from_ref(&main));
        assert!(!own.exists() && !state.join("agents/main").exists(), "{gone:?}");
        assert!(!state.join("agents/work/agent").exists() && state.join("agents/work/theirs").exists());
        fs::remove_file(state.join("agents/work/theirs")).unwrap();
        assert_eq!(remove_made_folders(&own, &[]), Vec::<PathBuf>::new(), "what is not remembered stays");
        assert!(state.join("agents/work").exists());
    }

    #[test]
    fn where_all_was_made_nothing_is_left() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join(".openclaw");
        let (own, main) = (state.join("lmsync"), state.join("agents/main/agent"));
        remember_missing(&own, &main).unwrap();
        fs::create_dir_all(&main).unwrap();
        let gone = remove_made_folders(&own, std::slice::from_ref(&main));
        assert_eq!(gone.last(), Some(&state));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_remembered_where_all_is_there() {
        let state = tempfile::tempdir().unwrap();
        let own = state.path().join("lmsync");
        fs::create_dir(&own).unwrap();
        remember_missing(&own, state.path()).unwrap();
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    }
}
