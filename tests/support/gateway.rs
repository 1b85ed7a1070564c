//! A real OpenClaw gateway on a loopback port of its own, and a client that speaks to it as its other clients do.

mod client;
mod device;

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::openclaw::OpenClaw;
use super::running::{Finished, Running};
use super::world::World;

pub(crate) use client::Client;

/// Seconds where nothing else runs; the first start of a fresh installation on a small, busy machine takes minutes.
const START: Duration = Duration::from_secs(300);

/// What its clients authenticate with.
pub(crate) const TOKEN: &str = "e2e-gateway-token";

/// A running gateway. Dropping it kills it and all that it started.
#[derive(Debug)]
pub(crate) struct Gateway {
    running: Running,
    port: u16,
}

impl Gateway {
    /// Starts one in a world and waits until it says that it is ready.
    ///
    /// `config` is merged over what a test gateway needs (top-level keys replace), and written where the world has
    /// no `openclaw.json` yet; `environment` is added to a clean one, e.g. `LM_API_TOKEN`.
    pub(crate) async fn start(openclaw: &OpenClaw, world: &World, config: Value, environment: &[(&str, &str)]) -> Self {
        Self::start_at(free_port(), openclaw, world, config, environment).await
    }

    /// Starts one on a port of the test's choice, which may be an earlier gateway's.
    pub(crate) async fn start_at(
        port: u16,
        openclaw: &OpenClaw,
        world: &World,
        config: Value,
        environment: &[(&str, &str)],
    ) -> Self {
        Self::configure(openclaw, world, config);
        let mut command = openclaw.openclaw(world);
        command
            .args(["gateway", "run", "--bind", "loopback", "--port", &port.to_string()])
            .env("OPENCLAW_GATEWAY_PORT", port.to_string())
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
            // Nothing that talks to anybody but its clients.
            .env("OPENCLAW_SKIP_CHANNELS", "1")
            .env("OPENCLAW_SKIP_CRON", "1")
            .env("OPENCLAW_SKIP_BROWSER_CONTROL_SERVER", "1")
            .env("OPENCLAW_SKIP_CANVAS_HOST", "1")
            .env("OPENCLAW_SKIP_GMAIL_WATCHER", "1")
            .env("OPENCLAW_DISABLE_BONJOUR", "1")
            .envs(environment.iter().copied());
        let mut running = Running::start(&mut command);
        // Later versions say "ready" once their model catalog may be asked; the early ones are ready when they listen.
        running.wait_for_any_line(&["[gateway] ready", "[gateway] listening on ws://"], START).await;
        Self { running, port }
    }

    /// Writes `openclaw.json` where the world has none yet, as [`Self::start`] does.
    pub(crate) fn configure(openclaw: &OpenClaw, world: &World, config: Value) {
        let file = world.state().join("openclaw.json");
        if !file.exists() {
            fs::create_dir_all(world.state()).unwrap();
            fs::write(&file, configuration(openclaw, world, config).to_string()).unwrap();
        }
    }

    /// The next line that it prints with this text, after the one that was awaited last.
    pub(crate) async fn wait_for_line(&mut self, text: &str, limit: Duration) -> String {
        self.running.wait_for_line(text, limit).await
    }

    /// Waits for the end of its process alone.
    pub(crate) async fn end(&mut self, limit: Duration) {
        self.running.end(limit).await;
    }

    /// Waits until it has ended, which something else asked it for.
    pub(crate) async fn ended(self, limit: Duration) -> Finished {
        self.running.finish(limit).await
    }

    /// Its WebSocket address, `ws://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A client with these scopes (`operator.read`, `operator.write`, `operator.admin`).
    pub(crate) async fn client(&self, scopes: &[&str]) -> Client {
        Client::connect(self.port, TOKEN, scopes).await
    }

    /// What it has printed so far.
    pub(crate) fn transcript(&self) -> String {
        self.running.transcript()
    }

    /// Ends it in an orderly way.
    pub(crate) async fn stop(self) -> Finished {
        self.running.signal(Signal::TERM);
        self.running.finish(Duration::from_secs(60)).await
    }

    /// Ends it as a power cut does; locks and sockets stay as they are.
    pub(crate) async fn kill(self) {
        self.running.signal(Signal::KILL);
        self.running.finish(Duration::from_secs(60)).await;
    }
}

fn configuration(openclaw: &OpenClaw, world: &World, config: Value) -> Value {
    let mut base = json!({
        "gateway": { "mode": "local", "bind": "loopback", "auth": { "mode": "token", "token": TOKEN } },
        "update": { "checkOnStart": false },
        "logging": { "file": world.home().join("openclaw.log") },
    });
    if openclaw.version().as_str() >= "2026.9" {
        // It would fetch a list of models from its vendor; earlier versions refuse to know this setting.
        base["models"] = json!({ "catalogRefresh": { "enabled": false } });
    }
    if let (Some(base), Value::Object(config)) = (base.as_object_mut(), config) {
        base.extend(config);
    }
    base
}

/// The credential that 2026.2.12 wants before it talks to our provider. Later versions refuse to start with it.
pub(crate) fn authorise_early(world: &World) {
    let profile = json!({ "type": "api_key", "provider": "lmstudio", "key": "lmstudio" });
    let profiles = json!({ "version": 1, "profiles": { "lmstudio:default": profile } });
    let folder = world.state().join("agents/main/agent");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("auth-profiles.json"), profiles.to_string()).unwrap();
}

/// A port that was free a moment ago. A gateway has no setting for any free port.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
