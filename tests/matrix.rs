//! One OpenClaw, whichever it is: what lmsync does for it by default, what it does not do where it may not, and that
//! it takes everything out again.

mod expected;
mod left_alone;
mod scene;

use std::time::{Duration, Instant, SystemTime};

use crate::support::daemon::{ANSWERS, ANYWHERE, Daemon, PAUSED};
use crate::support::scenarios::SESSION;
use expected::By;
use scene::{INTERVAL, KNOWN, Scene, files, full};
use simulator::Pace;

const ADDED: &str = "google/gemma-3-12b:2";

/// What any version may take, on a machine that is busy with other things.
const BOUND: Duration = Duration::from_secs(90);

#[tokio::test]
async fn by_default_the_picker_follows_and_everything_is_taken_out_again() {
    let mut scene = Scene::set(&[]).await;
    let mut daemon = scene.daemon(&format!("{}s", INTERVAL.as_secs()), &[ANYWHERE]);
    daemon.wait_for(ANSWERS).await;
    scene = a_change_is_shown_and_answers(scene).await;
    a_change_during_a_turn_waits_for_its_end(&mut scene, &mut daemon).await;
    daemon.stop().await;

    changes_between_turns_are_no_fight(&mut scene).await;
    taken_out_again(scene).await;
}

async fn a_change_is_shown_and_answers(mut scene: Scene) -> Scene {
    scene.until_written(&[KNOWN]).await;
    scene.until_shown(&[KNOWN], Instant::now()).await;

    // Right after a pass, which is the longest wait.
    scene.stage.studio.listing(SystemTime::now()).await;
    let since = Instant::now();
    scene.stage.studio.add(ADDED);
    scene = restarted_where_asked_for(scene, &[KNOWN, ADDED]).await;
    let took = scene.until_shown(&[KNOWN, ADDED], since).await;
    scene.figure("added, until it is in the picker", took);
    assert!(took < BOUND, "{took:?}");
    scene.until_written(&[KNOWN, ADDED]).await;
    let list = scene.stage.client.chat(SESSION, "/models lmstudio").await;
    assert!(list.text.contains(ADDED) && list.text.contains(KNOWN), "{list:?}");
    scene.stage.a_turn_reaches_lm_studio(ADDED).await;

    scene.stage.studio.listing(SystemTime::now()).await;
    let since = Instant::now();
    scene.stage.studio.world().remove(ADDED);
    scene = restarted_where_asked_for(scene, &[KNOWN]).await;
    let took = scene.until_shown(&[KNOWN], since).await;
    scene.figure("removed, until it is gone", took);
    assert!(took < BOUND, "{took:?}");
    scene.stage.a_turn_reaches_lm_studio(KNOWN).await;
    scene
}

/// Where no running gateway shows what has been written: `status` asks for a restart, and gets it.
async fn restarted_where_asked_for(scene: Scene, written: &[&str]) -> Scene {
    if scene.expected.by != By::Restart {
        return scene;
    }
    scene.until_written(written).await;
    scene.until_said(scene.expected.off.reason).await;
    scene.restart().await
}

async fn a_change_during_a_turn_waits_for_its_end(scene: &mut Scene, daemon: &mut Daemon) {
    const MEANWHILE: &str = "downloaded/meanwhile-7b";
    scene.connect().await;
    let stage = &mut scene.stage;
    let before = stage.studio.chats().len();
    stage.studio.world().pace(Pace { tokens: 8, per_token: Duration::from_secs(1), ..Pace::default() });
    let run = stage.client.say(SESSION, "Count slowly.").await;
    let asked = stage.studio.chat(before).await.at;
    daemon.wait_for(PAUSED).await;
    stage.studio.add(MEANWHILE);
    let (generated, turn) = tokio::join!(stage.studio.idle(), stage.client.turn(&run));
    assert_eq!(turn.state, "final", "{turn:?}");
    let took = generated.duration_since(asked).unwrap();
    assert!(took >= Duration::from_secs(7), "nothing cut it short: {took:?}, {turn:?}");
    let listed = stage.studio.listing(asked).await;
    assert!(listed >= generated, "a listing {:?} before the turn's end", generated.duration_since(listed));
    stage.studio.world().pace(Pace::default());

    let ended = Instant::now();
    scene.until_written(&[KNOWN, MEANWHILE]).await;
    if scene.expected.by == By::Config {
        let took = scene.until_shown(&[KNOWN, MEANWHILE], ended).await;
        scene.figure("added during a turn, from the turn's end", took);
    }
    scene.stage.studio.world().remove(MEANWHILE);
    scene.until_written(&[KNOWN]).await;
}

async fn changes_between_turns_are_no_fight(scene: &mut Scene) {
    let changes = if full() { 50 } else { 10 };
    scene.connect().await;
    let chosen = scene.stage.client.chat(SESSION, &format!("/model lmstudio/{KNOWN}")).await;
    assert_eq!(chosen.state, "final", "{chosen:?}");
    let reloads = scene.reloads();
    let mut daemon = scene.daemon("500ms", &[]);
    daemon.wait_for(ANSWERS).await;
    let key = |change: usize| format!("cycle/model-{change:02}");
    for change in 0..changes {
        // Each change adds one and removes the one before.
        scene.stage.studio.add(&key(change));
        if let Some(before) = change.checked_sub(1) {
            scene.stage.studio.world().remove(&key(before));
        }
        scene.stage.studio.listing(SystemTime::now()).await;
        if change % 5 == 4 {
            // 2026.8.1 fails a turn that begins while it reads its configuration again.
            scene.until_written(&[KNOWN, &key(change)]).await;
            scene.until_quiet().await;
            scene.connect().await;
            scene.turn("Say something.").await;
        }
    }
    let last = key(changes - 1);
    scene.until_written(&[KNOWN, &last]).await;
    if scene.expected.by == By::Config {
        scene.connect().await;
        scene.until_shown(&[KNOWN, &last], Instant::now()).await;
    }
    scene.turn("Say something more.").await;
    // Whatever has been undone by now has been noticed.
    scene.listings(6).await;
    let (written, reloaded) = (daemon.writes(), scene.reloads() - reloads);
    scene.listings(6).await;
    let after = (daemon.writes(), scene.reloads() - reloads);
    assert_eq!(after, (written, reloaded), "without a change, nothing is written: {}", daemon.transcript());
    scene.note(&format!("writes of models.json over {changes} changes"), written, "about one a change");
    scene.note(&format!("writes of openclaw.json over {changes} changes"), reloaded, "about one a change");
    // An addition and its predecessor's removal may be written one after the other, and a shrinking file in steps.
    assert!(written <= 2 * changes + 2 && reloaded <= 4 * changes + 2, "{written} and {reloaded}");
    daemon.stop().await;

    let (now, before) = (files(&scene.stage.world).await, &scene.before);
    let elsewhere = |file: &serde_json::Value| file["models"]["providers"]["elsewhere"].clone();
    assert_eq!(elsewhere(&now.openclaw_json), elsewhere(&before.openclaw_json));
    assert_eq!(now.models_json["providers"]["other"], before.models_json["providers"]["other"]);
    assert!(!scene.stage.gateway.transcript().contains("SIGUSR1"), "the gateway never had to start again");
}

async fn taken_out_again(scene: Scene) {
    let removed = scene.lmsync(&["remove"]).await.success();
    assert_eq!(files(&scene.stage.world).await, scene.before, "{}{}", removed.stdout, removed.stderr);
    let again = scene.lmsync(&["remove"]).await.success();
    assert_eq!(files(&scene.stage.world).await, scene.before, "{}{}", again.stdout, again.stderr);

    let mut scene = scene.restart().await;
    if !scene.expected.keeps_a_copy {
        scene.until_shown(&[], Instant::now()).await;
    }
    assert_eq!(files(&scene.stage.world).await, scene.before, "after the gateway started once more");
    scene.note("after `lmsync remove`", "both files as before, the gateway starts", "as before");
}
