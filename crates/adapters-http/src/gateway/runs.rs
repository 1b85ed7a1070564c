//! Runs: which turns the gateway's own events say are under way.
//!
//! Versions before 2026.4 report inference in no answer, but announce it to every reading client: an event `agent`
//! of the stream `lifecycle` with phase `start`, then `end` or `error`, and between them a piece of the answer a
//! time. A piece alone proves a run that began before we connected.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

/// A run that has said nothing for this long is given up: the rule that OpenClaw has for its own lock files.
const LOST_AFTER: Duration = Duration::from_secs(30 * 60);

/// More runs than any gateway has at a time; further ones are not counted.
const MANY: usize = 64;

/// A longer id is no run's id (a UUID has 36 bytes).
const LONG: usize = 256;

/// How many ended runs are remembered, lest a late piece of one be taken for a new one.
const ENDED: usize = 16;

/// The payload of an `agent` event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentEvent<'a> {
    #[serde(borrow)]
    run_id: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(default, borrow)]
    data: EventData<'a>,
}

#[derive(Default, Deserialize)]
struct EventData<'a> {
    #[serde(default, borrow)]
    phase: Cow<'a, str>,
}

/// The runs that are under way, by their ids.
#[derive(Default)]
pub(super) struct Runs {
    heard: HashMap<String, Instant>,
    ended: VecDeque<String>,
}

impl Runs {
    /// Takes note of an event.
    pub(super) fn note(&mut self, event: &AgentEvent<'_>, now: Instant) {
        let id = event.run_id.as_ref();
        if id.len() > LONG {
            return;
        }
        if event.stream == "lifecycle" && matches!(event.data.phase.as_ref(), "end" | "error") {
            self.heard.remove(id);
            if !self.ended.iter().any(|ended| ended == id) {
                self.ended.truncate(ENDED - 1);
                self.ended.push_front(id.to_owned());
            }
        } else if let Some(heard) = self.heard.get_mut(id) {
            *heard = now;
        } else if self.heard.len() < MANY && !self.ended.iter().any(|ended| ended == id) {
            self.heard.insert(id.to_owned(), now);
        }
    }

    /// How many runs are under way, those given up not counted.
    pub(super) fn count(&mut self, now: Instant) -> usize {
        self.heard.retain(|_, heard| now.duration_since(*heard) < LOST_AFTER);
        self.heard.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(runs: &mut Runs, id: &str, stream: &str, phase: &str, now: Instant) {
        let json = format!(r#"{{"runId":"{id}","stream":"{stream}","data":{{"phase":"{phase}"}},"seq":1}}"#);
        runs.note(&serde_json::from_str(&json).unwrap(), now);
    }

    #[test]
    fn a_run_lasts_from_its_start_to_its_end() {
        let (mut runs, now) = (Runs::default(), Instant::now());
        note(&mut runs, "a", "lifecycle", "start", now);
        note(&mut runs, "b", "lifecycle", "start", now);
        assert_eq!(runs.count(now), 2);
        note(&mut runs, "a", "lifecycle", "error", now);
        note(&mut runs, "b", "lifecycle", "end", now);
        assert_eq!(runs.count(now), 0);
    }

    #[test]
    fn a_piece_of_an_answer_proves_a_run_unless_it_has_ended() {
        let (mut runs, now) = (Runs::default(), Instant::now());
        note(&mut runs, "a", "assistant", "", now);
        assert_eq!(runs.count(now), 1);
        note(&mut runs, "a", "lifecycle", "end", now);
        note(&mut runs, "a", "assistant", "", now);
        assert_eq!(runs.count(now), 0);
    }

    #[test]
    fn a_run_whose_end_was_lost_is_given_up() {
        let (mut runs, now) = (Runs::default(), Instant::now());
        note(&mut runs, "a", "lifecycle", "start", now);
        assert_eq!(runs.count(now + LOST_AFTER - Duration::from_secs(1)), 1);
        assert_eq!(runs.count(now + LOST_AFTER), 0);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut runs, now) = (Runs::default(), Instant::now());
        for i in 0..1_000 {
            note(&mut runs, &i.to_string(), "lifecycle", "start", now);
            note(&mut runs, &(i + 5_000).to_string(), "lifecycle", "end", now);
        }
        assert_eq!(runs.count(now), MANY);
        assert_eq!(runs.ended.len(), ENDED);
    }
}
