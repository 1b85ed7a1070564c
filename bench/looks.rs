//! One look for inference at a time, at each activity source that the daemon asks.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measured program, which prints what it found")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use adapters_fs::{GatewayRun, SessionLocks};
use adapters_http::{Gateway, GatewayAccess, LmStudioActivity, Tls};
use domain::Secret;
use domain::ports::ActivitySource;
use serde_json::json;

/// Looks so often at `gateway` (a `ws://` address), `lmstudio` (an `http://` one) or `session-locks` (a folder), and
/// prints the median wall time and the mean processor time of a look.
pub(crate) fn measure_source(source: &str, address: &str, token: &str, rounds: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (wall, cpu) = runtime.block_on(async {
        let tls = Tls::new(None).unwrap();
        match source {
            "gateway" => {
                let access = GatewayAccess {
                    url: address.parse().unwrap(),
                    token: Secret::new(token),
                    password: None,
                    device: Box::new(|| Err("the newest version asks for no device".into())),
                    timeout: Duration::from_secs(10),
                    tls,
                    relay: None,
                };
                measure(&Gateway::new(access).unwrap(), rounds).await
            }
            "lmstudio" => measure(&LmStudioActivity::new(&address.parse().unwrap(), None, tls), rounds).await,
            "session-locks" => {
                let gateway = GatewayRun {
                    started: Box::new(|| None),
                    is_over: Box::new(|| Box::pin(std::future::ready(false))),
                };
                measure(&SessionLocks::new(Path::new(address), gateway), rounds).await
            }
            _ => panic!("no source is called {source}"),
        }
    });
    println!("{}", json!({ "wall_ns": wall as u64, "cpu_ns": cpu }));
}

async fn measure(source: &impl ActivitySource, rounds: u32) -> (u128, u64) {
    // The first look connects.
    source.activity().await.unwrap();
    let mut walls = Vec::new();
    let before = processor_time();
    for _ in 0..rounds {
        let began = Instant::now();
        source.activity().await.unwrap();
        walls.push(began.elapsed().as_nanos());
    }
    let cpu = (processor_time() - before) / u64::from(rounds);
    walls.sort_unstable();
    (walls[walls.len() / 2], cpu)
}

/// What all threads of this process have had of the processors, in nanoseconds.
fn processor_time() -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let times = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    times.sum()
}
