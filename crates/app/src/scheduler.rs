//! The loop: one pass at once, then one every interval, none while inference runs, until it is asked to stop.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use domain::Activity;
use domain::ports::{ActivitySource, Clock, ModelSource, ModelStores, SourceError};
use futures_util::future::join_all;
use tokio::sync::Mutex;
use tracing::info;

use crate::announced::Announced;
use crate::event::{Event, Pass, ServerPass};
use crate::server::{Mode, Report, Server};
use crate::state_log::StateLog;

/// How often activity is checked while it keeps passes waiting.
const RECHECK: Duration = Duration::from_secs(1);

/// How long a pass that waits for a server may still go on when the program is asked to stop. A write that
/// has begun is finished all the same. OpenClaw's plugin kills a program that has not ended after 500 ms.
const GRACE: Duration = Duration::from_millis(300);

/// The shortest wait between two passes, whatever waits to be confirmed.
const BREATH: Duration = Duration::from_millis(50);

/// The edges of the loop.
#[derive(Debug)]
pub struct Ports<S, G, K, C> {
    /// Who lists models, with what is remembered of them.
    pub servers: Vec<Server<S>>,
    /// Who knows whether inference runs.
    pub activity_source: G,
    /// Who keeps the models for OpenClaw.
    pub stores: K,
    /// What time it is.
    pub clock: C,
}

/// When passes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// From the start of one pass to the start of the next.
    pub interval: Duration,
    /// How long inference may keep a pass waiting; `None` for as long as it runs.
    pub max_pause: Option<Duration>,
}

/// Keeps the stores true until `stop` is done. A pass in progress is finished first: a write is never cancelled
/// half-way. `renew` may change the servers and the stores before each pass; it says whether OpenClaw has changed, so
/// that all that is offered has to be announced again.
pub async fn run<S, G, K, C>(
    ports: &mut Ports<S, G, K, C>,
    rhythm: Rhythm,
    mut renew: impl AsyncFnMut(&mut Vec<Server<S>>, &mut K) -> bool,
    emit: impl Fn(Event),
    stop: impl Future<Output = ()>,
) where
    S: ModelSource,
    G: ActivitySource,
    K: ModelStores,
    C: Clock,
{
    let Ports { servers, activity_source, stores, clock } = ports;
    let clock = &*clock;
    let mut log = StateLog::default();
    let mut stop = pin!(stop);
    let mut due = clock.now();
    let mut announced = Announced::default();
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = wait_for_idle(activity_source, clock, rhythm, &mut log, &emit) => {}
        }
        let has_changed = tokio::select! {
            biased;
            () = &mut stop => break,
            has_changed = renew(servers, stores) => has_changed,
        };
        if has_changed {
            announced.repeat_all();
        }
        let started = clock.now();
        let (results, stopped) = {
            let mut round = pin!(pass_all(servers, stores, clock));
            tokio::select! {
                results = &mut round => (results, false),
                () = &mut stop => (finish(round, clock).await, true),
            }
        };
        let ended = clock.now();
        let mut soonest = rhythm.interval;
        let mut passes = Vec::with_capacity(results.len());
        for (server, (_, result)) in servers.iter().zip(&results) {
            passes.push(ServerPass::new(server.profile(), result));
            let again_in = result.as_ref().ok().and_then(|report| report.again_in);
            soonest = soonest.min(again_in.unwrap_or(soonest));
        }
        due = next(due, started, ended, rhythm.interval);
        if soonest < rhythm.interval {
            // Something waits to be confirmed: the interval counts from there.
            due = due.min(ended + soonest.max(BREATH));
        }
        emit(Event::Passed(Pass { began: started, ended, next: (!stopped).then_some(due), servers: passes }));
        for (provider, result) in results {
            log.pass(&provider, &result);
            if let Ok(report) = result {
                announced.announce(provider, report, &emit);
            }
        }
        if stopped {
            break;
        }
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = clock.sleep_until(due) => {}
        }
    }
    info!(name: "stopped", "refresh stopped");
}

/// Every server's pass, at the same time: one that is slow holds up no other.
async fn pass_all<S, K, C>(
    servers: &mut [Server<S>],
    stores: &K,
    clock: &C,
) -> Vec<(String, Result<Report, SourceError>)>
where
    S: ModelSource,
    K: ModelStores,
    C: Clock,
{
    let turn = Mutex::new(());
    let pass = async |server: &mut Server<S>| {
        let result = server.pass(stores, clock, &turn, Mode::Write).await;
        (server.profile().provider.clone(), result)
    };
    join_all(servers.iter_mut().map(pass)).await
}

/// Lets a pass end that was in progress when the program was asked to stop.
async fn finish<R>(round: impl Future<Output = Vec<R>>, clock: &impl Clock) -> Vec<R> {
    tokio::select! {
        biased;
        results = round => results,
        () = clock.sleep_until(clock.now() + GRACE) => Vec::new(),
    }
}

/// Waits as long as inference runs, and may.
async fn wait_for_idle<G, C>(activity_source: &G, clock: &C, rhythm: Rhythm, log: &mut StateLog, emit: &impl Fn(Event))
where
    G: ActivitySource,
    C: Clock,
{
    let Rhythm { interval, max_pause } = rhythm;
    let began = clock.now();
    let mut overdue = began + interval;
    let mut waits = false;
    emit(Event::Turned);
    // An activity source that fails never blocks: it counts as idle, and logs its own trouble.
    while let Ok(activity @ Activity::Busy { .. }) = activity_source.activity().await {
        let now = clock.now();
        if let Activity::Busy { source, reason } = &activity {
            emit(Event::Paused { source: *source, reason: reason.clone() });
            waits = true;
        }
        log.paused(&activity, now);
        while overdue <= now {
            log.skipped_pass();
            overdue += interval;
        }
        if max_pause.is_some_and(|longest| now.saturating_sub(began) >= longest) {
            log.impatient();
            emit(Event::Resumed { anyway: true });
            return;
        }
        clock.sleep_until(now + RECHECK.min(interval)).await;
        emit(Event::Turned);
    }
    log.resumed(clock.now());
    if waits {
        emit(Event::Resumed { anyway: false });
    }
}

/// A daemon's own interval: up to a twentieth shorter than the one that it was given, by chance. Daemons that are
/// started together, by a roll-out or a power cut, then do not ask a shared server all at the same moment for ever.
/// No pass is later than it would be otherwise.
#[must_use]
pub fn own_pace(interval: Duration, chance: u64) -> Duration {
    // 32 bits of chance are plenty; more would not survive the conversion.
    interval.mul_f64(1.0 - f64::from(chance as u32) / (f64::from(u32::MAX) + 1.0) / 20.0)
}

/// When the next pass is due: an interval after the last one was due, without making up for those that a
/// pause or a slow server has cost.
fn next(due: Duration, started: Duration, now: Duration, interval: Duration) -> Duration {
    let on_time = started.saturating_sub(due) < interval;
    let next = if on_time { due + interval } else { started + interval };
    if next > now { next } else { now }
}

#[cfg(test)]
mod tests;
