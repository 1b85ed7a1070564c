//! The announcer: tells the running picker of each change, beside the passes and without delaying them.

use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::time::Duration;

use domain::ports::{ActivityGauge, Clock, ConfigFile, Expected, GatewayConfig, Ledger, Picker, Running};
use domain::{Diff, ModelId, Wanted};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::picker_journal::{Next, PickerJournal};
use crate::showing::{bring, look};
use crate::{Event, Mode, PickerAnswer, SecondTarget};

/// How long to wait before a picker is asked again that did not answer, or did not show the change yet. The
/// last one repeats.
const AGAIN: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// How long to wait before a change that inference keeps waiting is tried again.
const IDLE_LOOK: Duration = Duration::from_secs(1);

/// The shortest time from one change of OpenClaw's configuration to the next. Changes that come meanwhile are made
/// together: the gateway reads its configuration anew after each, limits how many it takes a minute, and in 2026.8.1 fails
/// a turn that begins at that very moment.
const GATHERED: Duration = Duration::from_secs(2);

/// How often the same may be written into OpenClaw's configuration, each time soon after the last, because somebody else
/// undoes it. Then it is left so.
const SAME_WRITES: usize = 4;

/// How soon that is.
const SOON: Duration = Duration::from_secs(3600);

/// How many ids are looked for in a picker at most. It may be away for long, while a server lists others each time.
const MANY: usize = 10_000;

/// What was written, for those who show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The provider below which it was written.
    pub provider: String,
    /// Ids that are there now.
    pub present: Vec<ModelId>,
    /// Ids that are gone.
    pub absent: Vec<ModelId>,
    /// When the server had told of it, on the clock.
    pub listed_at: Duration,
    /// All that is offered now.
    pub wanted: Wanted,
    /// Whether nothing of this is new, and only OpenClaw has changed.
    pub again: bool,
}

impl Change {
    /// Nothing yet.
    #[must_use]
    pub fn new(provider: String, listed_at: Duration) -> Self {
        Self { provider, listed_at, ..Self::default() }
    }

    /// Adds what a diff did that was written; the same done to another file is told once.
    pub fn add(&mut self, diff: &Diff) {
        let changed = diff.changed.iter().map(|changed| &changed.after.id);
        let present = diff.added.iter().map(|model| &model.id).chain(changed);
        extend(&mut self.present, present);
        extend(&mut self.absent, diff.removed.iter());
    }

    /// Takes in what was written after this: what it says of an id counts.
    pub fn follow(&mut self, later: Self) {
        let Self { provider: _, present, absent, listed_at, wanted, again } = later;
        let told: HashSet<&ModelId> = present.iter().chain(&absent).collect();
        self.present.retain(|id| !told.contains(id));
        self.absent.retain(|id| !told.contains(id));
        self.present.extend(present);
        self.absent.extend(absent);
        (self.listed_at, self.wanted) = (listed_at, wanted);
        self.again &= again;
    }
}

/// Adds those that are not there yet.
fn extend<'a>(ids: &mut Vec<ModelId>, more: impl Iterator<Item = &'a ModelId>) {
    let had: HashSet<ModelId> = ids.iter().cloned().collect();
    ids.extend(more.filter(|id| !had.contains(id)).cloned());
}

/// Brings each change into the second target and before the picker, for ever, and tells of each answer. Changes that
/// come while it is told of others are told of together. `installed` is the OpenClaw that would run, as far as that can
/// be seen.
pub async fn announce<P, K, C, F, L, G>(
    picker: &P,
    target: &SecondTarget<C, F, L, G>,
    clock: &K,
    mut changes: UnboundedReceiver<Change>,
    installed: Option<Running>,
    tell: impl Fn(Event),
) where
    P: Picker,
    K: Clock,
    C: GatewayConfig,
    F: ConfigFile,
    L: Ledger,
    G: ActivityGauge,
{
    let mut journal = PickerJournal::new(installed);
    let mut written: Option<Duration> = None;
    let mut writes: BTreeMap<String, SameWrites> = BTreeMap::new();
    while let Some(change) = changes.recv().await {
        let mut untold = Untold::default();
        untold.add(change);
        let mut attempts = 0;
        loop {
            gathered(clock, written).await;
            while let Ok(change) = changes.try_recv() {
                untold.add(change);
            }
            let (mut waits, mut overtaken) = (false, false);
            for (provider, news) in mem::take(&mut untold.0) {
                let expected = news.expected(&provider);
                let same = writes.entry(provider.clone()).or_default();
                if news.fresh {
                    *same = SameWrites::default();
                }
                let mut seen = bring(picker, target, &news.wanted, same.mode(clock.now())).await;
                journal.second_target(&seen);
                if seen.has_written() {
                    written = Some(clock.now());
                    same.add(clock.now());
                }
                // The next change does not wait until this one has been seen everywhere.
                let next = async {
                    gathered(clock, written).await;
                    changes.recv().await
                };
                tokio::select! {
                    biased;
                    () = look(picker, target, &expected, &news.wanted, &mut seen) => {}
                    change = next => {
                        let Some(change) = change else { return };
                        untold.put_back(provider, news);
                        untold.add(change);
                        overtaken = true;
                        continue;
                    }
                }
                let since_listed = clock.now().saturating_sub(news.since);
                let (next, result) = journal.tell(&seen, since_listed, attempts, news.fresh);
                if next != Next::Waits {
                    let again = next == Next::Again;
                    tell(Event::Asked(PickerAnswer {
                        provider: provider.clone(),
                        result,
                        since_listed,
                        again,
                        configured: seen.configured(),
                    }));
                }
                waits |= next == Next::Waits;
                if next != Next::Settled {
                    untold.put_back(provider, news);
                }
            }
            if untold.0.is_empty() {
                break;
            }
            if overtaken {
                continue;
            }
            let pause = if waits { IDLE_LOOK } else { AGAIN[attempts.min(AGAIN.len() - 1)] };
            attempts += usize::from(!waits);
            tokio::select! {
                biased;
                change = changes.recv() => match change {
                    Some(change) => untold.add(change),
                    None => return,
                },
                () = clock.sleep_until(clock.now() + pause) => {}
            }
        }
    }
}

/// How often in a row the same was written for one provider.
#[derive(Debug, Default)]
struct SameWrites {
    count: usize,
    last: Duration,
}

impl SameWrites {
    fn mode(&self, now: Duration) -> Mode {
        let is_undone_each_time = self.count >= SAME_WRITES && now.saturating_sub(self.last) < SOON;
        if is_undone_each_time { Mode::DryRun } else { Mode::Write }
    }

    fn add(&mut self, now: Duration) {
        let follows = now.saturating_sub(self.last) < SOON;
        *self = Self { count: if follows { self.count + 1 } else { 1 }, last: now };
    }
}

/// Waits until the configuration may be changed again.
async fn gathered(clock: &impl Clock, written: Option<Duration>) {
    if let Some(written) = written {
        clock.sleep_until(written + GATHERED).await;
    }
}

/// Changes that the picker has not been seen to show, by provider.
#[derive(Debug, Default)]
struct Untold(BTreeMap<String, News>);

/// Changes of one provider.
#[derive(Debug, Default)]
struct News {
    /// Each id, and whether it should be there.
    ids: BTreeMap<ModelId, bool>,
    /// When the server told of the latest.
    since: Duration,
    /// All that is offered as of the latest.
    wanted: Wanted,
    /// Whether any of it is new.
    fresh: bool,
}

impl Untold {
    fn add(&mut self, change: Change) {
        let news = self.0.entry(change.provider).or_default();
        let present = change.present.into_iter().map(|id| (id, true));
        for (id, there) in present.chain(change.absent.into_iter().map(|id| (id, false))) {
            if news.ids.len() < MANY || news.ids.contains_key(&id) {
                news.ids.insert(id, there);
            }
        }
        (news.since, news.wanted) = (change.listed_at, change.wanted);
        news.fresh |= !change.again;
    }

    /// Takes back what was taken out, below what has come since.
    fn put_back(&mut self, provider: String, mut earlier: News) {
        if let Some(later) = self.0.remove(&provider) {
            earlier.ids.extend(later.ids);
            (earlier.since, earlier.wanted) = (later.since, later.wanted);
            earlier.fresh |= later.fresh;
        }
        self.0.insert(provider, earlier);
    }
}

impl News {
    fn expected(&self, provider: &str) -> Expected {
        // What is held may be there or not: it stays where it is, and is put nowhere.
        let held: HashSet<&ModelId> = self.wanted.held.iter().collect();
        let ids = |there: bool| {
            let ids = self.ids.iter().filter(|(id, is)| **is == there && !held.contains(id));
            ids.map(|(id, _)| id.clone()).collect()
        };
        Expected { provider: provider.to_owned(), present: ids(true), absent: ids(false), configured: false }
    }
}

#[cfg(test)]
mod tests;
