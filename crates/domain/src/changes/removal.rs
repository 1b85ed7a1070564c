//! The removal rule: when a model that a server no longer lists is believed to be gone.
//!
//! A shorter list is not yet the truth. LM Studio lists only part of its models while it starts
//! (lmstudio-bug-tracker 956), and none while its models folder is not mounted (1910). So what is missing is
//! held until the server has said so again. A listing that was not understood as a whole shows what is there, and
//! nothing of what is not.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::{Listing, ModelId};

/// How much later than the first listing without a model the one has to be that confirms its absence.
pub const CONFIRM_AFTER: Duration = Duration::from_secs(2);

/// How long a server has to list nothing, by default, until all of its models count as gone.
pub const EMPTY_AFTER: Duration = Duration::from_secs(60);

/// What is known of one server's recent listings, as far as it decides about removals.
///
/// It is about what the server says, not about who keeps its models: several stores share one.
#[derive(Debug)]
pub struct Removals {
    empty_after: Duration,
    /// When the server first listed anything. What it never listed is missing since then.
    began: Option<Duration>,
    /// The ids of its last listing that was not empty.
    last: Vec<ModelId>,
    /// Ids that a listing had and the later ones had not, with the time of the first of these. Dropped once
    /// confirmed: the time since `began` then says the same.
    missing: HashMap<ModelId, Duration>,
    /// The empty listings since then.
    empty: Option<Empty>,
    /// Since when the listings are incomplete.
    incomplete: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Empty {
    /// When the first of them was there.
    since: Duration,
    /// The time between those that followed each other without a failure in between.
    lasted: Duration,
    /// When the last one was there, `None` after a failure.
    last: Option<Duration>,
}

/// What a listing means for models that are known and not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Those that stay for now, in the order in which they were named. The others are gone.
    pub held: Vec<HeldModel>,
    /// After how long the server has to be asked again to decide about the first of them; `None` where no time
    /// decides.
    pub confirm_in: Option<Duration>,
}

/// A model that is no longer listed, and not yet believed to be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldModel {
    /// Its id.
    pub id: ModelId,
    /// When the first listing without it was there, on the clock.
    pub since: Duration,
    /// What its removal waits for.
    pub reason: HoldReason,
}

/// What a removal waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// A second listing without the model.
    Unconfirmed,
    /// The whole list is empty, and has not been for long enough.
    ListEmpty,
    /// A listing that is understood as a whole: a part that is not may name the model.
    ListIncomplete,
}

impl Removals {
    /// Knows of no listing yet, so that the first one removes nothing.
    ///
    /// `empty_after` is how long a server has to list nothing until all is gone: at least [`CONFIRM_AFTER`].
    #[must_use]
    pub fn new(empty_after: Duration) -> Self {
        let empty_after = empty_after.max(CONFIRM_AFTER);
        Self { empty_after, began: None, last: Vec::new(), missing: HashMap::new(), empty: None, incomplete: None }
    }

    /// How long a server has to list nothing until all of its models count as gone.
    #[must_use]
    pub fn empty_after(&self) -> Duration {
        self.empty_after
    }

    /// Takes in a listing that was there at `now`, and says which of the `known` models it holds.
    ///
    /// - A model is gone when two listings in a row lack it, the second at least [`CONFIRM_AFTER`] later.
    /// - A listing without any model that `chats` is an empty one: LM Studio brings an embedding model of its
    ///   own, which stays when the models folder is gone. It confirms nothing about one model; all are gone
    ///   when only empty ones came for long enough.
    /// - A model that is listed again is not missing any more.
    /// - An incomplete listing resets all of this, since the part that was not understood may name any model. It
    ///   removes nothing, however often it comes.
    ///
    /// `known` are the ids that stores hold and that the user's rules admit.
    pub fn observe<'a>(
        &mut self,
        listing: &Listing,
        chats: impl Fn(&ModelId) -> bool,
        known: impl IntoIterator<Item = &'a ModelId>,
        now: Duration,
    ) -> Verdict {
        let listed: HashSet<&ModelId> = listing.ids().iter().collect();
        let mut once = HashSet::new();
        let unlisted = known.into_iter().filter(|id| !listed.contains(id) && once.insert(*id));
        if listing.incomplete().is_some() {
            let since = self.listed_in_part(now);
            let reason = HoldReason::ListIncomplete;
            let held = unlisted.map(|id| HeldModel { id: id.clone(), since, reason }).collect();
            return Verdict { held, confirm_in: None };
        }
        self.incomplete = None;
        if listing.ids().iter().any(chats) {
            self.listed(listing, now);
            verdict(unlisted, |id| {
                let since = self.missing.get(id).copied().or(self.began).unwrap_or(now);
                (since, HoldReason::Unconfirmed, CONFIRM_AFTER.saturating_sub(now.saturating_sub(since)))
            })
        } else {
            let empty = self.listed_nothing(now);
            let wait = self.empty_after.saturating_sub(empty.lasted);
            verdict(unlisted, |_| (empty.since, HoldReason::ListEmpty, wait))
        }
    }

    /// Notes that the server did not list its models. That says nothing about them, and the time around it
    /// does not count as time of empty lists.
    pub fn failed(&mut self) {
        if let Some(empty) = &mut self.empty {
            empty.last = None;
        }
    }

    /// Forgets what earlier listings lacked; gives the time of the first incomplete listing in a row.
    fn listed_in_part(&mut self, now: Duration) -> Duration {
        let since = self.incomplete.unwrap_or(now);
        *self = Self { incomplete: Some(since), ..Self::new(self.empty_after) };
        since
    }

    fn listed(&mut self, listing: &Listing, now: Duration) {
        self.empty = None;
        self.began.get_or_insert(now);
        if self.last == listing.ids() && self.missing.is_empty() {
            return;
        }
        let listed: HashSet<&ModelId> = listing.ids().iter().collect();
        let last = std::mem::replace(&mut self.last, listing.ids().to_vec());
        self.missing.retain(|id, since| !listed.contains(id) && now.saturating_sub(*since) < CONFIRM_AFTER);
        self.missing.extend(last.into_iter().filter(|id| !listed.contains(id)).map(|id| (id, now)));
    }

    fn listed_nothing(&mut self, now: Duration) -> Empty {
        let mut empty = self.empty.unwrap_or(Empty { since: now, lasted: Duration::ZERO, last: None });
        empty.lasted += empty.last.map_or(Duration::ZERO, |last| now.saturating_sub(last));
        empty.last = Some(now);
        self.empty = Some(empty);
        if empty.lasted >= self.empty_after {
            self.began.get_or_insert(empty.since);
            self.last.clear();
            self.missing.clear();
        }
        empty
    }
}

impl Default for Removals {
    fn default() -> Self {
        Self::new(EMPTY_AFTER)
    }
}

/// Holds the ids for which `waiting` returns a time to wait; it also returns since when, and the reason.
fn verdict<'a>(
    ids: impl Iterator<Item = &'a ModelId>,
    waiting: impl Fn(&ModelId) -> (Duration, HoldReason, Duration),
) -> Verdict {
    let mut verdict = Verdict::default();
    for id in ids {
        let (since, reason, wait) = waiting(id);
        if !wait.is_zero() {
            verdict.held.push(HeldModel { id: id.clone(), since, reason });
            verdict.confirm_in = Some(verdict.confirm_in.map_or(wait, |least| least.min(wait)));
        }
    }
    verdict
}

#[cfg(test)]
mod tests;
