//! The daemon of these settings, as another process sees it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use adapters_fs::{DaemonNote, Sign};
use adapters_http::{StatusClient, Tls};
use config::Settings;
use domain::Chain;
use serde_json::Value;

/// How long the daemon may take to answer: it is near.
const LIMIT: Duration = Duration::from_secs(3);

/// What a look for the daemon finds.
pub(crate) enum Seen {
    /// None has left its note, or the last one has taken it away.
    Nobody { folder: PathBuf, plugin_is_enabled: bool },
    /// It has not been active for longer than it may.
    Stale { note: DaemonNote, age: Duration },
    /// It runs, and shows nothing.
    Off { note: DaemonNote, age: Duration },
    /// It runs, and does not answer where it says that it does.
    Silent { note: DaemonNote, age: Duration, why: String },
    /// It runs, and says this.
    Answers { note: DaemonNote, age: Duration, status: Value },
}

impl Seen {
    /// Reads the daemon's note, and asks the daemon for its status.
    ///
    /// # Errors
    /// Why the note cannot be read.
    pub(crate) async fn read(settings: &Settings, tls: &Tls) -> Result<Self, String> {
        let folder = settings.own_folder.clone();
        let sign = Sign::read(&folder, SystemTime::now()).map_err(|error| Chain(&error).to_string())?;
        let (note, age) = match sign {
            Sign::None => return Ok(Self::Nobody { folder, plugin_is_enabled: settings.plugin_is_enabled }),
            Sign::Stale(note, age) => return Ok(Self::Stale { note, age }),
            Sign::Alive(note, age) => (note, age),
        };
        let Some(listens) = note.listens else { return Ok(Self::Off { note, age }) };
        let client = StatusClient::new(listens, tls.clone(), LIMIT);
        let answer = match client.status().await {
            Ok(answer) => serde_json::from_slice::<Value>(&answer).ok().filter(|status| is_of(&note, status)),
            Err(error) => return Ok(Self::Silent { note, age, why: Chain(&error).to_string() }),
        };
        Ok(match answer {
            Some(status) => Self::Answers { note, age, status },
            None => Self::Silent { note, age, why: format!("another program answers at {listens}") },
        })
    }

    /// That it runs, in a sentence without a full stop; `None` where none does.
    pub(crate) fn runs(&self) -> Option<String> {
        let (Self::Off { note, age } | Self::Silent { note, age, .. } | Self::Answers { note, age, .. }) = self else {
            return None;
        };
        let by = if note.plugin.is_some() { ", started by OpenClaw's lmsync plugin" } else { "" };
        let (version, pid, age) = (&note.version, note.pid, age.as_secs());
        Some(format!("lmsync {version} runs (process {pid}{by}), and was active {age} s ago"))
    }
}

/// Whether a status is that of the daemon that has left the note, and not of another one on the same port.
fn is_of(note: &DaemonNote, status: &Value) -> bool {
    status["daemon"]["pid"] == note.pid && status["daemon"]["version"] == note.version.as_str()
}
