//! Stops rewriting a provider in openclaw.json that another program takes out each time.

use std::time::Duration;

use crate::server::Mode;

/// How often the same may be written into OpenClaw's configuration, each time soon after the last, because somebody
/// else undoes it. Then it is left so.
const SAME_WRITES: usize = 4;

/// How soon that is.
const SOON: Duration = Duration::from_secs(3600);

/// How often in a row the same was written for one provider.
#[derive(Debug, Default)]
pub(super) struct SameWrites {
    count: usize,
    last: Duration,
}

impl SameWrites {
    /// Whether another write may help.
    pub(super) fn mode(&self, now: Duration) -> Mode {
        let is_undone_each_time = self.count >= SAME_WRITES && now.saturating_sub(self.last) < SOON;
        if is_undone_each_time { Mode::DryRun } else { Mode::Write }
    }

    pub(super) fn add(&mut self, now: Duration) {
        let follows = now.saturating_sub(self.last) < SOON;
        *self = Self { count: if follows { self.count + 1 } else { 1 }, last: now };
    }
}
