//! The right to keep a file: one daemon has it at a time, for as long as its process lives.
//!
//! It is a lock (`flock` on POSIX) on a small file beside what is kept, so it holds across containers that share the
//! folder, and goes with a process that is killed. A file system that knows no locks grants it to everybody.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use domain::ports::StoreError;

use crate::folder::{Folder, unwritable};
use crate::made_folders;
use crate::platform::{Lock, Stat, host_name};

/// The lock of lmsync's own folder.
const OWN: &str = "daemon.lock";

/// What follows a file's name in the name of its lock.
const BESIDE: &str = ".lmsync.lock";

/// The longest text that is read as the name of the process that has the right.
const LONGEST: u64 = 200;

/// The right to one folder or file, had or wanted.
#[derive(Debug)]
pub struct Guard {
    path: PathBuf,
    /// Whether the lock's folder is made where it is missing.
    makes_folder: bool,
    lock: Option<File>,
}

/// Who has the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// This process.
    Ours,
    /// Another one, which calls itself so: `process 7 on host`.
    Theirs(String),
}

impl Guard {
    /// The right to lmsync's own folder, in which a daemon writes its heartbeat.
    #[must_use]
    pub fn of_folder(own_folder: &Path) -> Self {
        Self { path: own_folder.join(OWN), makes_folder: true, lock: None }
    }

    /// The right to a models.json, wherever each daemon's own folder is. A missing folder is not locked.
    #[must_use]
    pub fn of_file(models_json: &Path) -> Self {
        let name = models_json.file_name().unwrap_or_default();
        let lock = [OsStr::new("."), name, OsStr::new(BESIDE)].into_iter().collect::<OsString>();
        let path = models_json.with_file_name(lock);
        Self { path, makes_folder: false, lock: None }
    }

    /// Takes the right, or checks that this process still has it: another program may have removed the folder and its
    /// content. Costs the opening of the folder and two `stat`s where it is.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] where no other daemon can be excluded.
    pub fn hold(&mut self) -> Result<Hold, StoreError> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let folder = if self.makes_folder {
            made_folders::remember_missing(folder, folder)?;
            Folder::open_or_create(folder)?
        } else {
            match Folder::open(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Hold::Ours),
                opened => opened.map_err(|error| unwritable(folder, "open", error))?,
            }
        };
        let name = self.path.file_name().unwrap_or_default();
        let fault = |error| unwritable(&self.path, "lock", error);
        if let Some(lock) = &self.lock
            && is_at(lock, &folder, name).map_err(fault)?
        {
            return Ok(Hold::Ours);
        }
        self.lock = None;
        loop {
            let file = match folder.directory.lock_file(name).map_err(fault)? {
                Lock::Ours(file) => file,
                Lock::Theirs(file) => return Ok(Hold::Theirs(holder(&file))),
            };
            // The process that had it may have removed the file when it ended.
            if is_at(&file, &folder, name).map_err(fault)? {
                // For the other daemon's log alone: a failure is no reason not to hold the right.
                let _ = folder.directory.sign_lock(name, &file, &me());
                self.lock = Some(file);
                return Ok(Hold::Ours);
            }
        }
    }

    /// Gives the right up, to be taken again later.
    pub fn yield_up(&mut self) {
        self.lock = None;
    }

    /// Gives the right up for good, and takes the lock away.
    pub fn release(self) {
        let Some(lock) = self.lock else { return };
        let folder = Folder::open(self.path.parent().unwrap_or(Path::new("")));
        if let (Ok(folder), Some(name)) = (folder, self.path.file_name())
            && let Ok(true) = is_at(&lock, &folder, name)
        {
            // Left behind, it is taken by the next one.
            let _ = folder.directory.release_lock(name, lock);
        }
    }
}

/// Whether the file of that name is this one.
fn is_at(file: &File, folder: &Folder, name: &OsStr) -> io::Result<bool> {
    let held = Stat::of_file(file)?;
    let found = folder.directory.find(name)?;
    Ok(found.is_some_and(|found| found.is_same_file(&held)))
}

fn me() -> String {
    format!("process {} on {}\n", std::process::id(), host_name())
}

fn holder(file: &File) -> String {
    let mut text = String::new();
    let read = file.take(LONGEST).read_to_string(&mut text);
    let text = text.trim();
    let shown = read.is_ok() && !text.is_empty() && !text.chars().any(char::is_control);
    if shown { text.to_owned() } else { "one that does not say which".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn is_theirs(hold: &Hold) -> bool {
        matches!(hold, Hold::Theirs(who) if who.starts_with(&format!("process {} on ", std::process::id())))
    }

    #[test]
    fn one_has_it_until_it_is_given_up_and_then_the_other() {
        let state = tempfile::tempdir().unwrap();
        let own = state.path().join("lmsync");
        let (mut first, mut second) = (Guard::of_folder(&own), Guard::of_folder(&own));
        assert_eq!(first.hold().unwrap(), Hold::Ours);
        assert_eq!(first.hold().unwrap(), Hold::Ours, "and keeps it");
        assert!(is_theirs(&second.hold().unwrap()));
        first.release();
        assert_eq!(second.hold().unwrap(), Hold::Ours);
        second.release();
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0, "nothing is left behind");
    }

    // Windows removes no file that is held.
    #[cfg(unix)]
    #[test]
    fn a_locked_file_is_checked_to_be_the_one_in_place() {
        let state = tempfile::tempdir().unwrap();
        let (mut first, mut second) = (Guard::of_folder(state.path()), Guard::of_folder(state.path()));
        assert_eq!(first.hold().unwrap(), Hold::Ours);
        fs::remove_file(state.path().join(OWN)).unwrap();
        assert_eq!(second.hold().unwrap(), Hold::Ours);
        assert!(is_theirs(&first.hold().unwrap()), "what was removed guards nothing any more");
        first.release();
        assert!(is_theirs(&Guard::of_folder(state.path()).hold().unwrap()), "only its own is taken away");
    }

    #[test]
    fn a_file_is_guarded_by_its_place_and_one_without_a_folder_by_nothing() {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("agent/models.json");
        let (mut first, mut second) = (Guard::of_file(&file), Guard::of_file(&file));
        assert_eq!((first.hold().unwrap(), second.hold().unwrap()), (Hold::Ours, Hold::Ours));
        assert!(!file.parent().unwrap().exists(), "no folder is made for it");
        fs::create_dir(file.parent().unwrap()).unwrap();
        assert_eq!(first.hold().unwrap(), Hold::Ours);
        assert!(is_theirs(&second.hold().unwrap()));
        assert_eq!(Guard::of_file(&file.with_file_name("other.json")).hold().unwrap(), Hold::Ours);
        first.yield_up();
        assert_eq!(second.hold().unwrap(), Hold::Ours);
    }

    #[test]
    fn what_cannot_be_locked_is_named() {
        let state = tempfile::tempdir().unwrap();
        fs::create_dir(state.path().join(OWN)).unwrap();
        let error = Guard::of_folder(state.path()).hold().unwrap_err();
        assert!(error.to_string().contains(OWN), "{error}");
    }
}
