//! The daemon's heartbeat file: written at the start, then at most every few seconds, and removed at the end.

use std::cell::Cell;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use adapters_fs::{DaemonNote, Heartbeat, Lane};
use config::Settings;
use domain::Chain;
use tokio::time::timeout;
use tracing::{debug, warn};

/// The shortest time between two heartbeats.
const EVERY: Duration = Duration::from_secs(15);

/// How long the end of the program waits until the sign is taken away.
const STOP: Duration = Duration::from_secs(1);

/// Every daemon may be silent for so long: a machine that wakes up, a disk that spins up.
const LEAST_PATIENCE: Duration = Duration::from_secs(60);

/// The heartbeat of this process; none where its folder cannot be written, which does not stop the daemon.
pub(crate) struct Pulse {
    heartbeat: Option<Heartbeat>,
    lane: Lane,
    last: Cell<Instant>,
    fails: Arc<AtomicBool>,
}

impl Pulse {
    /// Writes the first heartbeat.
    pub(crate) async fn start(settings: &Settings, files: Vec<String>, listens: Option<SocketAddr>) -> Self {
        let Settings { own_folder: folder, interval, timeout, started_by_plugin: plugin, .. } = settings.clone();
        let note = DaemonNote {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            interval_ms: milliseconds(interval),
            patience_ms: milliseconds(patience(interval, timeout)),
            files,
            listens,
            plugin,
        };
        let lane = Lane::default();
        let heartbeat = match lane.run(move || Heartbeat::start(&folder, note)).await {
            Ok(started) => started.inspect_err(|error| warn_of_failure(error)).ok(),
            Err(error) => {
                warn_of_failure(&error);
                None
            }
        };
        Self { heartbeat, lane, last: Cell::new(Instant::now()), fails: Arc::default() }
    }

    /// The loop has turned. The file's folder may hang, as network folders do: the loop does not wait for it.
    pub(crate) fn beat(&self) {
        let Some(heartbeat) = &self.heartbeat else { return };
        if self.last.get().elapsed() < EVERY {
            return;
        }
        self.last.set(Instant::now());
        let (heartbeat, fails, lane) = (heartbeat.clone(), Arc::clone(&self.fails), self.lane.clone());
        let beat = move || {
            let result = heartbeat.beat();
            let failed = fails.swap(result.is_err(), Ordering::Relaxed);
            match result {
                Err(error) if !failed => warn_of_failure(&error),
                Err(error) => debug!(error = %Chain(&error), "still cannot write the heartbeat"),
                Ok(()) => {}
            }
        };
        drop(tokio::spawn(async move { lane.run(beat).await }));
    }

    /// Removes the heartbeat.
    pub(crate) async fn stop(self) {
        if let Some(heartbeat) = self.heartbeat {
            // Left behind, it is stale soon, which is as true.
            let _ = timeout(STOP, self.lane.run(move || heartbeat.stop())).await;
        }
    }
}

fn warn_of_failure(error: &(dyn Error + 'static)) {
    warn!(
        name: "heartbeat_fails", error = %Chain(error),
        "cannot write the heartbeat: `lmsync healthcheck` will call this daemon dead"
    );
}

/// Three passes may go wrong, and one may wait for a server's answers, of which it asks a few.
pub(crate) fn patience(interval: Duration, timeout: Duration) -> Duration {
    LEAST_PATIENCE.max(interval.saturating_mul(3)).max(timeout.saturating_mul(6))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_daemon_may_be_silent_for_a_minute_three_intervals_or_a_slow_pass() {
        assert_eq!(patience(10 * SECOND, 5 * SECOND), 60 * SECOND);
        assert_eq!(patience(60 * SECOND, 5 * SECOND), 180 * SECOND);
        assert_eq!(patience(10 * SECOND, 20 * SECOND), 120 * SECOND);
    }
}
