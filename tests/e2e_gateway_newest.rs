//! A running OpenClaw of the newest version shows in its picker what LM Studio has, without a restart.

use std::time::{Instant, SystemTime};

use crate::support::daemon::{ANSWERS, Daemon, PICKER_SHOWS};
use crate::support::figure;
use crate::support::gateway::Gateway;
use crate::support::openclaw::OpenClaw;
use crate::support::scenarios::{SESSION, Stage, seconds};
use crate::support::studio::Studio;
use crate::support::world::World;
use serde_json::json;

const KNOWN: &str = "qwen/qwen3-8b";
const ADDED: &str = "google/gemma-3-12b:2";

#[tokio::test]
async fn a_running_gateway_follows_lm_studio_and_is_left_alone_while_it_answers() {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[KNOWN]).await);
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[("LM_API_TOKEN", "lm-studio")]).await;
    let client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    let mut stage = Stage { version: "2026.9.6", world, studio, gateway, client };
    a_change_is_in_the_picker_within_a_moment(&mut stage).await;
    stage.a_slow_turn_is_left_alone().await;
    stage.a_hundred_models_come_and_go().await;
    // The same connection served it all.
    assert!(stage.client.models().await.iter().any(|id| id == KNOWN));
}

async fn a_change_is_in_the_picker_within_a_moment(stage: &mut Stage) {
    let mut daemon = stage.daemon("2s");
    until_shown(&mut daemon, stage, KNOWN, true).await;

    // Right after a pass, which is the longest wait.
    stage.studio.listing(SystemTime::now()).await;
    let added = Instant::now();
    stage.studio.add(ADDED);
    until_shown(&mut daemon, stage, ADDED, true).await;
    let took = added.elapsed();
    figure("2026.9.6: a model added in LM Studio to the gateway's models.list (interval 2 s)", seconds(took), "2.5 s");

    let list = stage.client.chat(SESSION, "/models lmstudio").await;
    assert!(list.text.contains(ADDED) && list.text.contains(KNOWN), "{list:?}");
    stage.a_turn_reaches_lm_studio(ADDED).await;

    let removed = Instant::now();
    stage.studio.world().remove(ADDED);
    until_shown(&mut daemon, stage, ADDED, false).await;
    figure("2026.9.6: a model removed in LM Studio to the gateway's models.list", seconds(removed.elapsed()), "5 s");
    let list = stage.client.chat(SESSION, "/models lmstudio").await;
    assert!(!list.text.contains(ADDED) && list.text.contains(KNOWN), "{list:?}");
    let chosen = stage.client.chat(SESSION, &format!("/model lmstudio/{KNOWN}")).await;
    assert_eq!(chosen.state, "final", "{chosen:?}");
    assert_eq!(daemon.unexpected_warnings(), Vec::<String>::new());
    daemon.stop().await;
}

/// Waits until lmsync says that the picker shows its models, and another client of the gateway sees that it does.
async fn until_shown(daemon: &mut Daemon, stage: &mut Stage, id: &str, there: bool) {
    loop {
        daemon.wait_for(PICKER_SHOWS).await;
        if stage.client.models().await.iter().any(|listed| listed == id) == there {
            return;
        }
    }
}

#[tokio::test]
async fn a_gateway_without_a_key_for_lm_studio_is_told_what_to_set() {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[KNOWN]).await);
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[]).await;
    // Left to itself, lmsync would let the gateway add one.
    let settings = [("LMSYNC_INTERVAL", "1s"), ("LMSYNC_OPENCLAW_CONFIG", "off")];
    let mut daemon = Daemon::start(&world, &studio, Some(gateway.port()), &settings);
    daemon.wait_for(ANSWERS).await;
    let shown = daemon.wait_for(PICKER_SHOWS).await;
    figure("2026.9.6: first refresh after its start", format!("{} s", shown["gateway_seconds"]), "seconds");
    let warning = daemon.wait_for("has no key of its own").await;
    assert!(warning["advice"].as_str().unwrap().contains("LM_API_TOKEN=lm-studio"), "{warning}");
    daemon.stop().await;
}
