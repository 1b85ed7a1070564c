//! What happened, within bounds: passes of one kind after another are one span, and the oldest make room.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{BusySource, ChangedModel};

use super::moment::Moment;
use super::pass::PassOutcome;
use crate::change::{ChangedIds, NAMED};

/// How many spans are remembered.
const SPANS: usize = 200;

/// How many changes are remembered.
const CHANGES: usize = 50;

/// How much more than the clock the time of day may move between two passes that count as one after the other.
/// A machine that slept in between did not make passes.
const SLEPT: Duration = Duration::from_secs(30);

/// Something that lasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it was.
    pub what: Episode,
    /// Since when.
    pub from: Moment,
    /// Until when; `None` where it goes on.
    pub to: Option<Moment>,
}

/// What can last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Episode {
    /// Passes that all came to the same, and how many.
    Passes {
        /// What they came to.
        outcome: PassOutcome,
        /// How many.
        count: u64,
    },
    /// Inference kept a pass waiting.
    Pause {
        /// Who saw it last.
        source: BusySource,
        /// What was seen last.
        reason: String,
    },
}

/// A change that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEntry {
    /// When.
    pub at: Moment,
    /// The provider below which it was written.
    pub provider: String,
    /// What changed; of many ids, the first.
    pub ids: ChangedIds,
    /// How many more ids there are of all three kinds.
    pub more: usize,
    /// The rows of changed ids, before and after.
    pub rows: Vec<ChangedModel>,
}

pub(super) fn pass(spans: &mut VecDeque<Span>, outcome: PassOutcome, took: Duration, now: Moment) {
    if let Some(Span { what: Episode::Passes { outcome: last, count }, to: Some(to), .. }) = spans.back_mut()
        // A change is a moment of its own.
        && *last == outcome
        && outcome != PassOutcome::Changed
        && !slept(*to, now)
    {
        *count += 1;
        *to = now;
        return;
    }
    let from = Moment { clock: now.clock.saturating_sub(took), wall: now.wall.checked_sub(took).unwrap_or(now.wall) };
    push(spans, SPANS, Span { what: Episode::Passes { outcome, count: 1 }, from, to: Some(now) });
}

pub(super) fn begin_pause(spans: &mut VecDeque<Span>, source: BusySource, reason: &str, now: Moment) {
    let what = Episode::Pause { source, reason: reason.to_owned() };
    push(spans, SPANS, Span { what, from: now, to: None });
}

pub(super) fn describe_pause(spans: &mut VecDeque<Span>, by: BusySource, what: &str) {
    if let Some(Span { what: Episode::Pause { source, reason }, .. }) = spans.back_mut() {
        (*source, *reason) = (by, what.to_owned());
    }
}

pub(super) fn end_pause(spans: &mut VecDeque<Span>, now: Moment) {
    if let Some(Span { what: Episode::Pause { .. }, to, .. }) = spans.back_mut() {
        *to = Some(now);
    }
}

pub(super) fn change(
    changes: &mut VecDeque<ChangeEntry>,
    provider: &str,
    mut ids: ChangedIds,
    rows: Vec<ChangedModel>,
    at: Moment,
) {
    let more = ids.shorten(NAMED);
    push(changes, CHANGES, ChangeEntry { at, provider: provider.to_owned(), ids, more, rows });
}

fn push<T>(list: &mut VecDeque<T>, most: usize, item: T) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(item);
}

/// Whether the machine, rather than lmsync, has slept between two moments, or its time of day was set.
fn slept(earlier: Moment, later: Moment) -> bool {
    let counted = later.clock.saturating_sub(earlier.clock);
    later.wall.duration_since(earlier.wall).map_or(true, |passed| passed > counted + SLEPT)
}
