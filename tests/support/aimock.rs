//! aimock: an OpenAI-compatible server that nobody here wrote, listing the models that its fixtures name.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::running::Running;
use super::world::World;
use super::{PATIENCE, tool};

/// A running aimock.
#[derive(Debug)]
pub(crate) struct Aimock {
    running: Running,
    fixtures: PathBuf,
    base: String,
}

impl Aimock {
    /// Starts it on a free loopback port, watching its fixtures.
    pub(crate) async fn start(world: &World, ids: &[&str]) -> Self {
        let fixtures = world.home().join("aimock.json");
        fs::write(&fixtures, file(ids)).unwrap();
        let mut command = Command::new(tool("LMSYNC_TEST_NODE"));
        command.env_clear().current_dir(world.home()).env("HOME", world.home());
        command.arg(tool("LMSYNC_TEST_AIMOCK")).args(["--port", "0", "--watch", "--fixtures"]).arg(&fixtures);
        let mut running = Running::start(&mut command);
        let line = running.wait_for_line("listening on http://", PATIENCE).await;
        let base = format!("{}/v1", line[line.find("http://").unwrap()..].trim());
        running.wait_for_line("Watching", PATIENCE).await;
        Self { running, fixtures, base }
    }

    /// Its address, `http://127.0.0.1:PORT/v1`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Serves these models from now on.
    pub(crate) async fn serve(&mut self, ids: &[&str]) {
        // In place: the watch is on this very file.
        fs::write(&self.fixtures, file(ids)).unwrap();
        self.running.wait_for_line(&format!("Reloaded {} fixture(s)", ids.len()), PATIENCE).await;
    }
}

fn file(ids: &[&str]) -> String {
    let fixtures: Vec<Value> =
        ids.iter().map(|id| json!({ "match": { "model": id }, "response": { "content": "pong" } })).collect();
    json!({ "fixtures": fixtures }).to_string()
}
