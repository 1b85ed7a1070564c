//! The notifier: shows each change in the running picker, beside the passes and without delaying them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::mem;
use std::time::Duration;

use domain::era::Shows;
use domain::ports::{
    ActivitySource, Clock, ConfigFile, Expected, GatewayConfig, ManagedRows, Picker, Running, Shown,
};

use domain::{DesiredEntry, ModelId};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::change::Change;
use crate::config_target::ConfigTarget;
use crate::event::Event;
use crate::picker_answer::{PickerAnswer, PickerTrouble, PickerTroubleKind};
use crate::picker_log::PickerLog;
use crate::picker_verdict::{PATIENCE, Verdict, assess_answer};
use crate::server::Mode;
use crate::showing::{Seen, bring, look};

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
/// together: the gateway reads its configuration again after each, limits how many it takes a minute, and in 2026.8.1
/// fails a turn that begins at that very moment.
const GATHERED: Duration = Duration::from_secs(2);

/// How often the same may be written into OpenClaw's configuration, each time soon after the last, because somebody
/// else undoes it. Then it is left so.
const SAME_WRITES: usize = 4;

/// How soon that is.
const SOON: Duration = Duration::from_secs(3600);

/// How many removed ids are looked for in a picker at most. It may be away for long, while a server lists others each
/// time.
const MANY: usize = 10_000;

/// How often a picker is checked again after its last answer.
const STILL: Duration = Duration::from_secs(60);

/// Runs forever: applies each change to openclaw.json, refreshes the picker and reports the outcome. Changes that
/// come while it is told of others are told of together. `installed` is the OpenClaw that would run, as far as that can
/// be seen.
pub async fn notify<P, K, C, F, L, G>(
    picker: &P,
    target: &ConfigTarget<C, F, L, G>,
    clock: &K,
    mut changes: UnboundedReceiver<Change>,
    installed: Option<Running>,
    emit: impl Fn(Event),
) where
    P: Picker,
    K: Clock,
    C: GatewayConfig,
    F: ConfigFile,
    L: ManagedRows,
    G: ActivitySource,
{
    let mut log = PickerLog::default();
    let mut written: Option<Duration> = None;
    let mut writes: BTreeMap<String, SameWrites> = BTreeMap::new();
    let mut answered: BTreeMap<String, Answered> = BTreeMap::new();
    loop {
        let mut unseen = Pending::default();
        let mut attempts = 0;
        tokio::select! {
            biased;
            change = changes.recv() => match change {
                Some(change) => unseen.add(change),
                None => return,
            },
            () = clock.sleep_until(clock.now() + STILL), if !answered.is_empty() => {
                attempts = recheck(picker, &mut answered, &mut unseen, &emit).await;
            }
        }
        while !unseen.0.is_empty() {
            gathered(clock, written).await;
            while let Ok(change) = changes.try_recv() {
                unseen.add(change);
            }
            let (mut waits, mut overtaken) = (false, false);
            for (provider, mut change) in mem::take(&mut unseen.0) {
                if let Some(before) = answered.remove(&provider) {
                    change.follow(before.change);
                }
                let expected = change.expected(&provider);
                let same = writes.entry(provider.clone()).or_default();
                if change.fresh {
                    *same = SameWrites::default();
                }
                let mut seen = bring(picker, target, &change.desired, same.mode(clock.now())).await;
                log.config_target(&seen);
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
                    () = look(picker, target, &expected, &change.desired, &mut seen) => {}
                    later = next => {
                        let Some(later) = later else { return };
                        unseen.put_back(provider, change);
                        unseen.add(later);
                        overtaken = true;
                        continue;
                    }
                }
                let listed_at = change.listed_at;
                let since_listed = clock.now().saturating_sub(listed_at);
                let verdict = assess_answer(&seen, attempts, installed.as_ref());
                log.answer(&seen, &verdict, since_listed, change.fresh);
                let again = match verdict {
                    Verdict::Waits => {
                        waits = true;
                        true
                    }
                    Verdict::Answer { result, again } => {
                        if !again && can_look_again(&seen, &result) {
                            let is_good = |shown: &Shown| shown.is_as_expected() && !shown.unavailable;
                            let shows = result.as_ref().is_ok_and(is_good);
                            let change = Unseen { fresh: false, ..change.clone() };
                            answered.insert(provider.clone(), Answered { change, shows });
                        }
                        emit(Event::Asked(PickerAnswer {
                            provider: provider.clone(),
                            result,
                            listed_at,
                            since_listed,
                            again,
                            configured: seen.configured(),
                            wants_profile: seen.wants_profile(),
                        }));
                        again
                    }
                };
                if again {
                    unseen.put_back(provider, change);
                }
            }
            if unseen.0.is_empty() {
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
                    Some(change) => unseen.add(change),
                    None => return,
                },
                () = clock.sleep_until(clock.now() + pause) => {}
            }
        }
    }
}

/// What a picker was asked about last, and answered.
struct Answered {
    change: Unseen,
    /// Whether it shows what it should, and OpenClaw can use it.
    shows: bool,
}

/// Whether to look at a picker again after a while. Versions before 2026.8 collect all models for that, which takes
/// them seconds.
fn can_look_again(seen: &Seen, result: &Result<Shown, PickerTrouble>) -> bool {
    match result.as_ref().map_err(|trouble| trouble.kind) {
        Err(PickerTroubleKind::Forbidden) => return true,
        Err(PickerTroubleKind::Unsupported | PickerTroubleKind::Restart) => return false,
        _ => {}
    }
    let shows = seen.running.as_ref().map(|running| running.era.models_json_shows);
    // An early gateway tells nobody that it has got a key, and answers from memory.
    let lacks_key = result.as_ref().is_ok_and(|shown| shown.unavailable);
    if lacks_key && shows == Some(Shows::Restart) {
        return true;
    }
    matches!(shows, Some(Shows::AtOnce | Shows::Refresh | Shows::RefreshWithoutCredential))
}

/// Looks, without a refresh, whether a picker still shows what it has shown. What it does not show any more, or did not
/// show the last time, is to be brought before it again. Gives how often it counts as asked by then: one that did not
/// show it before gets no further patience.
async fn recheck(
    picker: &impl Picker,
    answered: &mut BTreeMap<String, Answered>,
    unseen: &mut Pending,
    emit: &impl Fn(Event),
) -> usize {
    let mut attempts = PATIENCE;
    for (provider, Answered { change, shows }) in mem::take(answered) {
        let expected = Expected { configured: true, ..change.expected(&provider) };
        let now = if shows { picker.refresh(&expected).await.ok() } else { None };
        match now {
            Some(now) if now.is_as_expected() && !now.unavailable => {
                emit(Event::StillShows { provider: provider.clone(), shown: now });
                answered.insert(provider, Answered { change, shows });
            }
            _ => {
                unseen.put_back(provider, change);
                attempts = if shows { 0 } else { attempts };
            }
        }
    }
    attempts
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
struct Pending(BTreeMap<String, Unseen>);

/// What the picker has to show of one provider: all that is offered, and nothing that was removed.
#[derive(Debug, Clone, Default)]
struct Unseen {
    /// Ids that were removed.
    gone: BTreeSet<ModelId>,
    /// When the server listed the latest change.
    listed_at: Duration,
    /// All that is offered as of the latest.
    desired: DesiredEntry,
    /// Whether any of it is new.
    fresh: bool,
}

impl Pending {
    fn add(&mut self, change: Change) {
        let Change { provider, present: _, absent, listed_at, desired, again } = change;
        let unseen = self.0.entry(provider).or_default();
        unseen.remove(absent);
        (unseen.listed_at, unseen.desired) = (listed_at, desired);
        unseen.fresh |= !again;
    }

    /// Takes back what was taken out, below what has come since.
    fn put_back(&mut self, provider: String, earlier: Unseen) {
        match self.0.get_mut(&provider) {
            Some(later) => later.follow(earlier),
            None => drop(self.0.insert(provider, earlier)),
        }
    }
}

impl Unseen {
    fn remove(&mut self, ids: impl IntoIterator<Item = ModelId>) {
        for id in ids {
            if self.gone.len() < MANY {
                self.gone.insert(id);
            }
        }
    }

    /// Takes in what came before this.
    fn follow(&mut self, earlier: Self) {
        self.remove(earlier.gone);
        self.fresh |= earlier.fresh;
    }

    fn expected(&self, provider: &str) -> Expected {
        let present: Vec<ModelId> = self.desired.models.iter().map(|model| model.id.clone()).collect();
        // What is held may be there or not: it stays where it is, and is put nowhere.
        let there: HashSet<&ModelId> = present.iter().chain(&self.desired.held).collect();
        let absent = self.gone.iter().filter(|id| !there.contains(id)).cloned().collect();
        Expected { provider: provider.to_owned(), present, absent, configured: false }
    }
}

#[cfg(test)]
mod tests;
