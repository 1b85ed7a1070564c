//! The loop: one pass at once, then one every interval, none while inference runs, until told to stop.

use std::future::Future;
use std::mem;
use std::pin::pin;
use std::time::Duration;

use domain::Activity;
use domain::ports::{ActivityGauge, Clock, ModelSource, ModelStore};
use tracing::info;

use crate::{Change, Journal, Mode, Outcome, pass};

/// How often activity is looked at while it keeps passes waiting.
const LOOK: Duration = Duration::from_secs(1);

/// How long a pass that waits for a server may still go on when the program is told to stop. A write that
/// has begun is finished all the same.
const GRACE: Duration = Duration::from_secs(1);

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
    /// How long inference may keep a pass waiting; `None` for as long as it runs.
    pub max_pause: Option<Duration>,
}

/// What the loop lets others know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The loop has turned: before each pass, and at each look while inference runs.
    Turned,
    /// The server has answered for the first time: all that it lists.
    Listed(Change),
    /// Something was written.
    Changed(Change),
}

/// Keeps the store true until `stop` is done. A pass in progress is finished first: a write is never cancelled
/// half-way.
pub async fn run<S, G, T, C>(
    ports: &Ports<S, G, T, C>,
    rhythm: &Rhythm,
    tell: impl Fn(Event),
    stop: impl Future<Output = ()>,
) where
    S: ModelSource,
    G: ActivityGauge,
    T: ModelStore,
    C: Clock,
{
    let clock = &ports.clock;
    let mut journal = Journal::default();
    let mut stop = pin!(stop);
    let mut due = clock.now();
    let mut first = true;
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = wait_for_idle(ports, rhythm, &mut journal, &tell) => {}
        }
        let started = clock.now();
        let mut pass = pin!(pass(&ports.source, &ports.store, clock, &rhythm.base_url, Mode::Write));
        let (result, stopped) = tokio::select! {
            result = &mut pass => (Some(result), false),
            () = &mut stop => (finish(pass, clock).await, true),
        };
        if let Some(result) = &result {
            journal.pass(result);
            if let Ok(report) = result {
                if mem::take(&mut first) {
                    tell(Event::Listed(Change { present: report.ids.clone(), ..Change::default() }));
                }
                if let Outcome::Updated(plan) = &report.outcome {
                    tell(Event::Changed(Change::of(&plan.diff, report.listed_at)));
                }
            }
        }
        if stopped {
            break;
        }
        due = next(due, started, clock.now(), rhythm.interval);
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = clock.sleep_until(due) => {}
        }
    }
    info!("lmstudio refresh stopped");
}

/// Lets a pass end that was in progress when the program was told to stop.
async fn finish<R>(pass: impl Future<Output = R>, clock: &impl Clock) -> Option<R> {
    tokio::select! {
        biased;
        result = pass => Some(result),
        () = clock.sleep_until(clock.now() + GRACE) => None,
    }
}

/// Waits as long as inference runs, and may.
async fn wait_for_idle<S, G, T, C>(
    ports: &Ports<S, G, T, C>,
    rhythm: &Rhythm,
    journal: &mut Journal,
    tell: &impl Fn(Event),
) where
    G: ActivityGauge,
    C: Clock,
{
    let clock = &ports.clock;
    let Rhythm { interval, max_pause, .. } = *rhythm;
    let began = clock.now();
    let mut overdue = began + interval;
    tell(Event::Turned);
    // A gauge that cannot tell never blocks: it counts as idle, and tells its own trouble.
    while let Ok(activity @ Activity::Busy { .. }) = ports.gauge.activity().await {
        let now = clock.now();
        journal.paused(&activity, now);
        while overdue <= now {
            journal.skipped_pass();
            overdue += interval;
        }
        if max_pause.is_some_and(|longest| now.saturating_sub(began) >= longest) {
            journal.impatient();
            return;
        }
        clock.sleep_until(now + LOOK.min(interval)).await;
        tell(Event::Turned);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use domain::BusySource;
    use tokio::time::timeout;

    use super::*;
    use crate::TokioClock;
    use crate::fakes::{Gauge, MemoryStore, Source, ids, refused};

    const SECOND: Duration = Duration::from_secs(1);

    fn rhythm() -> Rhythm {
        Rhythm { interval: 10 * SECOND, base_url: "http://localhost:1234/v1".into(), max_pause: None }
    }

    fn idle() -> Gauge {
        let mut gauge = Gauge::new();
        gauge.expect_activity().returning(|| Ok(Activity::Idle));
        gauge
    }

    fn busy() -> Activity {
        Activity::Busy { source: BusySource::Gateway, reason: "1 running turn".into() }
    }

    /// Runs the loop for so long, and tells at which second each listing was asked for.
    async fn listings(gauge: Gauge, seconds: u32) -> Vec<u64> {
        let clock = TokioClock::start();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut source = Source::new();
        let log = Arc::clone(&asked);
        source.expect_models().returning(move || {
            log.lock().unwrap().push(clock.now().as_secs());
            Ok(ids(&["a"]))
        });
        let ports = Ports { source, gauge, store: MemoryStore::default(), clock };
        run(&ports, &rhythm(), |_| {}, clock.sleep_until(seconds * SECOND)).await;
        asked.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn one_pass_at_once_and_one_every_interval() {
        assert_eq!(listings(idle(), 35).await, [0, 10, 20, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_listing_while_inference_runs_and_the_overdue_one_at_once_afterwards() {
        let clock = TokioClock::start();
        let mut gauge = Gauge::new();
        gauge.expect_activity().returning(move || {
            let runs = (5..27).contains(&clock.now().as_secs());
            Ok(if runs { busy() } else { Activity::Idle })
        });
        assert_eq!(listings(gauge, 40).await, [0, 27, 37]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_no_longer_than_it_may_be() {
        let clock = TokioClock::start();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let mut source = Source::new();
        source.expect_models().returning(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(ids(&["a"]))
        });
        let mut gauge = Gauge::new();
        gauge.expect_activity().returning(|| Ok(busy()));
        let ports = Ports { source, gauge, store: MemoryStore::default(), clock };
        let rhythm = Rhythm { max_pause: Some(20 * SECOND), ..rhythm() };
        run(&ports, &rhythm, |_| {}, clock.sleep_until(55 * SECOND)).await;
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_listed_is_told_at_the_start_and_each_change_that_is_written() {
        let clock = TokioClock::start();
        let mut source = Source::new();
        let mut listings = vec![&["b", "c"][..], &["a", "b"], &["a", "b"]];
        source.expect_models().returning(move || Ok(ids(listings.pop().unwrap_or(&["b", "c"]))));
        let ports = Ports { source, gauge: idle(), store: MemoryStore::default(), clock };
        let told = Mutex::new(Vec::new());
        let tell = |event| match event {
            Event::Turned => {}
            Event::Listed(change) => told.lock().unwrap().push(("listed", change.present, change.absent)),
            Event::Changed(change) => told.lock().unwrap().push(("changed", change.present, change.absent)),
        };
        run(&ports, &rhythm(), tell, clock.sleep_until(35 * SECOND)).await;
        let told = told.into_inner().unwrap();
        let of = |texts: &[&str]| ids(texts).ids().to_vec();
        let first = of(&["a", "b"]);
        let expected = [
            ("listed", first.clone(), of(&[])),
            ("changed", first, of(&[])),
            ("changed", of(&["c"]), of(&["a"])),
        ];
        assert_eq!(told, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gauge_that_cannot_tell_never_blocks() {
        let mut gauge = Gauge::new();
        gauge.expect_activity().returning(|| {
            let (witness, why) = ("the gateway".into(), "it has no such method".into());
            Err(domain::ports::GaugeError::Unsupported { witness, why })
        });
        assert_eq!(listings(gauge, 15).await, [0, 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_tried_again_at_the_same_pace() {
        let clock = TokioClock::start();
        let asked = AtomicUsize::new(0);
        let mut source = Source::new();
        let count = Arc::new(asked);
        let counted = Arc::clone(&count);
        source.expect_models().returning(move || {
            if counted.fetch_add(1, Ordering::Relaxed) < 2 { Err(refused()) } else { Ok(ids(&["a"])) }
        });
        let store = MemoryStore::default();
        let ports = Ports { source, gauge: idle(), store: &store, clock };
        run(&ports, &rhythm(), |_| {}, clock.sleep_until(25 * SECOND)).await;
        assert_eq!(count.load(Ordering::Relaxed), 3);
        assert_eq!(store.ids(), ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_during_a_pause_is_obeyed_at_once() {
        let clock = TokioClock::start();
        let mut gauge = Gauge::new();
        gauge.expect_activity().returning(|| Ok(busy()));
        let ports = Ports { source: Source::new(), gauge, store: MemoryStore::default(), clock };
        let rhythm = rhythm();
        let stopped = run(&ports, &rhythm, |_| {}, clock.sleep_until(3 * SECOND));
        timeout(4 * SECOND, stopped).await.unwrap();
    }

    /// A server that accepts and never answers.
    struct Silent;

    impl ModelSource for Silent {
        async fn models(&self) -> Result<domain::Listing, domain::ports::SourceError> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_does_not_wait_for_a_silent_server() {
        let clock = TokioClock::start();
        let ports = Ports { source: Silent, gauge: idle(), store: MemoryStore::default(), clock };
        let rhythm = rhythm();
        let stopped = run(&ports, &rhythm, |_| {}, clock.sleep_until(3 * SECOND));
        timeout(3 * SECOND + 2 * GRACE, stopped).await.unwrap();
    }
}
