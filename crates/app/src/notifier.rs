//! The notifier: shows each change in the running picker, beside the passes and without delaying them.

mod pending;
mod same_writes;

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use domain::era::Shows;
use domain::ports::{ActivitySource, Clock, ConfigFile, Expected, Gateway, ManagedRows, Running, Shown};
use tokio::sync::mpsc::UnboundedReceiver;

use self::pending::{Pending, Unseen};
use self::same_writes::SameWrites;
use crate::change::Change;
use crate::config_target::ConfigTarget;
use crate::event::Event;
use crate::picker_answer::{PickerAnswer, PickerTrouble, PickerTroubleKind};
use crate::picker_log::PickerLog;
use crate::picker_verdict::{PATIENCE, Verdict, assess_answer};
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
const RECHECK_INFERENCE: Duration = Duration::from_secs(1);

/// The shortest time from one change of OpenClaw's configuration to the next. Changes that come meanwhile are made
/// together: the gateway reads its configuration again after each, limits how many it takes a minute, and in 2026.8.1
/// fails a turn that begins at that very moment.
const BETWEEN_WRITES: Duration = Duration::from_secs(2);

/// How long after its last answer a picker is checked again.
const RECHECK: Duration = Duration::from_secs(60);

/// Runs until the changes end: applies each to openclaw.json, refreshes the picker and reports the outcome. Changes
/// that come meanwhile are applied together. `installed` is the OpenClaw that would run, as far as that can be seen.
pub async fn notify<G, F, M, A, K>(
    target: &ConfigTarget<G, F, M, A>,
    clock: &K,
    changes: UnboundedReceiver<Change>,
    installed: Option<Running>,
    emit: impl Fn(Event),
) where
    G: Gateway,
    F: ConfigFile,
    M: ManagedRows,
    A: ActivitySource,
    K: Clock,
{
    let mut notifier = Notifier {
        target,
        clock,
        changes,
        installed,
        emit,
        log: PickerLog::default(),
        last_write: None,
        same_writes: BTreeMap::new(),
        answered: BTreeMap::new(),
    };
    while let Some((pending, attempts)) = notifier.next_pending().await {
        if notifier.show(pending, attempts).await.is_none() {
            return;
        }
    }
}

struct Notifier<'a, G, F, M, A, K, E> {
    target: &'a ConfigTarget<G, F, M, A>,
    clock: &'a K,
    changes: UnboundedReceiver<Change>,
    installed: Option<Running>,
    emit: E,
    log: PickerLog,
    /// When openclaw.json was changed last.
    last_write: Option<Duration>,
    same_writes: BTreeMap<String, SameWrites>,
    /// What each picker was asked about last.
    answered: BTreeMap<String, Answered>,
}

/// What became of one attempt to show a provider's change.
enum Attempt {
    /// The picker shows it, or asking again is of no use.
    Over,
    /// The picker has to be asked again.
    Again,
    /// Inference keeps it waiting.
    Waits,
    /// This change came before the picker had answered.
    Overtaken(Change),
}

impl<G, F, M, A, K, E> Notifier<'_, G, F, M, A, K, E>
where
    G: Gateway,
    F: ConfigFile,
    M: ManagedRows,
    A: ActivitySource,
    K: Clock,
    E: Fn(Event),
{
    /// Waits for a change, or for a picker that has stopped showing an earlier one; with how often that picker counts
    /// as asked. `None` when the changes end.
    async fn next_pending(&mut self) -> Option<(Pending, usize)> {
        let mut pending = Pending::default();
        tokio::select! {
            biased;
            change = self.changes.recv() => pending.add(change?),
            () = self.clock.sleep_until(self.clock.now() + RECHECK), if !self.answered.is_empty() => {
                let attempts = self.recheck(&mut pending).await;
                return Some((pending, attempts));
            }
        }
        Some((pending, 0))
    }

    /// Tries to show what is pending until nothing of it is left. `None` when the changes end.
    async fn show(&mut self, mut pending: Pending, mut attempts: usize) -> Option<()> {
        while !pending.0.is_empty() {
            wait_after(self.clock, self.last_write).await;
            while let Ok(change) = self.changes.try_recv() {
                pending.add(change);
            }
            let (mut waits, mut overtaken) = (false, false);
            for (provider, mut change) in mem::take(&mut pending.0) {
                if let Some(before) = self.answered.remove(&provider) {
                    change.follow(before.change);
                }
                let attempt = self.try_to_show(&provider, &change, attempts).await?;
                if !matches!(attempt, Attempt::Over) {
                    pending.put_back(provider, change);
                }
                match attempt {
                    Attempt::Over | Attempt::Again => {}
                    Attempt::Waits => waits = true,
                    Attempt::Overtaken(later) => {
                        pending.add(later);
                        overtaken = true;
                    }
                }
            }
            if pending.0.is_empty() {
                break;
            }
            if overtaken {
                continue;
            }
            let pause = if waits { RECHECK_INFERENCE } else { AGAIN[attempts.min(AGAIN.len() - 1)] };
            attempts += usize::from(!waits);
            tokio::select! {
                biased;
                change = self.changes.recv() => pending.add(change?),
                () = self.clock.sleep_until(self.clock.now() + pause) => {}
            }
        }
        Some(())
    }

    /// Writes the rows of one provider where this OpenClaw needs them, and asks the picker. `None` when the changes end
    /// meanwhile.
    async fn try_to_show(&mut self, provider: &str, change: &Unseen, attempts: usize) -> Option<Attempt> {
        let same_writes = self.same_writes.entry(provider.to_owned()).or_default();
        if change.fresh {
            *same_writes = SameWrites::default();
        }
        let mut seen = self.target.write_rows(&change.desired, same_writes.mode(self.clock.now())).await;
        if seen.has_written() {
            self.last_write = Some(self.clock.now());
            same_writes.add(self.clock.now());
        }
        self.log.config_target(provider, &seen);
        let expected = change.expected(provider);
        // The next change does not wait until this one has been seen everywhere.
        let next = async {
            wait_after(self.clock, self.last_write).await;
            self.changes.recv().await
        };
        tokio::select! {
            biased;
            () = self.target.check_picker(&expected, &change.desired, &mut seen) => {}
            later = next => return later.map(Attempt::Overtaken),
        }
        Some(self.report(provider, change, &seen, attempts))
    }

    /// Logs and emits what the picker has answered.
    fn report(&mut self, provider: &str, change: &Unseen, seen: &Seen, attempts: usize) -> Attempt {
        let listed_at = change.listed_at;
        let since_listed = self.clock.now().saturating_sub(listed_at);
        let verdict = assess_answer(seen, attempts, self.installed.as_ref());
        self.log.answer(provider, seen, &verdict, since_listed, change.fresh);
        let (result, again) = match verdict {
            Verdict::Waits => return Attempt::Waits,
            Verdict::Answer { result, again } => (result, again),
        };
        if !again && is_worth_a_recheck(seen, &result) {
            let shows = result.as_ref().is_ok_and(shows_all);
            let change = Unseen { fresh: false, ..change.clone() };
            self.answered.insert(provider.to_owned(), Answered { change, shows });
        }
        (self.emit)(Event::Asked(PickerAnswer {
            provider: provider.to_owned(),
            result,
            listed_at,
            since_listed,
            again,
            configured: seen.configured(),
            wants_profile: seen.wants_profile(),
        }));
        if again { Attempt::Again } else { Attempt::Over }
    }

    /// Checks, without a refresh, whether each picker still shows what it has shown. What it does not show any more, or
    /// did not show the last time, becomes pending. Returns how often it counts as asked by then: a picker that did not
    /// show the change before gets no further patience.
    async fn recheck(&mut self, pending: &mut Pending) -> usize {
        let mut attempts = PATIENCE;
        for (provider, Answered { change, shows }) in mem::take(&mut self.answered) {
            let expected = Expected { configured: true, ..change.expected(&provider) };
            let now = if shows { self.target.gateway.refresh_picker(&expected).await.ok() } else { None };
            match now {
                Some(now) if shows_all(&now) => {
                    (self.emit)(Event::StillShows { provider: provider.clone(), shown: now });
                    self.answered.insert(provider, Answered { change, shows });
                }
                _ => {
                    pending.put_back(provider, change);
                    attempts = if shows { 0 } else { attempts };
                }
            }
        }
        attempts
    }
}

/// What a picker was asked about last, and answered.
struct Answered {
    change: Unseen,
    /// Whether it shows what it should, and OpenClaw can use it.
    shows: bool,
}

/// Whether to check a picker again after a while. Versions before 2026.8 collect all models for that, which takes them
/// seconds.
fn is_worth_a_recheck(seen: &Seen, result: &Result<Shown, PickerTrouble>) -> bool {
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

/// Whether the picker shows what it should, and OpenClaw can use it.
fn shows_all(shown: &Shown) -> bool {
    shown.is_as_expected() && !shown.unavailable
}

/// Waits until openclaw.json, changed last at that time, may be changed again.
async fn wait_after(clock: &impl Clock, last_write: Option<Duration>) {
    if let Some(last_write) = last_write {
        clock.sleep_until(last_write + BETWEEN_WRITES).await;
    }
}

#[cfg(test)]
mod tests;
