//! All that the daemon knows, folded from events.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::BusySource;

use super::moment::Moment;
use super::openclaw::OpenclawStatus;
use super::pass::{Counters, LastPass, PassOutcome, Pause};
use super::server::ServerStatus;
use super::timeline::{self, ChangeEntry, Span};
use crate::event::{Event, Pass};
use crate::picker_answer::{PickerTrouble, PickerTroubleKind};

/// All that the daemon knows. Bounded: it grows with the models that servers list, and not with time.
#[derive(Debug, Clone)]
pub struct Status {
    /// When the daemon started.
    pub started: Moment,
    /// When its loop last turned.
    pub turned: Moment,
    /// What keeps the next pass waiting, if anything does.
    pub pause: Option<Pause>,
    /// The last pass.
    pub last_pass: Option<LastPass>,
    /// When a pass last ended with every server answering and every file true.
    pub last_success: Option<Moment>,
    /// When the next pass is due, on the clock; `None` before the first one, and once the loop is to stop.
    pub next_pass: Option<Duration>,
    /// The servers, the environment's first; empty before the first pass.
    pub servers: Vec<ServerStatus>,
    /// The last changes that were written, the latest last.
    pub changes: VecDeque<ChangeEntry>,
    /// What happened one after the other, the latest last.
    pub timeline: VecDeque<Span>,
    /// What has been counted since the start.
    pub counters: Counters,
    /// What is known of OpenClaw beside the servers' models.
    pub openclaw: OpenclawStatus,
}

impl Status {
    /// What a daemon knows that has just started.
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self {
            started: now,
            turned: now,
            pause: None,
            last_pass: None,
            last_success: None,
            next_pass: None,
            servers: Vec::new(),
            changes: VecDeque::new(),
            timeline: VecDeque::new(),
            counters: Counters::default(),
            openclaw: OpenclawStatus::default(),
        }
    }

    /// Takes in an event; says whether there is something new to show, other than that the loop turns.
    pub fn apply(&mut self, event: &Event, now: Moment) -> bool {
        match event {
            Event::Turned => {
                self.turned = now;
                return false;
            }
            Event::Paused { source, reason } => return self.paused(*source, reason, now),
            Event::Resumed { .. } => self.resumed(now),
            Event::Passed(pass) => self.passed(pass, now),
            Event::Asked(answer) => {
                match &answer.result {
                    Ok(shown) if shown.is_as_expected() => self.counters.picker_shown += 1,
                    // That no gateway runs is no failure.
                    Err(PickerTrouble { kind: PickerTroubleKind::Unreachable, .. }) => {}
                    Ok(_) | Err(_) => self.counters.picker_failed += 1,
                }
                let asked = self.servers.iter_mut().find(|server| server.provider == answer.provider);
                let Some(asked) = asked else { return false };
                asked.asked(answer, now);
            }
            Event::StillShows { provider, shown } => {
                let picker = self.servers.iter_mut().find(|server| server.provider == *provider);
                let Some(picker) = picker.and_then(|server| server.picker.as_mut()) else { return false };
                (picker.at, picker.result) = (now, Ok(shown.clone()));
            }
            // The pass that they come from has the rest.
            Event::Listed(change) | Event::Changed(change) => {
                let changed = self.servers.iter_mut().find(|server| server.provider == change.desired.provider);
                let Some(changed) = changed else { return false };
                changed.unasked_since = Some(change.listed_at);
            }
        }
        true
    }

    /// Takes in what is known of OpenClaw now; says whether that is new.
    pub fn see(&mut self, openclaw: OpenclawStatus) -> bool {
        let is_new = self.openclaw != openclaw;
        self.openclaw = openclaw;
        is_new
    }

    /// How long inference has kept passes waiting, by who saw it, up to now.
    #[must_use]
    pub fn paused_until(&self, now: Duration) -> BTreeMap<BusySource, Duration> {
        let mut paused = self.counters.paused.clone();
        if let Some(pause) = &self.pause {
            *paused.entry(pause.source).or_default() += now.saturating_sub(pause.since.clock);
        }
        paused
    }

    fn paused(&mut self, source: BusySource, reason: &str, now: Moment) -> bool {
        match &mut self.pause {
            Some(pause) if pause.source == source && pause.reason == reason => return false,
            Some(pause) => {
                (pause.source, pause.reason) = (source, reason.to_owned());
                timeline::describe_pause(&mut self.timeline, source, reason);
            }
            none => {
                self.counters.pauses += 1;
                *none = Some(Pause { source, reason: reason.to_owned(), since: now });
                timeline::begin_pause(&mut self.timeline, source, reason, now);
            }
        }
        true
    }

    fn resumed(&mut self, now: Moment) {
        if let Some(pause) = self.pause.take() {
            let paused = now.clock.saturating_sub(pause.since.clock);
            *self.counters.paused.entry(pause.source).or_default() += paused;
            timeline::end_pause(&mut self.timeline, now);
        }
    }

    fn passed(&mut self, pass: &Pass, now: Moment) {
        let outcome = PassOutcome::from_pass(pass);
        let took = pass.ended.saturating_sub(pass.began);
        self.turned = now;
        self.last_pass = Some(LastPass { at: now, took, outcome });
        self.next_pass = pass.next;
        if outcome != PassOutcome::Failed {
            self.last_success = Some(now);
        }
        *self.counters.passes.entry(outcome).or_default() += 1;
        timeline::pass(&mut self.timeline, outcome, took, now);
        let mut had = std::mem::take(&mut self.servers);
        for server in &pass.servers {
            let known = had.iter().position(|known| known.provider == server.provider);
            let mut known = known.map_or_else(|| ServerStatus::new(server, now), |index| had.swap_remove(index));
            known.passed(server, now);
            self.servers.push(known);
            let Ok(found) = &server.result else { continue };
            self.counters.writes += found.files.iter().filter(|file| file.result == Ok(true)).count() as u64;
            if let Some(written) = found.written.clone() {
                let rows = found.changed_rows.clone();
                timeline::change(&mut self.changes, &server.provider, written, rows, now);
            }
        }
    }
}
