//! The lock files that OpenClaw keeps beside its sessions while a turn runs: an activity source.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use domain::ports::{ActivityError, ActivitySource};
use domain::{Activity, BusySource};
use serde::Deserialize;

use crate::process_table::{Noted, is_gone};
use crate::work::Lane;

/// After so long OpenClaw itself takes a lock for one that a crash has left behind (2026.2.12 to 2026.7.1).
const STALE_AFTER: Duration = Duration::from_secs(30 * 60);

/// A lock file is some hundred bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Watches `<state>/agents/*/sessions/*.jsonl.lock`, which OpenClaw up to 2026.7 holds while a turn runs.
///
/// A crash leaves its lock behind. Such a leftover is known by its age, by a gateway that started after it, or by a
/// process that is gone while no gateway runs. The process alone proves nothing: one in another container is not
/// listed here, and its turn counts as long as its gateway may run.
#[derive(Clone)]
pub struct SessionLocks {
    agents: PathBuf,
    lane: Lane,
    gateway: Arc<GatewayRun>,
}

/// What the locks are compared with.
pub struct GatewayRun {
    /// When the running gateway started, as far as that is known.
    pub started: Box<dyn Fn() -> Option<SystemTime> + Send + Sync>,
    /// Whether surely no gateway runs now. Asked only where a lock's process is not listed here.
    pub is_over: Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>,
}

/// What is inside a lock file, as far as it matters.
#[derive(Deserialize)]
struct Lock {
    #[serde(rename = "createdAt")]
    created_at: Option<String>,
    /// The process that runs the turn, by its number in its own container.
    pid: Option<u32>,
    /// When that process started, in clock ticks since the machine booted (2026.3 and later).
    starttime: Option<u64>,
}

/// The locks that are neither too old nor from before the gateway started.
#[derive(Debug, Default, Clone, Copy)]
struct Locks {
    /// Those whose process runs, or may run.
    held: usize,
    /// Those whose process is not listed here.
    orphaned: usize,
}

impl SessionLocks {
    /// Watches the locks below a state folder.
    pub fn new(state_dir: &Path, gateway: GatewayRun) -> Self {
        let agents = state_dir.join("agents");
        Self { agents, lane: Lane::default(), gateway: Arc::new(gateway) }
    }

    /// The locks that may be of a turn that runs now.
    fn locks(&self, now: SystemTime) -> io::Result<Locks> {
        let gateway_started = (self.gateway.started)();
        let mut locks = Locks::default();
        for agent in fs::read_dir(&self.agents)? {
            let sessions = match fs::read_dir(agent?.path().join("sessions")) {
                Ok(sessions) => sessions,
                Err(error) if is_nothing(&error) => continue,
                Err(error) => return Err(error),
            };
            for entry in sessions {
                let path = entry?.path();
                if !path.as_os_str().as_encoded_bytes().ends_with(b".jsonl.lock") {
                    continue;
                }
                match read(&path) {
                    Some((created, _)) if !is_live(created, now, gateway_started) => {}
                    Some((_, Some(process))) if is_gone(process) => locks.orphaned += 1,
                    Some(_) => locks.held += 1,
                    None => {}
                }
            }
        }
        Ok(locks)
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// When a lock was made, as it says, else as its file does; and by which process. `None` where it is gone by now.
fn read(path: &Path) -> Option<(SystemTime, Option<Noted>)> {
    let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let text = if metadata.len() <= MOST_BYTES { fs::read(path).ok()? } else { Vec::new() };
    let lock = serde_json::from_slice::<Lock>(&text).ok();
    let said = lock.as_ref().and_then(|lock| humantime::parse_rfc3339(lock.created_at.as_deref()?).ok());
    let process = lock.and_then(|lock| Some(Noted { pid: lock.pid?, started: lock.starttime }));
    Some((said.or_else(|| metadata.modified().ok())?, process))
}

fn is_live(created: SystemTime, now: SystemTime, gateway_started: Option<SystemTime>) -> bool {
    // A lock from the future is as old as one from the past: somebody has set the clock.
    let age = now.duration_since(created).unwrap_or_else(|future| future.duration());
    age < STALE_AFTER && gateway_started.is_none_or(|started| created >= started)
}

fn busy(locked: usize) -> Activity {
    let reason = match locked {
        0 => return Activity::Idle,
        1 => "1 locked session".to_owned(),
        several => format!("{several} locked sessions"),
    };
    Activity::Busy { source: BusySource::SessionLocks, reason }
}

impl ActivitySource for SessionLocks {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        let activity_source = format!("the session locks below {}", self.agents.display());
        let locks = self.clone();
        let looked = self.lane.run(move || locks.locks(SystemTime::now())).await;
        match looked.and_then(|locks| locks) {
            Ok(Locks { held, orphaned }) => {
                // While a gateway may run, an orphaned lock may be of its turn in another container.
                let orphans_count = orphaned > 0 && !(self.gateway.is_over)().await;
                Ok(busy(held + if orphans_count { orphaned } else { 0 }))
            }
            Err(error) if is_nothing(&error) => Err(ActivityError::Absent { activity_source, cause: error.into() }),
            Err(error) => Err(ActivityError::Failed { activity_source, cause: error.into() }),
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
        lock_by(std::process::id(), created)
    }

    fn lock_by(pid: u32, created: SystemTime) -> String {
        format!(r#"{{"pid": {pid}, "createdAt": "{}"}}"#, humantime::format_rfc3339_millis(created))
    }

    async fn read_locks(state: &TempDir, started: Option<SystemTime>) -> Result<Activity, ActivityError> {
        read_locks_with(state, started, false).await
    }

    async fn read_locks_with(
        state: &TempDir,
        started: Option<SystemTime>,
        over: bool,
    ) -> Result<Activity, ActivityError> {
        let gateway = GatewayRun {
            started: Box::new(move || started),
            is_over: Box::new(move || Box::pin(std::future::ready(over))),
        };
        SessionLocks::new(state.path(), gateway).activity().await
    }

    /// The number of a process that has just ended.
    fn ended() -> u32 {
        let this = std::env::current_exe().unwrap();
        let mut child =
            std::process::Command::new(this).arg("--list").stdout(std::process::Stdio::null()).spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    fn is_busy(looked: Result<Activity, ActivityError>) -> bool {
        looked.unwrap() != Activity::Idle
    }

    #[tokio::test]
    async fn a_fresh_lock_is_inference() {
        let now = SystemTime::now();
        let state = state_with_lock(&lock_of(now));
        assert!(is_busy(read_locks(&state, None).await));
        assert!(is_busy(read_locks(&state, Some(now - MINUTE)).await));
    }

    #[tokio::test]
    async fn a_lock_from_before_the_gateway_started_is_a_leftover() {
        let now = SystemTime::now();
        let state = state_with_lock(&lock_of(now - MINUTE));
        assert!(!is_busy(read_locks(&state, Some(now)).await));
    }

    #[tokio::test]
    async fn a_lock_older_than_half_an_hour_is_a_leftover() {
        let state = state_with_lock(&lock_of(SystemTime::now() - 31 * MINUTE));
        assert!(!is_busy(read_locks(&state, None).await));
        let state = state_with_lock(&lock_of(SystemTime::now() + 31 * MINUTE));
        assert!(!is_busy(read_locks(&state, None).await));
    }

    #[tokio::test]
    async fn a_lock_whose_process_is_gone_counts_while_a_gateway_may_run() {
        let state = state_with_lock(&lock_by(ended(), SystemTime::now()));
        assert!(is_busy(read_locks_with(&state, None, false).await), "it may run in another container");
        assert!(!is_busy(read_locks_with(&state, None, true).await));
    }

    #[tokio::test]
    async fn a_lock_whose_process_runs_counts_without_a_gateway() {
        let state = state_with_lock(&lock_of(SystemTime::now()));
        assert!(is_busy(read_locks_with(&state, None, true).await));
        let state = state_with_lock("{}");
        assert!(is_busy(read_locks_with(&state, None, true).await), "it names no process");
    }

    #[tokio::test]
    async fn a_lock_that_says_nothing_counts_from_its_file() {
        for content in ["", "{", r#"{"createdAt": "soon"}"#] {
            assert!(is_busy(read_locks(&state_with_lock(content), None).await), "{content}");
        }
    }

    #[tokio::test]
    async fn without_agents_there_is_nobody_to_ask() {
        let state = tempfile::tempdir().unwrap();
        assert!(matches!(read_locks(&state, None).await, Err(ActivityError::Absent { .. })));
    }
}
