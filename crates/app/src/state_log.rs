//! The log: what a person who greps the log for `lmstudio` or `refresh` gets to read. Each change of
//! state is logged once, not once a pass.

use std::time::Duration;

use domain::Activity;
use domain::ports::SourceError;
use tracing::{info, warn};

use crate::server::Report;
use crate::server_log::ServerLog;

/// Remembers what was logged last.
#[derive(Debug, Default)]
pub(crate) struct StateLog {
    servers: Vec<(String, ServerLog)>,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    since: Duration,
    skipped: u64,
}

impl StateLog {
    /// Logs the outcome of a server's pass.
    pub(crate) fn pass(&mut self, provider: &str, result: &Result<Report, SourceError>) {
        let known = self.servers.iter().position(|(name, _)| name == provider);
        let index = known.unwrap_or_else(|| {
            self.servers.push((provider.to_owned(), ServerLog::new(provider)));
            self.servers.len() - 1
        });
        self.servers[index].1.pass(result);
    }

    /// Logs that inference runs, so that nothing is asked now. `now` is the clock's time.
    pub(crate) fn paused(&mut self, activity: &Activity, now: Duration) {
        let Activity::Busy { source, reason } = activity else { return };
        if self.pause.is_none() {
            info!(name: "paused", source = source.as_str(), %reason, "refresh paused while inference runs");
            self.pause = Some(Pause { since: now, skipped: 0 });
        }
    }

    /// Notes that a pass was due during a pause.
    pub(crate) fn skipped_pass(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.skipped += 1;
        }
    }

    /// Logs that inference has ended, if it ran.
    pub(crate) fn resumed(&mut self, now: Duration) {
        if let Some(pause) = self.pause.take() {
            let paused_seconds = now.saturating_sub(pause.since).as_secs_f64();
            info!(name: "resumed", paused_seconds, skipped_passes = pause.skipped, "refresh resumed");
        }
    }

    /// Tells that a pass is made although inference runs, because it has waited as long as it may.
    pub(crate) fn impatient(&mut self) {
        if self.pause.take().is_some() {
            warn!(name: "pause_too_long", "refresh goes on while inference runs: LMSYNC_MAX_PAUSE is over");
        }
    }
}
