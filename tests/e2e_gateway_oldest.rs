//! A running OpenClaw of the oldest supported version: its turns are left alone, and what a crash of it leaves behind
//! stops nothing for long.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::support::daemon::{ANSWERS, Daemon, PAUSED};
use crate::support::gateway::{Gateway, authorise_early};
use crate::support::lmsync::lmsync;
use crate::support::openclaw::OpenClaw;
use crate::support::running::Running;
use crate::support::scenarios::{SESSION, Stage, seconds};
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{PATIENCE, figure};
use serde_json::{Value, json};
use simulator::Phase;

const KNOWN: &str = "qwen/qwen3-8b";

/// After so long OpenClaw itself takes a lock for a leftover.
const STALE_AFTER: Duration = Duration::from_secs(30 * 60);

#[tokio::test]
async fn turns_are_left_alone_and_a_killed_gateway_stops_nothing_for_long() {
    let (openclaw, world, studio) = (OpenClaw::oldest(), World::new(), Studio::start(&[KNOWN]).await);
    // It reads models.json when it starts, and never again.
    Running::start(lmsync(&world, &studio.base()).arg("sync")).finish(PATIENCE).await.success();
    authorise_early(&world);
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[]).await;
    let client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    let mut stage = Stage { version: "2026.2.12", world, studio, gateway, client };
    stage.a_turn_reaches_lm_studio(KNOWN).await;
    stage.a_slow_turn_is_left_alone().await;
    // The locks alone can tell here, and the process that they name is none of its own table.
    let locks_alone = [("LMSYNC_INTERVAL", "1s"), ("LMSYNC_BUSY_SOURCES", "session-locks")];
    let beside = Daemon::start_beside(&stage.world, &stage.studio, stage.gateway.port(), &locks_alone);
    drop(stage.a_slow_turn_is_left_alone_by(beside, "downloaded/by-another-container-7b").await);
    stage.a_hundred_models_come_and_go().await;
    assert_eq!(stage.client.models().await, [KNOWN], "as it was when the gateway started: {:?}", stage.world.ids());
    a_lock_left_behind_stops_nothing_for_long(stage, &openclaw).await;
}

async fn a_lock_left_behind_stops_nothing_for_long(stage: Stage, openclaw: &OpenClaw) {
    let Stage { world, studio, gateway, mut client, .. } = stage;
    let port = gateway.port();
    let environment = [("LMSYNC_INTERVAL", "500ms"), ("LMSYNC_LOG", "lmsync=debug")];
    let mut daemon = Daemon::start(&world, &studio, Some(port), &environment);
    daemon.wait_for(ANSWERS).await;

    let before = studio.chats().len();
    studio.world().hold(Some(Phase::Generating));
    client.say(SESSION, "Never stop.").await;
    studio.chat(before).await;
    daemon.wait_for(PAUSED).await;
    drop(client);
    gateway.kill().await;
    let killed = studio.idle().await;
    studio.world().hold(None);

    let waited = studio.listing(killed).await.duration_since(killed).unwrap();
    figure("2026.2.12: the gateway is killed in a turn to the next pass", seconds(waited), "below 5 s");

    let lock = lock(&world);
    let mut held: Value = serde_json::from_slice(&fs::read(&lock).unwrap()).unwrap();
    // As if a process that runs had it: its age alone tells that it is a leftover.
    held["pid"] = std::process::id().into();
    held["createdAt"] = humantime::format_rfc3339_millis(SystemTime::now()).to_string().into();
    fs::write(&lock, held.to_string()).unwrap();
    daemon.wait_for(PAUSED).await;
    let mut aged = held.clone();
    let long_ago = SystemTime::now() - STALE_AFTER - Duration::from_secs(1);
    aged["createdAt"] = humantime::format_rfc3339_millis(long_ago).to_string().into();
    fs::write(&lock, aged.to_string()).unwrap();
    let now = SystemTime::now();
    let waited = studio.listing(now).await.duration_since(now).unwrap();
    figure("2026.2.12: a lock becomes half an hour old to the next pass", seconds(waited), "1.5 s");

    fs::write(&lock, held.to_string()).unwrap();
    daemon.wait_for(PAUSED).await;
    let paused = SystemTime::now();
    let gateway = Gateway::start_at(port, openclaw, &world, json!({}), &[]).await;
    let ready = SystemTime::now();
    let waited = studio.listing(paused).await.duration_since(ready).unwrap_or_default();
    assert!(lock.exists(), "it is the gateway's start that tells, not the lock's end");
    figure("2026.2.12: the gateway is up again to the next pass", seconds(waited), "at once: below 6 s");
    daemon.stop().await;
    gateway.stop().await;
}

/// The one lock in the world.
fn lock(world: &World) -> PathBuf {
    let sessions = fs::read_dir(world.state().join("agents/main/sessions")).unwrap();
    let paths = sessions.map(|entry| entry.unwrap().path());
    let locks: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(".jsonl.lock")).collect();
    let [lock] = &locks[..] else { panic!("one lock is left behind: {locks:?}") };
    lock.clone()
}
