//! The program that started this one: its end, which may come without a word, and the turns that it reports.

use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use domain::ports::{ActivityError, ActivitySource};
use domain::{Activity, BusySource};
use serde_json::Value;
use tokio::sync::oneshot;
use tracing::info;

/// A longer line is none of those that lmsync understands.
const LONGEST_LINE: u64 = 4096;

/// Ends when standard input is closed: the system closes the pipe of a program that ends, however it ends.
///
/// Until then each line `{"turns": N}` there is a report of how many turns of OpenClaw run; any other line is ignored.
/// The reading thread is none of the runtime's, which would wait for it at the end.
pub(crate) async fn stdin_closed(turns: ReportedTurns) {
    let (closed, is_closed) = oneshot::channel::<()>();
    thread::spawn(move || {
        // A read that fails means the same as the end.
        let _ = read_reports(io::stdin().lock(), &turns);
        drop(closed);
    });
    // Nothing is sent: the channel closes.
    let _ = is_closed.await;
    info!(name: "parent_ended", "the program that started lmsync has closed its standard input: lmsync ends");
}

fn read_reports(mut input: impl BufRead, turns: &ReportedTurns) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let report: Option<Value> = serde_json::from_slice(&line).ok();
        if let Some(count) = report.and_then(|report| report.get("turns")?.as_u64()) {
            turns.set(count);
        }
    }
}

/// How many turns run, as OpenClaw's plugin reports it; nothing where it does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReportedTurns(Arc<Mutex<Option<u64>>>);

impl ReportedTurns {
    fn set(&self, count: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(count);
    }

    fn get(&self) -> Option<u64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gateway as an activity source. It is asked nothing while its plugin reports a turn, and need not let lmsync
/// read where the plugin reports none.
#[derive(Debug)]
pub(crate) struct GatewayActivity<G> {
    pub(crate) gateway: G,
    pub(crate) turns: ReportedTurns,
}

impl<G: ActivitySource> ActivitySource for GatewayActivity<G> {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        let reported = self.turns.get();
        match reported {
            None => self.gateway.activity().await,
            // The gateway knows of queued messages and scheduled jobs, too.
            Some(0) => Ok(self.gateway.activity().await.unwrap_or(Activity::Idle)),
            Some(count) => {
                let turns = if count == 1 { "turn" } else { "turns" };
                let reason = format!("{count} running {turns}, reported by OpenClaw's lmsync plugin");
                Ok(Activity::Busy { source: BusySource::Gateway, reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A gateway that lets nobody read; counts how often it is asked.
    #[derive(Default)]
    struct Closed(AtomicU64);

    impl ActivitySource for Closed {
        async fn activity(&self) -> Result<Activity, ActivityError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(ActivityError::Unsupported { activity_source: "the gateway".into(), why: "no rights".into() })
        }
    }

    fn read(text: &str) -> ReportedTurns {
        let turns = ReportedTurns::default();
        read_reports(text.as_bytes(), &turns).unwrap();
        turns
    }

    #[test]
    fn the_last_report_counts_and_what_is_none_is_ignored() {
        assert_eq!(read("").get(), None);
        assert_eq!(read("{\"turns\":1}\n{\"turns\":2}\n").get(), Some(2));
        let long = format!("{{\"turns\":0,\"x\":\"{}\"}}\n", "x".repeat(2 * LONGEST_LINE as usize));
        assert_eq!(read(&format!("{{\"turns\":3}}\n{long}nonsense\n{{\"turns\":-1}}\n[]\n")).get(), Some(3));
    }

    #[tokio::test]
    async fn a_reported_turn_needs_no_question_and_a_gateway_that_cannot_tell_is_not_missed() {
        let source = |text| GatewayActivity { gateway: Closed::default(), turns: read(text) };
        let unknown = source("");
        assert!(unknown.activity().await.is_err());
        let busy = source("{\"turns\":1}\n");
        let Ok(Activity::Busy { source: BusySource::Gateway, reason }) = busy.activity().await else {
            panic!("a turn runs");
        };
        assert_eq!(reason, "1 running turn, reported by OpenClaw's lmsync plugin");
        assert_eq!(busy.gateway.0.into_inner(), 0);
        let idle = source("{\"turns\":0}\n");
        assert_eq!(idle.activity().await.unwrap(), Activity::Idle);
        assert_eq!(idle.gateway.0.into_inner(), 1);
    }
}
