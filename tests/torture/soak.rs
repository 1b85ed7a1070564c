//! A daemon in haste, for ten thousand passes: models come and go, the server fails, other programs write, and what the
//! daemon holds stays the same.

use std::fs;
use std::time::Instant;

use serde_json::json;
use simulator::{LoggedRequest, Scenario};

use crate::support::daemon::{ANSWERS, Daemon, Footprint};
use crate::support::figure;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::gateway::Gateway;
use crate::support::openclaw::OpenClaw;
use crate::support::studio::Studio;
use crate::support::world::World;

/// How often it is measured.
const LOOKS: usize = 10;

/// What is allocated once is allocated after so many looks.
const WARM: usize = 2;

#[tokio::test]
async fn two_hundred_passes_cost_no_more_than_ten() {
    soak(200, None).await;
}

#[tokio::test]
#[ignore = "takes a quarter of an hour: `cargo xtask torture` runs it"]
async fn ten_thousand_passes_beside_a_gateway_cost_no_more_than_two_thousand() {
    soak(10_000, Some(&OpenClaw::newest())).await;
}

async fn soak(passes: usize, openclaw: Option<&OpenClaw>) {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    put(&world.models_json(), FOREIGN.replace("\"\\ud800\"", "\"x\"").as_bytes());
    let gateway = match openclaw {
        Some(openclaw) => Some(Gateway::start(openclaw, &world, json!({}), &[("LM_API_TOKEN", "lm-studio")]).await),
        None => None,
    };
    let environment = [("LMSYNC_INTERVAL", "50ms"), ("LMSYNC_TIMEOUT", "2s")];
    let mut daemon = Daemon::start(&world, &studio, gateway.as_ref().map(Gateway::port), &environment);
    daemon.wait_for(ANSWERS).await;
    let (began, mut made, mut turn, mut looks) = (Instant::now(), 0, 0, Vec::new());
    while made < passes {
        disturb(&world, &studio, turn);
        turn += 1;
        studio.wait("a few passes", |requests| listings(requests) >= 5).await;
        made += listings(&studio.world().requests());
        // What the simulator remembers is not what is weighed here, but it takes time to look through.
        studio.world().clear_requests();
        if made >= passes * (looks.len() + 1) / LOOKS {
            let Footprint { sockets, files, kib, threads } = daemon.footprint();
            figure(
                &format!("after {made} passes, {} s", began.elapsed().as_secs()),
                format!("{kib} KiB resident, {files} descriptors, of which {sockets} sockets, {threads} threads"),
                "no growth",
            );
            looks.push(daemon.footprint());
        }
    }
    let highest = |of: fn(&Footprint) -> u64, looks: &[Footprint]| looks.iter().map(of).max().unwrap();
    let (warm, rest) = looks.split_at(WARM);
    for (what, of, slack) in [
        ("KiB", (|look: &Footprint| look.kib) as fn(&Footprint) -> u64, 1_024),
        ("descriptors", |look| look.files as u64, 4),
        ("threads", |look| look.threads as u64, 4),
    ] {
        assert!(highest(of, rest) <= highest(of, warm) + slack, "{what}: {looks:#?}");
    }
    calm(&world, &studio);
    let text = loop {
        studio.wait("a pass", |requests| listings(requests) >= 2).await;
        studio.world().clear_requests();
        let text = fs::read_to_string(world.models_json()).unwrap();
        if text.contains("\"id\": \"end\"") {
            break text;
        }
    };
    assert!(text.contains(r#""caf\u00e9": "x""#), "{text}");
    daemon.stop().await;
    assert!(leftovers(&world.models_json()).is_empty());
    if let Some(gateway) = gateway {
        gateway.stop().await;
    }
}

/// Something else each time.
fn disturb(world: &World, studio: &Studio, turn: usize) {
    let simulated = studio.world();
    simulated.scenario(match turn % 12 {
        3 => Scenario::ServerError,
        5 => Scenario::NotJson,
        7 => Scenario::EmptyList,
        9 => Scenario::ResetMidBody,
        11 => Scenario::Html,
        _ => Scenario::Normal,
    });
    match turn % 4 {
        0 => studio.add(&format!("m{}", turn % 16)),
        1 => simulated.remove(&format!("m{}", (turn + 7) % 16)),
        2 if turn % 24 == 2 => {
            // Another program writes, and once in a while half a file.
            let text = fs::read_to_string(world.models_json()).unwrap();
            fs::write(world.models_json(), &text[..text.len() / 2]).unwrap();
            fs::write(world.models_json(), text).unwrap();
        }
        _ => {}
    }
}

fn calm(world: &World, studio: &Studio) {
    assert!(world.models_json().exists());
    studio.world().scenario(Scenario::Normal);
    studio.add("end");
}

fn listings(requests: &[LoggedRequest]) -> usize {
    let ours = |request: &&LoggedRequest| {
        // It asks for more than the list only where that tells something new.
        request.path == "/v1/models" && request.user_agent.as_deref().is_some_and(|agent| agent.starts_with("lmsync/"))
    };
    requests.iter().filter(ours).count()
}
