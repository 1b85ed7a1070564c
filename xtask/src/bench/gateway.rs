//! The real OpenClaw of the newest version that lmsync was tried with, its gateway running.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::tools::{OPENCLAW_NEW, Tool};
use crate::workspace::Workspace;

use super::daemon::Daemon;
use super::world::World;

/// What its clients authenticate with.
pub(super) const TOKEN: &str = "bench-gateway-token";

/// A running gateway.
#[derive(Debug)]
pub(super) struct Gateway {
    node: PathBuf,
    modules: PathBuf,
    pub(super) port: u16,
    pub(super) process: Daemon,
}

impl Gateway {
    /// Starts one in a world; fetches OpenClaw and its Node where they are not there yet.
    pub(super) fn start(workspace: &Workspace, world: &World) -> Result<Self, String> {
        let (node, modules) = (Tool::Node.locate(workspace)?, OPENCLAW_NEW.locate(workspace)?);
        let say = |error: std::io::Error| format!("cannot prepare a gateway: {error}");
        fs::create_dir_all(world.state()).map_err(say)?;
        let configuration = json!({
            "gateway": { "mode": "local", "bind": "loopback", "auth": { "mode": "token", "token": TOKEN } },
            "update": { "checkOnStart": false },
            "logging": { "file": world.home().join("openclaw.log") },
            "models": { "catalogRefresh": { "enabled": false } },
        });
        fs::write(world.state().join("openclaw.json"), configuration.to_string()).map_err(say)?;
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).map_err(say)?.port();
        let mut command = openclaw(&node, &modules, world, port);
        command.args(["gateway", "run", "--bind", "loopback", "--port", &port.to_string()]);
        let process = Daemon::start(&mut command)?;
        process.wait_for(&["[gateway] ready"])?;
        Ok(Self { node, modules, port, process })
    }

    /// A command that begins `openclaw`, and knows the gateway.
    pub(super) fn openclaw(&self, world: &World) -> Command {
        openclaw(&self.node, &self.modules, world, self.port)
    }

    pub(super) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }
}

fn openclaw(node: &std::path::Path, modules: &std::path::Path, world: &World, port: u16) -> Command {
    let folder = node.parent().unwrap_or(node).display();
    let mut command = world.command(node);
    command
        .arg(modules.join("openclaw/openclaw.mjs"))
        // OpenClaw starts `node` again by name.
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .env("OPENCLAW_STATE_DIR", world.state())
        .env("OPENCLAW_GATEWAY_PORT", port.to_string())
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .env("LM_API_TOKEN", "lm-studio")
        .env("NODE_COMPILE_CACHE", modules.with_file_name("compile-cache"))
        .env("NO_COLOR", "1");
    for off in [
        "OPENCLAW_NO_AUTO_UPDATE",
        "OPENCLAW_OFFLINE",
        "OPENCLAW_SKIP_CHANNELS",
        "OPENCLAW_SKIP_CRON",
        "OPENCLAW_SKIP_BROWSER_CONTROL_SERVER",
        "OPENCLAW_SKIP_CANVAS_HOST",
        "OPENCLAW_SKIP_GMAIL_WATCHER",
        "OPENCLAW_DISABLE_BONJOUR",
    ] {
        command.env(off, "1");
    }
    command
}
