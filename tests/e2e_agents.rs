//! Real OpenClaw of the oldest and the newest version, with other agents and another state folder than the usual ones:
//! each agent's session lists the models, and an earlier state folder stays OpenClaw's.

use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::support::PATIENCE;
use crate::support::daemon::{Daemon, PICKER_SHOWS, REFRESHED};
use crate::support::gateway::{Client, Gateway, authorise_early, free_port};
use crate::support::lmsync::lmsync;
use crate::support::openclaw::OpenClaw;
use crate::support::running::{Finished, Running};
use crate::support::studio::Studio;
use crate::support::world::World;
use rustix::process::Signal;
use serde_json::{Value, json};

const KNOWN: &str = "qwen/qwen3-8b";
const ADDED: &str = "google/gemma-3-12b";

/// Starting takes minutes on a small, busy machine.
const START: Duration = Duration::from_secs(300);

const SCOPES: [&str; 3] = ["operator.read", "operator.write", "operator.admin"];

/// A roster whose default agent is not `main`; the other one has a folder of its own.
fn roster(world: &World) -> Value {
    json!([
        { "id": "jarvis", "default": true },
        { "id": "coder", "agentDir": world.home().join("coder/agent") },
    ])
}

/// Asks for the models in a session of that agent's.
async fn listed(client: &mut Client, agent: &str) -> String {
    client.chat(&format!("agent:{agent}:main"), "/models lmstudio").await.text
}

async fn sync(world: &World, studio: &Studio) -> Finished {
    Running::start(lmsync(world, &studio.base()).arg("sync")).finish(PATIENCE).await.success()
}

#[tokio::test]
async fn the_newest_lists_the_models_in_a_session_of_each_agent_of_either_roster() {
    let list = |world: &World| json!({ "list": roster(world) });
    let entries = |world: &World| {
        json!({ "entries": {
            "jarvis": { "default": true },
            "coder": { "agentDir": world.home().join("coder/agent") },
        } })
    };
    for agents in [&list as &dyn Fn(&World) -> Value, &entries] {
        let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[KNOWN]).await);
        let config = json!({ "agents": agents(&world) });
        let gateway = Gateway::start(&openclaw, &world, config, &[("LM_API_TOKEN", "lm-studio")]).await;
        let mut client = gateway.client(&SCOPES).await;
        let mut daemon = Daemon::start(&world, &studio, Some(gateway.port()), &[("LMSYNC_INTERVAL", "1s")]);
        daemon.wait_for(PICKER_SHOWS).await;
        for agent in ["jarvis", "coder"] {
            let text = listed(&mut client, agent).await;
            assert!(text.contains(KNOWN), "{agent}: {text}");
        }
        assert!(!world.state().join("agents/main/agent/models.json").exists());
        studio.add(ADDED);
        daemon.wait_for(PICKER_SHOWS).await;
        for agent in ["jarvis", "coder"] {
            let text = listed(&mut client, agent).await;
            assert!(text.contains(ADDED), "{agent}: {text}");
        }
        daemon.stop().await;
        gateway.stop().await;
    }
}

#[tokio::test]
async fn the_oldest_lists_the_models_in_a_session_of_each_agent() {
    let (openclaw, world, studio) = (OpenClaw::oldest(), World::new(), Studio::start(&[KNOWN]).await);
    authorise_early(&world);
    let config = json!({ "agents": { "list": roster(&world) } });
    // Its picker reads `main`'s file, whichever agents there are, when it starts and never again.
    let gateway = Gateway::start(&openclaw, &world, config.clone(), &[]).await;
    gateway.stop().await;
    sync(&world, &studio).await;
    for file in [".openclaw/agents/jarvis/agent", ".openclaw/agents/main/agent", "coder/agent"] {
        assert!(world.home().join(file).join("models.json").exists(), "{file}");
    }
    let gateway = Gateway::start(&openclaw, &world, config, &[]).await;
    let mut client = gateway.client(&SCOPES).await;
    for agent in ["jarvis", "coder"] {
        let text = listed(&mut client, agent).await;
        assert!(text.contains(KNOWN), "{agent}: {text}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn an_earlier_state_folder_stays_openclaw_s_after_all_that_lmsync_does() {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[KNOWN]).await);
    let earlier = world.home().join(".clawdbot");
    fs::create_dir(&earlier).unwrap();
    let port = free_port();
    let auth = json!({ "mode": "token", "token": "a-token-of-a-test" });
    let config = json!({ "gateway": { "mode": "local", "bind": "loopback", "port": port, "auth": auth } });
    fs::write(earlier.join("clawdbot.json"), config.to_string()).unwrap();
    let at_home = |mut command: Command| {
        command.env_remove("OPENCLAW_STATE_DIR").env("OPENCLAW_GATEWAY_PORT", "9").env("TMPDIR", world.home());
        command
    };
    for arguments in [&["sync"][..], &["doctor"], &["status"], &["demo", "--for", "1s"], &["remove"]] {
        let mut command = lmsync(&world, &studio.base());
        command.args(arguments);
        Running::start(&mut at_home(command)).finish(PATIENCE).await;
        assert!(!world.state().exists(), "{arguments:?}");
    }
    let mut command = lmsync(&world, &studio.base());
    command.arg("run").env("LMSYNC_INTERVAL", "200ms");
    let mut daemon = Running::start(&mut at_home(command));
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
    assert!(!world.state().exists());

    let mut command = openclaw.openclaw(&world);
    command.args(["config", "file"]).env_remove("OPENCLAW_STATE_DIR");
    let told = Running::start(&mut command).finish(PATIENCE).await.success().stdout;
    assert!(told.contains(".clawdbot/clawdbot.json"), "{told}");
    let mut command = openclaw.openclaw(&world);
    command.args(["gateway", "run"]).env_remove("OPENCLAW_STATE_DIR").env("OPENCLAW_SKIP_CHANNELS", "1");
    let mut gateway = Running::start(&mut command);
    gateway.wait_for_line("[gateway] ready", START).await;
    TcpStream::connect(("127.0.0.1", port)).expect("it listens where the earlier folder's configuration says");
    gateway.signal(Signal::TERM);
    gateway.finish(START).await;
}
