//! Where openclaw.json is not lmsync's to touch: switched off, with comments, with an entry that a person wrote.

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use crate::matrix::expected::By;
use crate::matrix::scene::{KNOWN, Scene, files};
use crate::support::daemon::{ANSWERS, ANYWHERE, Daemon};

const ADDED: &str = "openai/gpt-oss-20b";

/// What a person's own row is called; LM Studio does not list it.
const OWN: &str = "my/own-finetune";

/// A secret that a person's configuration names.
const ENVIRONMENT: &[(&str, &str)] = &[("STUDIO_KEY", "sk-of-a-person")];

#[tokio::test]
async fn what_is_not_lmsyncs_stays_as_it_is_and_it_says_so() {
    let mut scene = Scene::set(ENVIRONMENT).await;
    switched_off(&mut scene).await;
    scene = comments(scene).await;
    an_entry_with_rows(&mut scene).await;
    if scene.expected.by == By::Config {
        rows_beside_a_persons_own(&mut scene).await;
    }
    if scene.expected.list_is_optional {
        rows_where_a_person_has_none(&mut scene).await;
    }
}

async fn switched_off(scene: &mut Scene) {
    let before = fs::read(scene.openclaw_json()).unwrap();
    let as_values = files(&scene.stage.world).await.openclaw_json;
    let rules = scene.stage.world.state().join("lmsync.toml");
    fs::write(&rules, "openclaw_config = 'off'\n").unwrap();
    let mut daemon = scene.daemon("1s", &[ANYWHERE]);
    daemon.wait_for(ANSWERS).await;
    scene.until_in_models_json(&[KNOWN]).await;
    // From now on the gateway has a list, and whether it follows is seen.
    scene.stage.client.models().await;
    scene.stage.studio.add(ADDED);
    if scene.expected.off.shown {
        scene.until_listed(&[KNOWN, ADDED]).await;
    } else {
        scene.listings(4).await;
        let shown = scene.stage.client.models().await;
        assert!(!shown.iter().any(|id| id == ADDED), "{shown:?}");
    }
    let said = scene.until_said(scene.expected.off.reason).await;
    scene.note("the reason in the status", said, "what would help");
    assert!(fs::read(scene.openclaw_json()).unwrap() == before, "openclaw.json is as it was");
    let shown = if scene.expected.off.shown { "shown" } else { "not shown" };
    scene.note("added, with LMSYNC_OPENCLAW_CONFIG=off", shown, "as the table says");
    scene.stage.studio.world().remove(ADDED);
    if scene.expected.by == By::Config {
        // The removal is confirmed; then the setting that the reason names, and nothing else.
        scene.listings(4).await;
        fs::write(&rules, "openclaw_config = 'auto'\n").unwrap();
        scene.until_written(&[KNOWN]).await;
        scene.until_shown(&[KNOWN], Instant::now()).await;
    }
    daemon.stop().await;
    fs::remove_file(&rules).unwrap();
    scene.lmsync(&["remove"]).await.success();
    assert_eq!(files(&scene.stage.world).await.openclaw_json, as_values);
}

async fn comments(mut scene: Scene) -> Scene {
    let before = files(&scene.stage.world).await.openclaw_json;
    let plain = fs::read_to_string(scene.openclaw_json()).unwrap();
    let commented = plain.replacen('{', "{\n  // Mine: do not lose this.\n", 1);
    let daemon = stays(&scene, &commented, "comments (line 2)").await;
    fs::write(scene.openclaw_json(), &plain).unwrap();
    if scene.expected.by == By::Config {
        // What was in the way is out of it: nothing else has to happen, or what the status asks for.
        if !scene.expected.heeds_any_edit {
            scene.until_said(&["restart the gateway"]).await;
            scene = scene.restart().await;
        }
        scene.until_written(&[KNOWN]).await;
        scene.until_shown(&[KNOWN], Instant::now()).await;
        taken_out(&scene, daemon).await;
        let removed = scene.lmsync(&["remove"]).await.success();
        let now = files(&scene.stage.world).await.openclaw_json;
        assert_eq!(now, before, "{}{}", removed.stdout, removed.stderr);
        fs::write(scene.openclaw_json(), plain).unwrap();
    }
    scene
}

/// What somebody takes out of openclaw.json is put back, without a change in LM Studio.
async fn taken_out(scene: &Scene, daemon: Daemon) {
    let mut file = files(&scene.stage.world).await.openclaw_json;
    file["models"]["providers"].as_object_mut().unwrap().remove("lmstudio");
    fs::write(scene.openclaw_json(), format!("{file:#}\n")).unwrap();
    scene.until_written(&[KNOWN]).await;
    daemon.stop().await;
}

async fn an_entry_with_rows(scene: &mut Scene) {
    let mut file = files(&scene.stage.world).await.openclaw_json;
    file["models"]["providers"]["lmstudio"] = own_entry(scene);
    let text = format!("{file:#}\n");
    if scene.expected.merges {
        shows_both(scene, &text).await;
    } else {
        stays(scene, &text, "rows of your own").await.stop().await;
    }
}

/// With this openclaw.json, a change is followed as far as models.json goes, nothing else is touched, and the log
/// and the status have these words.
async fn stays(scene: &Scene, openclaw_json: &str, words: &str) -> Daemon {
    fs::write(scene.openclaw_json(), openclaw_json).unwrap();
    let mut daemon = scene.daemon("1s", &[ANYWHERE]);
    daemon.wait_for(ANSWERS).await;
    scene.stage.studio.add(ADDED);
    scene.listings(2).await;
    if scene.expected.by == By::Config {
        daemon.wait_for(words).await;
        scene.until_said(&[words]).await;
    }
    scene.stage.studio.world().remove(ADDED);
    scene.listings(4).await;
    let now = fs::read_to_string(scene.openclaw_json()).unwrap();
    assert_eq!(now, openclaw_json, "{}", daemon.transcript());
    daemon
}

/// With this openclaw.json, which has an entry that is enough, the picker shows its rows and LM Studio's, and nothing
/// is written there.
async fn shows_both(scene: &mut Scene, openclaw_json: &str) {
    scene.write(openclaw_json).await;
    let mut daemon = scene.daemon("1s", &[ANYWHERE]);
    daemon.wait_for(ANSWERS).await;
    scene.stage.studio.add(ADDED);
    scene.until_shown(&[OWN, KNOWN, ADDED], Instant::now()).await;
    scene.stage.studio.world().remove(ADDED);
    scene.until_shown(&[OWN, KNOWN], Instant::now()).await;
    scene.listings(3).await;
    assert_eq!(fs::read_to_string(scene.openclaw_json()).unwrap(), openclaw_json, "{}", daemon.transcript());
    let status = scene.lmsync(&["status", "--json"]).await.stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["status"]["state"], "in-sync", "{status:#}");
    daemon.stop().await;
}

async fn rows_beside_a_persons_own(scene: &mut Scene) {
    let before = files(&scene.stage.world).await.openclaw_json;
    let mut daemon = scene.daemon("1s", &[("LMSYNC_OPENCLAW_CONFIG", "on")]);
    daemon.wait_for(ANSWERS).await;
    scene.until_written(&[OWN, KNOWN]).await;
    scene.stage.studio.add(ADDED);
    scene.until_written(&[OWN, KNOWN, ADDED]).await;
    scene.stage.studio.world().remove(ADDED);
    scene.until_written(&[OWN, KNOWN]).await;
    daemon.stop().await;

    let theirs = |file: &Value| {
        let mut entry = file["models"]["providers"]["lmstudio"].clone();
        entry["models"].as_array_mut().unwrap().retain(|row| row["id"] == OWN);
        entry
    };
    assert_eq!(theirs(&files(&scene.stage.world).await.openclaw_json), theirs(&before));
    let removed = scene.lmsync(&["remove"]).await.success();
    let now = files(&scene.stage.world).await.openclaw_json;
    assert_eq!(now, before, "{}{}", removed.stdout, removed.stderr);
}

async fn rows_where_a_person_has_none(scene: &mut Scene) {
    let mut file = files(&scene.stage.world).await.openclaw_json;
    let base_url = scene.stage.studio.base();
    file["models"]["providers"]["lmstudio"] =
        json!({ "baseUrl": base_url, "apiKey": "sk-of-a-person", "api": "openai-completions" });
    scene.write(&format!("{file:#}\n")).await;
    let mut daemon = scene.daemon("1s", &[("LMSYNC_OPENCLAW_CONFIG", "on")]);
    daemon.wait_for(ANSWERS).await;
    scene.until_written(&[KNOWN]).await;
    // 2026.7.1 keeps the row that was there before in its other views.
    scene.until_listed(&[KNOWN]).await;
    daemon.stop().await;
    let removed = scene.lmsync(&["remove"]).await.success();
    let now = files(&scene.stage.world).await.openclaw_json;
    assert_eq!(now, file, "{}{}", removed.stdout, removed.stderr);
}

/// An entry with a row, a field and a reference to a secret, as far as the version knows such.
fn own_entry(scene: &Scene) -> Value {
    let key = match scene.expected.by {
        By::Restart => json!("${STUDIO_KEY}"),
        By::Config => json!({ "source": "env", "provider": "default", "id": "STUDIO_KEY" }),
    };
    json!({
        "baseUrl": scene.stage.studio.base(), "apiKey": key, "api": "openai-completions",
        "headers": { "x-of-a-person": "1" },
        "models": [{
            "id": OWN, "name": "My own", "api": "openai-completions", "reasoning": false, "input": ["text"],
            "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
            "contextWindow": 16_384, "maxTokens": 2_048,
        }],
    })
}
