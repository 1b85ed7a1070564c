//! What the gateway's answers say about inference, and how that reads for a person.

use std::fmt::Write as _;

use domain::{Activity, BusySource};
use serde::Deserialize;

/// The payload of `gateway.restart.preflight`.
#[derive(Deserialize)]
pub(super) struct Preflight {
    counts: Counts,
}

/// The kinds of work that mean inference. `rootRequests` (also housekeeping) and `backgroundExecSessions` (shells)
/// do not.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counts {
    embedded_runs: u64,
    queue_size: u64,
    pending_replies: u64,
    cron_runs: u64,
    active_tasks: u64,
}

impl Preflight {
    pub(super) fn activity(&self) -> Activity {
        let counts = &self.counts;
        from_counts(
            BusySource::Gateway,
            &[
                (counts.embedded_runs, "running turn"),
                (counts.queue_size, "queued message"),
                (counts.pending_replies, "pending reply"),
                (counts.cron_runs, "scheduled job"),
                (counts.active_tasks, "task"),
            ],
        )
    }
}

/// The payload of `sessions.list`, and the `details` of the tool `sessions_list`.
#[derive(Deserialize)]
pub(super) struct Sessions {
    #[serde(default)]
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    has_active_run: Option<bool>,
    status: Option<String>,
}

impl Session {
    /// `status` lags behind `hasActiveRun` at the start of a turn.
    fn runs(&self) -> bool {
        self.has_active_run == Some(true) || self.status.as_deref() == Some("running")
    }
}

impl Sessions {
    /// How many sessions have a turn under way.
    pub(super) fn running(&self) -> u64 {
        self.sessions.iter().filter(|session| session.runs()).count() as u64
    }
}

/// Idle, or busy with what there is of each kind (named in the singular).
pub(super) fn from_counts(source: BusySource, kinds: &[(u64, &str)]) -> Activity {
    let mut reason = String::new();
    for (count, kind) in kinds.iter().filter(|(count, _)| *count > 0) {
        let comma = if reason.is_empty() { "" } else { ", " };
        // Writing into a string cannot fail.
        let _ = match (count, kind.strip_suffix('y')) {
            (1, _) => write!(reason, "{comma}1 {kind}"),
            (_, Some(stem)) => write!(reason, "{comma}{count} {stem}ies"),
            (_, None) => write!(reason, "{comma}{count} {kind}s"),
        };
    }
    if reason.is_empty() { Activity::Idle } else { Activity::Busy { source, reason } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preflight(counts: &str) -> Activity {
        serde_json::from_str::<Preflight>(&format!(r#"{{"safe":true,"counts":{counts}}}"#)).unwrap().activity()
    }

    #[test]
    fn a_turn_and_what_waits_behind_it_are_told_to_a_person() {
        let Activity::Busy { reason, source } = preflight(
            r#"{"queueSize":2,"pendingReplies":2,"embeddedRuns":1,"cronRuns":0,"rootRequests":1,"totalActive":5}"#,
        ) else {
            panic!("a running turn is not idle");
        };
        assert_eq!(reason, "1 running turn, 2 queued messages, 2 pending replies");
        assert_eq!(source, BusySource::Gateway);
    }

    #[test]
    fn housekeeping_and_shells_are_no_inference() {
        assert_eq!(preflight(r#"{"rootRequests":2,"backgroundExecSessions":1,"totalActive":3}"#), Activity::Idle);
    }

    #[test]
    fn a_session_runs_when_either_of_its_marks_says_so() {
        let sessions: Sessions = serde_json::from_str(
            r#"{"count":4,"sessions":[{"key":"a","status":"running"},{"key":"b","status":"done","hasActiveRun":true},
               {"key":"c","status":"done","hasActiveRun":false},{"key":"d","kind":"direct"}]}"#,
        )
        .unwrap();
        assert_eq!(sessions.running(), 2);
    }
}
