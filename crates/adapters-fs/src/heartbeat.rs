//! A daemon's sign of life: a small file that is written when it starts and whose time is its loop's last turn.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::ports::{Cause, StoreError};
use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::platform::touch;
use crate::temp::Temp;

/// The file's name in lmsync's own folder.
const NAME: &str = "daemon.json";

/// What a daemon says of itself when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonNote {
    /// Its process id, as it sees itself: 1 in a container.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// From one pass to the next, in milliseconds.
    pub interval_ms: u64,
    /// How old its last sign of life may be, in milliseconds.
    pub patience_ms: u64,
    /// The model lists that it kept when it started.
    pub files: Vec<String>,
    /// Where its status server listens, if it does.
    #[serde(default)]
    pub listens: Option<SocketAddr>,
    /// The version of the OpenClaw plugin that started it, where one did.
    #[serde(default)]
    pub plugin: Option<String>,
}

/// What a daemon's heartbeat file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// No daemon has started here, or the last one has stopped.
    None,
    /// It turned this long ago, which is within its own patience.
    Alive(DaemonNote, Duration),
    /// It turned this long ago, which is too long.
    Stale(DaemonNote, Duration),
}

/// The sign of life of this process. Where it lies, one daemon gives it.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    path: PathBuf,
    note: DaemonNote,
}

impl Heartbeat {
    /// Writes the note into lmsync's own folder, which is made (mode 0700) where it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn start(folder: &Path, note: DaemonNote) -> Result<Self, StoreError> {
        let heartbeat = Self { path: folder.join(NAME), note };
        heartbeat.write()?;
        Ok(heartbeat)
    }

    /// Says that the loop has turned, now: sets the file's time, and opens nothing.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn beat(&self) -> Result<(), StoreError> {
        match touch(&self.path) {
            // Somebody has tidied up.
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.write(),
            result => result.map_err(|error| self.unwritable(Box::new(error))),
        }
    }

    /// Takes the note away: the daemon has stopped because it was asked to.
    pub fn stop(self) {
        // Left behind, it is stale soon, which is as true.
        let _ = fs::remove_file(&self.path);
    }

    fn write(&self) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(&self.note).map_err(|error| self.unwritable(Box::new(error)))?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let folder = Folder::open_or_create(folder).map_err(|error| self.unwritable(Box::new(error)))?;
        let put = || -> io::Result<()> {
            let temp = Temp::create(&folder, NAME.as_ref())?;
            temp.hand_over(None)?;
            temp.write(&text)?;
            folder.directory.rename(&temp.name, NAME.as_ref())?;
            temp.leave();
            Ok(())
        };
        // Not synced: after a power cut there is no daemon either.
        put().map_err(|error| self.unwritable(Box::new(error)))
    }

    fn unwritable(&self, cause: Cause) -> StoreError {
        StoreError::Unwritable { path: self.path.clone(), operation: "write", cause }
    }
}

impl Sign {
    /// Reads the heartbeat in a daemon's own folder.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`], also where the file is not a daemon's note.
    pub fn read(folder: &Path, now: SystemTime) -> Result<Self, StoreError> {
        let path = folder.join(NAME);
        let read = || -> io::Result<(DaemonNote, SystemTime)> {
            let note = serde_json::from_slice(&fs::read(&path)?)?;
            Ok((note, fs::metadata(&path)?.modified()?))
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::None),
            Err(cause) => Err(StoreError::Unreadable { path, cause: cause.into() }),
            Ok((note, turned)) => Ok(Self::from_note(note, turned, now)),
        }
    }

    fn from_note(note: DaemonNote, turned: SystemTime, now: SystemTime) -> Self {
        // A time in the future is no sign of life either: the clock was set back, and no turn came since.
        let age = now.duration_since(turned).unwrap_or_else(|ahead| ahead.duration());
        if age <= Duration::from_millis(note.patience_ms) { Self::Alive(note, age) } else { Self::Stale(note, age) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::is_for_owner_alone;

    fn note() -> DaemonNote {
        DaemonNote {
            pid: 7,
            version: "1.2.3".into(),
            interval_ms: 10_000,
            patience_ms: 60_000,
            files: vec!["/m.json".into()],
            listens: None,
            plugin: None,
        }
    }

    fn age_file(path: &Path, age: Duration) {
        fs::File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn a_daemon_that_has_just_started_is_alive_and_a_stopped_one_is_none() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("lmsync");
        assert_eq!(Sign::read(&folder, SystemTime::now()).unwrap(), Sign::None);
        let heartbeat = Heartbeat::start(&folder, note()).unwrap();
        assert!(matches!(Sign::read(&folder, SystemTime::now()).unwrap(), Sign::Alive(found, _) if found == note()));
        assert!(is_for_owner_alone(&folder) && is_for_owner_alone(&folder.join(NAME)));
        heartbeat.stop();
        assert_eq!(Sign::read(&folder, SystemTime::now()).unwrap(), Sign::None);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_beat_brings_a_stale_daemon_back_to_life_and_leaves_the_text_alone() {
        let folder = tempfile::tempdir().unwrap();
        let heartbeat = Heartbeat::start(folder.path(), note()).unwrap();
        let file = folder.path().join(NAME);
        let text = fs::read(&file).unwrap();
        age_file(&file, Duration::from_secs(61));
        let read = || Sign::read(folder.path(), SystemTime::now()).unwrap();
        assert!(matches!(read(), Sign::Stale(_, age) if age > Duration::from_secs(60)));
        heartbeat.beat().unwrap();
        assert!(matches!(read(), Sign::Alive(_, age) if age < Duration::from_secs(60)));
        assert_eq!(fs::read(&file).unwrap(), text);
    }

    #[test]
    fn a_beat_after_a_clean_up_writes_the_note_again() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("lmsync");
        let heartbeat = Heartbeat::start(&folder, note()).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        heartbeat.beat().unwrap();
        assert!(matches!(Sign::read(&folder, SystemTime::now()).unwrap(), Sign::Alive(..)));
    }

    #[test]
    fn a_time_far_in_the_future_is_no_sign_of_life() {
        let now = SystemTime::now();
        assert!(matches!(Sign::from_note(note(), now + Duration::from_secs(3600), now), Sign::Stale(..)));
        assert!(matches!(Sign::from_note(note(), now + Duration::from_secs(1), now), Sign::Alive(..)));
    }

    #[test]
    fn a_note_of_an_earlier_version_is_understood() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"pid":1,"version":"0.1.0","interval_ms":1,"patience_ms":60000,"files":[]}"#;
        fs::write(folder.path().join(NAME), text).unwrap();
        let sign = Sign::read(folder.path(), SystemTime::now()).unwrap();
        assert!(matches!(sign, Sign::Alive(DaemonNote { listens: None, .. }, _)), "{sign:?}");
    }

    #[test]
    fn a_file_that_is_no_note_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), "{").unwrap();
        let error = Sign::read(folder.path(), SystemTime::now()).unwrap_err();
        assert!(error.to_string().ends_with("daemon.json"), "{error}");
    }
}
