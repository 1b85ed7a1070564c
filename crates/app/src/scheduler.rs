//! The loop: one pass at once, then one every interval, none while inference runs, until told to stop.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use domain::Activity;
use domain::ports::{ActivityGauge, Clock, ModelSource, ModelStore};
use tracing::info;

use crate::{Journal, Mode, pass};

/// How often activity is looked at while it keeps passes waiting.
const LOOK: Duration = Duration::from_secs(1);

/// The edges of the loop.
#[derive(Debug, Clone, Copy)]
pub struct Ports<S, G, T, C> {
    /// Who lists models.
    pub source: S,
    /// Who knows whether inference runs.
    pub gauge: G,
    /// Who keeps the models for OpenClaw.
    pub store: T,
    /// What time it is.
    pub clock: C,
}

/// When passes are made, and what they write beside the models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rhythm {
    /// From the start of one pass to the start of the next.
    pub interval: Duration,
    /// What is written as the provider's address.
    pub base_url: String,
}

/// Keeps the store true until `stop` is done. A pass in progress is finished first: a write is never cancelled
/// half-way.
pub async fn run<S, G, T, C>(ports: &Ports<S, G, T, C>, rhythm: &Rhythm, stop: impl Future<Output = ()>)
where
    S: ModelSource,
    G: ActivityGauge,
    T: ModelStore,
    C: Clock,
{
    let clock = &ports.clock;
    let mut journal = Journal::default();
    let mut stop = pin!(stop);
    let mut due = clock.now();
    loop {
        let idle = async {
            wait_for_idle(ports, rhythm.interval, &mut journal).await;
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = idle => {}
        }
        let started = clock.now();
        let result = pass(&ports.source, &ports.store, clock, &rhythm.base_url, Mode::Write).await;
        journal.pass(&result);
        due = next(due, started, clock.now(), rhythm.interval);
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = clock.sleep_until(due) => {}
        }
    }
    info!("lmstudio refresh stopped");
}

/// Waits as long as inference runs.
async fn wait_for_idle<S, G, T, C>(ports: &Ports<S, G, T, C>, interval: Duration, journal: &mut Journal)
where
    G: ActivityGauge,
    C: Clock,
{
    let clock = &ports.clock;
    let mut overdue = clock.now() + interval;
    // A gauge that cannot tell never blocks: it counts as idle, and tells its own trouble.
    while let Ok(activity @ Activity::Busy { .. }) = ports.gauge.activity().await {
        let now = clock.now();
        journal.paused(&activity, now);
        while overdue <= now {
            journal.skipped_pass();
            overdue += interval;
        }
        clock.sleep_until(now + LOOK.min(interval)).await;
    }
    journal.resumed(clock.now());
}

/// When the next pass is due: an interval after the last one was due, without making up for those that a
/// pause or a slow server has cost.
fn next(due: Duration, started: Duration, now: Duration, interval: Duration) -> Duration {
    let on_time = started.saturating_sub(due) < interval;
    let next = if on_time { due + interval } else { started + interval };
    if next > now { next } else { now }
}
