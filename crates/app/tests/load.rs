//! What many daemons put on one server: the real loop, a thousand times, under paused time. The table that comes
//! out is the one in `docs/MANY-GATEWAYS.md`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and shows its table")]

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ports::{Clock, ModelSource, ModelStore, ModelStores, NamedStore, SourceError, StoreError};
use domain::{FactSheet, Facts, Listing, ModelId, Plan, Stored, Version};
use lmsync_app::{NoActivitySource, Ports, Profile, Rhythm, Server, TokioClock, own_pace, run};
use tokio::task::LocalSet;

/// How long an LM Studio on the same network takes to answer.
const ANSWER: Duration = Duration::from_millis(5);

/// Requests that came, by the millisecond of their coming.
type Requests = Arc<Mutex<Vec<u128>>>;

struct Shared {
    clock: TokioClock,
    requests: Requests,
}

impl Shared {
    async fn answer<T>(&self, body: T) -> Result<T, SourceError> {
        self.requests.lock().unwrap().push(self.clock.now().as_millis());
        self.clock.sleep_until(self.clock.now() + ANSWER).await;
        Ok(body)
    }
}

impl ModelSource for Shared {
    async fn models(&self) -> Result<Listing, SourceError> {
        self.answer(Listing::new([ModelId::new("qwen/qwen3-8b").unwrap()])).await
    }

    async fn facts(&self) -> Result<Facts, SourceError> {
        self.answer(Facts::Known(FactSheet::default())).await
    }
}

/// Nothing to write: the load is on the server.
struct NoStores;

impl ModelStores for NoStores {
    type Store = NoStore;

    async fn stores(&self, _provider: &str) -> Vec<NamedStore<NoStore>> {
        Vec::new()
    }
}

struct NoStore;

impl ModelStore for NoStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        Ok(Stored::default())
    }

    async fn save(&self, _plan: &Plan, _over: &Version) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Requests a second on average, and the most in any one second, once all daemons have started at the same moment
/// and run for two minutes.
#[derive(Debug, PartialEq)]
struct Load {
    average: f64,
    most: usize,
}

/// Runs so many daemons against one server. `spread` gives them the chance that real ones have.
async fn load(daemons: u64, interval: Duration, spread: bool) -> Load {
    const SETTLED: u128 = 120_000;
    const WATCHED: u128 = 600_000;
    let clock = TokioClock::start();
    let requests = Requests::default();
    let end = Duration::from_millis((SETTLED + WATCHED) as u64);
    let local = LocalSet::new();
    let running = Rc::new(RefCell::new(0));
    for daemon in 0..daemons {
        let (requests, running) = (Arc::clone(&requests), Rc::clone(&running));
        local.spawn_local(async move {
            let server = Server::new(Shared { clock, requests }, Profile::default(), None);
            let mut ports = Ports { servers: vec![server], activity_source: NoActivitySource, stores: NoStores, clock };
            // As random as needed, and the same in every run: multiples of the golden ratio, scattered.
            let chance = daemon.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let interval = if spread { own_pace(interval, chance >> 32) } else { interval };
            *running.borrow_mut() += 1;
            run(
                &mut ports,
                Rhythm { interval, max_pause: None },
                async |_: &mut _, _: &mut _| false,
                |_| {},
                clock.sleep_until(end),
            )
            .await;
        });
    }
    local.await;
    assert_eq!(*running.borrow(), daemons);
    let requests = requests.lock().unwrap();
    let watched: Vec<u128> = requests.iter().filter(|at| **at >= SETTLED).copied().collect();
    let mut each_second = vec![0; (WATCHED / 1000) as usize];
    for at in &watched {
        if let Some(count) = each_second.get_mut(((at - SETTLED) / 1000) as usize) {
            *count += 1;
        }
    }
    let average = each_second.iter().sum::<usize>() as f64 / each_second.len() as f64;
    Load { average, most: each_second.into_iter().max().unwrap() }
}

#[tokio::test(start_paused = true)]
async fn the_table_of_many_gateways_is_what_the_real_loop_does() {
    let mut table = String::from(
        "| gateways | interval | requests a second | most in one second | most if all were in step |\n\
         |---:|---:|---:|---:|---:|\n",
    );
    for interval in [10, 30, 60, 300] {
        for daemons in [1, 10, 100, 1000] {
            let interval = Duration::from_secs(interval);
            let (spread, in_step) = (load(daemons, interval, true).await, load(daemons, interval, false).await);
            // A pace of its own makes a daemon ask no more than that much more often.
            assert!(spread.average <= 1.1 * in_step.average + 0.05, "{spread:?} {in_step:?}");
            writeln!(
                table,
                "| {daemons} | {} s | {:.1} | {} | {} |",
                interval.as_secs(),
                spread.average,
                spread.most,
                in_step.most
            )
            .unwrap();
        }
    }
    println!("{table}");
    let page = include_str!("../../../docs/MANY-GATEWAYS.md");
    assert!(page.contains(&table), "docs/MANY-GATEWAYS.md should hold:\n{table}");
}
