//! The plugin in OpenClaw's container: installed into the state volume, kept over a restart, updated.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use simulator::{SimModel, demo_models};
use tokio::time::sleep;

use super::{Duration, NODE_USER, STAND_IN, START, TOKEN, ask_picker, seconds, simulator_for, stand_in, world};
use crate::support::docker::{Compose, Engine};
use crate::support::openclaw::OpenClaw;
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, figure, tool};

const LATER: &str = "99.0.0";

#[tokio::test]
async fn the_plugin_lives_in_the_state_volume() {
    let engine = Engine::start().await;
    stand_in(&engine).await;
    let world = world();
    let (simulator, _) = simulator_for(&engine).await;
    simulator.world().set_models(demo_models());
    let settings = json!({ "server": format!("http://{}/v1", simulator.address()), "interval": "1s" });
    let config = json!({
        "gateway": { "mode": "local", "bind": "lan", "auth": { "mode": "token", "token": TOKEN } },
        "update": { "checkOnStart": false },
        "models": { "catalogRefresh": { "enabled": false } },
        "plugins": { "entries": { "lmsync": { "config": settings } } },
    });
    let file = world.state().join("openclaw.json");
    fs::write(&file, config.to_string()).unwrap();
    chown(&file, Some(NODE_USER), Some(NODE_USER)).unwrap();
    let archive = tool("LMSYNC_TEST_PLUGIN");
    fs::copy(&archive, world.state().join("plugin.tgz")).unwrap();
    pack_as(LATER, &archive, &world.state().join("later.tgz")).await;
    // Its first start completes the package, which the container's user may not.
    OpenClaw::newest().cli(&World::new(), &["--version"]).await.success();

    let stack = openclaw(&engine, &world);
    let began = Instant::now();
    install(&stack, &["run", "--rm", "-T"], "plugin.tgz").await;
    figure("Docker, the plugin: installed after", seconds(began), "10 s");
    let began = Instant::now();
    stack.run(&["up", "--detach"]).await.success();
    let gateway = stack.container("openclaw-gateway").await;
    until_shown(&engine, &gateway, 1, "openai/gpt-oss-20b").await;
    figure("Docker, the plugin: `up` to the first picker", seconds(began), "the gateway's start");
    assert_eq!(version_of_plugin(&engine, &gateway).await, env!("CARGO_PKG_VERSION"));

    install(&stack, &["exec", "-T"], "later.tgz").await;
    let began = Instant::now();
    engine.ask(&["restart", "--time", "5", &gateway]).await;
    simulator.world().add(SimModel::chat("after/an-update"));
    until_shown(&engine, &gateway, 2, "after/an-update").await;
    figure("Docker, the plugin: a restart with its update to the picker", seconds(began), "the gateway's start");
    assert_eq!(version_of_plugin(&engine, &gateway).await, LATER);
}

/// OpenClaw as its users run it, without lmsync's file.
fn openclaw<'a>(engine: &'a Engine, world: &World) -> Compose<'a> {
    let node = tool("LMSYNC_TEST_NODE");
    let package = tool("LMSYNC_TEST_OPENCLAW_NEW");
    let environment = vec![
        ("OPENCLAW_CONFIG_DIR", world.state().display().to_string()),
        ("OPENCLAW_GATEWAY_TOKEN", TOKEN.to_owned()),
        ("OPENCLAW_IMAGE", STAND_IN.to_owned()),
        ("OPENCLAW_PACKAGE", package.parent().unwrap().display().to_string()),
        ("NODE_FOLDER", node.parent().unwrap().display().to_string()),
    ];
    Compose::new(engine, &["tests/docker/openclaw.yaml"], environment)
}

/// Installs an archive in the state volume, in a container that runs or in one of its own.
async fn install(stack: &Compose<'_>, how: &[&str], archive: &str) {
    let script = tool("LMSYNC_TEST_OPENCLAW_NEW").join("openclaw/openclaw.mjs").display().to_string();
    let archive = format!("/home/node/.openclaw/{archive}");
    let command = ["openclaw-gateway", "node", &script, "plugins", "install", &archive];
    let flags = ["--force", "--accept-capabilities"];
    stack.run(&[how, &command, &flags].concat()).await.success();
}

/// Waits until the picker has a model, once the container has started for the `start`th time.
async fn until_shown(engine: &Engine, gateway: &str, start: usize, id: &str) {
    let mut log = engine.logs(gateway);
    for _ in 0..start {
        log.wait_for_line("[gateway] ready", START).await;
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let shown = ask_picker(engine, gateway).await;
        if shown.iter().flatten().any(|shown| shown == id) {
            return;
        }
        assert!(Instant::now() < deadline, "{id} is not in {shown:?}");
        sleep(Duration::from_millis(200)).await;
    }
}

/// The version of the plugin that has started the daemon in a container.
async fn version_of_plugin(engine: &Engine, gateway: &str) -> String {
    let program = "/home/node/.openclaw/extensions/lmsync/programs/linux-x64/lmsync";
    let answer = engine.run(&["exec", gateway, program, "status", "--json"]).await.stdout;
    let status: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    status["daemon"]["plugin"].as_str().unwrap_or_else(|| panic!("{status:#}")).to_owned()
}

/// Makes an archive of another version.
async fn pack_as(version: &str, archive: &Path, to: &Path) {
    let script = "mkdir package && tar xzf \"$1\" && \
        sed -i \"s/\\\"version\\\": \\\"[^\\\"]*/\\\"version\\\": \\\"$2/\" package/*.json && tar czf \"$3\" package";
    let folder = World::new();
    let mut command = Command::new("sh");
    command.current_dir(folder.home()).args(["-ec", script, "sh"]);
    command.arg(archive).arg(version).arg(to);
    Running::start(&mut command).finish(PATIENCE).await.success();
}
