//! Two writers and one file, where the other one is a real gateway that has a provider of its own to keep there.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::daemon::Daemon;
use crate::support::foreign::put;
use crate::support::gateway::{Gateway, authorise_early};
use crate::support::lmsync::lmsync;
use crate::support::openclaw::OpenClaw;
use crate::support::running::Running;
use crate::support::scenarios::SESSION;
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{PATIENCE, figure};

const KNOWN: &str = "qwen/qwen3-8b";

/// A turn makes the gateway look whether the file still has its provider.
const TURNS: usize = 20;

#[tokio::test]
#[ignore = "needs the real gateway: `cargo xtask torture` runs it"]
async fn the_oldest_gateway_and_lmsync_leave_each_other_s_models_alone() {
    let restored = edits_of_both(&OpenClaw::oldest(), true).await;
    assert!(restored > 0, "it has written nothing");
}

#[tokio::test]
#[ignore = "needs the real gateway: `cargo xtask torture` runs it"]
async fn the_newest_gateway_and_lmsync_leave_each_other_s_models_alone() {
    edits_of_both(&OpenClaw::newest(), false).await;
}

/// How often the gateway has put its provider back.
async fn edits_of_both(openclaw: &OpenClaw, early: bool) -> usize {
    let (world, studio) = (World::new(), Studio::start(&[KNOWN]).await);
    put(&world.models_json(), json!({ "note": "mine", "providers": { "kept": theirs() } }).to_string().as_bytes());
    Running::start(lmsync(&world, &studio.base()).arg("sync")).finish(PATIENCE).await.success();
    let mut models = json!({ "providers": { "theirs": theirs() } });
    if early {
        authorise_early(&world);
    } else {
        models["catalogRefresh"] = json!({ "enabled": false });
    }
    let gateway = Gateway::start(openclaw, &world, json!({ "models": models }), &[("LM_API_TOKEN", "lm-studio")]).await;
    let mut client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    let chosen = client.chat(SESSION, &format!("/model lmstudio/{KNOWN}")).await;
    assert_eq!(chosen.state, "final", "{chosen:?}");
    // It writes as often as it can, also while the gateway does.
    let environment = [("LMSYNC_INTERVAL", "50ms"), ("LMSYNC_BUSY_SOURCES", "none")];
    let daemon = Daemon::start(&world, &studio, Some(gateway.port()), &environment);
    let (mut restored, mut refused) = (0, 0);
    for turn in 0..TURNS {
        let mut file = read(&world).await;
        file["providers"].as_object_mut().unwrap().remove("theirs");
        put(&world.models_json(), file.to_string().as_bytes());
        let chat = client.say(SESSION, "Say something.").await;
        for step in 0..5 {
            studio.add(&format!("step/{turn}-{step}"));
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        // The newest one may find no model in a file that is replaced in the very moment of its look: twenty times a
        // second here, which is why lmsync otherwise leaves a gateway alone that has something to do.
        refused += usize::from(client.turn(&chat).await.state != "final");
        let back = read(&world).await["providers"].get("theirs").is_some();
        restored += usize::from(back);
        studio.add(&format!("last/{turn}"));
        let file = until_listed(&world, &format!("last/{turn}")).await;
        assert_eq!(file["providers"]["kept"], theirs(), "turn {turn}");
        // The oldest one itself writes nothing but providers.
        assert!(early || file["note"] == "mine", "turn {turn}");
        assert_eq!(file["providers"].get("theirs").is_some(), back, "turn {turn}: the gateway's edit stays");
    }
    let version = openclaw.version();
    figure(&format!("{version}: turns beside a daemon in haste, nothing lost"), TURNS, "all");
    figure(&format!("{version}: times that the gateway has put its provider back"), restored, "as it likes");
    figure(&format!("{version}: turns that it refused in that haste"), refused, "few");
    daemon.stop().await;
    let turn = client.chat(SESSION, "Say something.").await;
    assert_eq!(turn.state, "final", "{turn:?}\n{}", gateway.transcript());
    gateway.stop().await;
    restored
}

fn theirs() -> Value {
    json!({
        "baseUrl": "http://127.0.0.1:9/v1", "apiKey": "k", "api": "openai-completions",
        "models": [{
            "id": "m", "name": "M", "reasoning": false, "input": ["text"], "contextWindow": 4_096, "maxTokens": 1_024,
            "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
        }],
    })
}

/// The file, once it is whole: the oldest gateway writes over it.
async fn read(world: &World) -> Value {
    let whole = async {
        loop {
            match serde_json::from_slice(&fs::read(world.models_json()).unwrap()) {
                Ok(file) => return file,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("the file is whole again in a moment")
}

async fn until_listed(world: &World, id: &str) -> Value {
    let listed = async {
        loop {
            let file = read(world).await;
            let rows = file["providers"]["lmstudio"]["models"].as_array().cloned().unwrap_or_default();
            if rows.iter().any(|row| row["id"] == id) {
                return file;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listed).await.unwrap_or_else(|_| panic!("{id} has not come"))
}
