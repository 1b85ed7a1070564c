//! The notifier: shows each change in the running picker, beside the passes and without delaying them.

mod pending;

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use domain::era::Shows;
use domain::ports::{ActivitySource, Clock, ConfigFile, Expected, Gateway, ManagedRows, Running, Shown};
use tokio::sync::mpsc::UnboundedReceiver;

use self::pending::{Pending, Unseen};
use crate::change::Change;
use crate::config_target::ConfigTarget;
use crate::event::Event;
use crate::picker_answer::{PickerAnswer, PickerTrouble, PickerTroubleKind};
use crate::picker_log::PickerLog;
use crate::picker_verdict::{PATIENCE, Verdict, assess_answer};
use crate::server::Mode;
use crate::showing::Seen;

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

/// How often a picker is checked again after its last answer.
const STILL: Duration = Duration::from_secs(60);

/// Runs forever: applies each change to openclaw.json, refreshes the picker and reports the outcome. Changes that come
/// meanwhile are applied together. `installed` is the OpenClaw that would run, as far as that can be seen.
pub async fn notify<G, F, M, A, K>(
    target: &ConfigTarget<G, F, M, A>,
    clock: &K,
    mut changes: UnboundedReceiver<Change>,
    installed: Option<Running>,
    emit: impl Fn(Event),
) where
    G: Gateway,
    F: ConfigFile,
    M: ManagedRows,
    A: ActivitySource,
    K: Clock,
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
                attempts = recheck(&target.gateway, &mut answered, &mut unseen, &emit).await;
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
                let mut seen = target.write_rows(&change.desired, same.mode(clock.now())).await;
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
                    () = target.check_picker(&expected, &change.desired, &mut seen) => {}
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
    gateway: &impl Gateway,
    answered: &mut BTreeMap<String, Answered>,
    unseen: &mut Pending,
    emit: &impl Fn(Event),
) -> usize {
    let mut attempts = PATIENCE;
    for (provider, Answered { change, shows }) in mem::take(answered) {
        let expected = Expected { configured: true, ..change.expected(&provider) };
        let now = if shows { gateway.refresh_picker(&expected).await.ok() } else { None };
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

#[cfg(test)]
mod tests;
