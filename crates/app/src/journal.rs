//! The journal: what a person who greps the log for `lmstudio` or `refresh` gets to read. Each change of
//! state is told once, not once a pass.

use std::time::Duration;

use domain::ports::SourceError;
use domain::{Activity, ModelId};
use tracing::{info, warn};

use crate::Report;
use crate::server_journal::ServerJournal;

/// How many ids a line names before it counts the rest, and in how many bytes: a server may list 100,000.
const NAMED_IDS: usize = 50;
const NAMED_BYTES: usize = 2_000;

/// Remembers what was told last.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    servers: Vec<(String, ServerJournal)>,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    since: Duration,
    skipped: u64,
}

impl Journal {
    /// Tells what a server's pass came to.
    pub(crate) fn pass(&mut self, provider: &str, result: &Result<Report, SourceError>) {
        let known = self.servers.iter().position(|(name, _)| name == provider);
        let index = known.unwrap_or_else(|| {
            self.servers.push((provider.to_owned(), ServerJournal::new(provider)));
            self.servers.len() - 1
        });
        self.servers[index].1.pass(result);
    }

    /// Tells that inference runs, so that nothing is asked now. `now` is the clock's time.
    pub(crate) fn paused(&mut self, activity: &Activity, now: Duration) {
        let Activity::Busy { source, reason } = activity else { return };
        if self.pause.is_none() {
            info!(source = source.as_str(), %reason, "lmstudio refresh paused while inference runs");
            self.pause = Some(Pause { since: now, skipped: 0 });
        }
    }

    /// Notes that a pass was due during a pause.
    pub(crate) fn skipped_pass(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.skipped += 1;
        }
    }

    /// Tells that inference has ended, if it ran.
    pub(crate) fn resumed(&mut self, now: Duration) {
        if let Some(pause) = self.pause.take() {
            let paused_seconds = now.saturating_sub(pause.since).as_secs_f64();
            info!(paused_seconds, skipped_passes = pause.skipped, "lmstudio refresh resumed");
        }
    }

    /// Tells that a pass is made although inference runs, because it has waited as long as it may.
    pub(crate) fn impatient(&mut self) {
        if self.pause.take().is_some() {
            warn!("lmstudio refresh goes on while inference runs: LMSYNC_MAX_PAUSE is over");
        }
    }
}

/// Ids in a log line, with their number: all of a few, the first of many.
pub(crate) fn named<'a>(ids: impl ExactSizeIterator<Item = &'a ModelId>) -> String {
    let count = ids.len();
    let mut room = NAMED_BYTES;
    let fits = |id: &&str| {
        let left = room.checked_sub(id.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let named: Vec<&str> = ids.take(NAMED_IDS).map(ModelId::as_str).take_while(fits).collect();
    let and = match count - named.len() {
        0 => String::new(),
        rest if named.is_empty() => format!("{rest} with long names"),
        rest => format!(" and {rest} more"),
    };
    format!("{count} [{}{and}]", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_few_ids_and_counts_the_rest() {
        let ids = |texts: &[&str]| -> Vec<_> { texts.iter().map(|id| ModelId::new(id).unwrap()).collect() };
        assert_eq!(named(ids(&["a", "b"]).iter()), "2 [a, b]");
        assert!(named(ids(&["a"; 1000]).iter()).ends_with("a, a and 950 more]"));
        let long = "x".repeat(1024);
        assert_eq!(named(ids(&[long.as_str(); 3]).iter()), format!("3 [{long} and 2 more]"));
        let longer = "é".repeat(1024);
        assert_eq!(named(ids(&[longer.as_str(); 3]).iter()), "3 [3 with long names]");
    }
}
