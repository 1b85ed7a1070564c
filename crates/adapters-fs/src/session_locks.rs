//! The lock files that OpenClaw keeps beside its sessions while a turn runs: a witness of inference.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use domain::ports::{ActivityGauge, GaugeError};
use domain::{Activity, BusySource};
use serde::Deserialize;

use crate::nearness::Nearness;

/// After so long OpenClaw itself takes a lock for one that a crash has left behind (2026.2.12 to 2026.7.1).
const STALE_AFTER: Duration = Duration::from_secs(30 * 60);

/// A lock file is some hundred bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Watches `<state>/agents/*/sessions/*.jsonl.lock`, which OpenClaw up to 2026.7 holds while a turn runs.
///
/// A lock that a crash has left behind is told by its age, or by a gateway that has started after it. Its
/// process id says nothing here: the gateway may live in another container.
#[derive(Clone)]
pub struct SessionLocks {
    agents: PathBuf,
    nearness: Arc<Nearness>,
    gateway_started: Arc<dyn Fn() -> Option<SystemTime> + Send + Sync>,
}

/// What is inside a lock file, as far as it matters.
#[derive(Deserialize)]
struct Lock {
    #[serde(rename = "createdAt")]
    created_at: String,
}

impl SessionLocks {
    /// Watches the locks below a state folder. `gateway_started` tells when the running gateway started, as far
    /// as that is known.
    pub fn new(
        state_dir: &Path,
        gateway_started: impl Fn() -> Option<SystemTime> + Send + Sync + 'static,
    ) -> Self {
        let agents = state_dir.join("agents");
        Self { agents, nearness: Arc::default(), gateway_started: Arc::new(gateway_started) }
    }

    /// The number of live locks now.
    fn live_locks(&self, now: SystemTime) -> io::Result<usize> {
        let gateway_started = (self.gateway_started)();
        let mut live = 0;
        for agent in fs::read_dir(&self.agents)? {
            let sessions = match fs::read_dir(agent?.path().join("sessions")) {
                Ok(sessions) => sessions,
                Err(error) if is_nothing(&error) => continue,
                Err(error) => return Err(error),
            };
            for entry in sessions {
                let path = entry?.path();
                if path.as_os_str().as_encoded_bytes().ends_with(b".jsonl.lock") {
                    live += usize::from(
                        created_at(&path).is_some_and(|created| is_live(created, now, gateway_started)),
                    );
                }
            }
        }
        Ok(live)
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// When a lock was made: as it says, else as its file does. `None` where it is gone by now.
fn created_at(path: &Path) -> Option<SystemTime> {
    let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let text = if metadata.len() <= MOST_BYTES { fs::read(path).ok()? } else { Vec::new() };
    let said = serde_json::from_slice::<Lock>(&text).ok();
    said.and_then(|lock| humantime::parse_rfc3339(&lock.created_at).ok()).or_else(|| metadata.modified().ok())
}

fn is_live(created: SystemTime, now: SystemTime, gateway_started: Option<SystemTime>) -> bool {
    // A lock from the future is as old as one from the past: somebody has set the clock.
    let age = now.duration_since(created).unwrap_or_else(|future| future.duration());
    age < STALE_AFTER && gateway_started.is_none_or(|started| created >= started)
}

impl ActivityGauge for SessionLocks {
    async fn activity(&self) -> Result<Activity, GaugeError> {
        let witness = || format!("the session locks below {}", self.agents.display());
        let looked = if self.nearness.is_near() {
            Ok(self.live_locks(SystemTime::now()))
        } else {
            let locks = self.clone();
            let look = move || {
                locks.nearness.find_out(&locks.agents);
                locks.live_locks(SystemTime::now())
            };
            tokio::task::spawn_blocking(look).await
        };
        match looked {
            Ok(Ok(0)) => Ok(Activity::Idle),
            Ok(Ok(live)) => {
                let reason =
                    if live == 1 { "1 locked session".to_owned() } else { format!("{live} locked sessions") };
                Ok(Activity::Busy { source: BusySource::SessionLocks, reason })
            }
            Ok(Err(error)) if is_nothing(&error) => {
                Err(GaugeError::Absent { witness: witness(), cause: error.into() })
            }
            Ok(Err(error)) => Err(GaugeError::Failed { witness: witness(), cause: error.into() }),
            Err(error) => Err(GaugeError::Failed { witness: witness(), cause: error.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn state_with_lock(content: &str) -> TempDir {
        let state = tempfile::tempdir().unwrap();
        let sessions = state.path().join("agents/main/sessions");
        fs::create_dir_all(&sessions).unwrap();
        fs::write(sessions.join("1.jsonl"), "").unwrap();
        fs::write(sessions.join("1.jsonl.lock"), content).unwrap();
        fs::create_dir_all(state.path().join("agents/other")).unwrap();
        state
    }

    fn lock_of(created: SystemTime) -> String {
        format!(r#"{{"pid": 7, "createdAt": "{}"}}"#, humantime::format_rfc3339_millis(created))
    }

    async fn look(state: &TempDir, started: Option<SystemTime>) -> Result<Activity, GaugeError> {
        SessionLocks::new(state.path(), move || started).activity().await
    }

    fn is_busy(looked: Result<Activity, GaugeError>) -> bool {
        looked.unwrap() != Activity::Idle
    }

    #[tokio::test]
    async fn a_fresh_lock_is_inference() {
        let now = SystemTime::now();
        let state = state_with_lock(&lock_of(now));
        assert!(is_busy(look(&state, None).await));
        assert!(is_busy(look(&state, Some(now - MINUTE)).await));
    }

    #[tokio::test]
    async fn a_lock_from_before_the_gateway_started_is_a_leftover() {
        let now = SystemTime::now();
        let state = state_with_lock(&lock_of(now - MINUTE));
        assert!(!is_busy(look(&state, Some(now)).await));
    }

    #[tokio::test]
    async fn a_lock_older_than_half_an_hour_is_a_leftover() {
        let state = state_with_lock(&lock_of(SystemTime::now() - 31 * MINUTE));
        assert!(!is_busy(look(&state, None).await));
        let state = state_with_lock(&lock_of(SystemTime::now() + 31 * MINUTE));
        assert!(!is_busy(look(&state, None).await));
    }

    #[tokio::test]
    async fn a_lock_that_says_nothing_counts_from_its_file() {
        for content in ["", "{", r#"{"createdAt": "soon"}"#] {
            assert!(is_busy(look(&state_with_lock(content), None).await), "{content}");
        }
    }

    #[tokio::test]
    async fn without_agents_there_is_nobody_to_ask() {
        let state = tempfile::tempdir().unwrap();
        assert!(matches!(look(&state, None).await, Err(GaugeError::Absent { .. })));
    }
}
