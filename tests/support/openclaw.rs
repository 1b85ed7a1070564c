//! A real OpenClaw that runs no gateway: its model registry, asked directly, and its command line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::running::{Finished, Running};
use super::world::World;
use super::{PATIENCE, tool};

/// One installed version, and the Node to run it with.
#[derive(Debug, Clone)]
pub(crate) struct OpenClaw {
    node: PathBuf,
    modules: PathBuf,
}

/// What a version's own registry makes of a `models.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct Registry {
    /// Why it refused the file, all of it.
    pub(crate) error: Option<String>,
    /// The models of the provider that it accepted, in its order.
    pub(crate) models: Vec<Accepted>,
}

/// One model, with the registry's own defaults filled in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) api: String,
    pub(crate) base_url: String,
    pub(crate) reasoning: bool,
    pub(crate) input: Vec<String>,
    /// Tokens.
    pub(crate) context_window: u64,
    /// Tokens.
    pub(crate) max_tokens: u64,
}

impl OpenClaw {
    /// The newest version that lmsync was tried with.
    pub(crate) fn newest() -> Self {
        Self::installed("LMSYNC_TEST_OPENCLAW_NEW")
    }

    /// The oldest version that lmsync supports.
    pub(crate) fn oldest() -> Self {
        Self::installed("LMSYNC_TEST_OPENCLAW_OLD")
    }

    /// The one whose `node_modules` folder this variable names.
    pub(crate) fn installed(variable: &str) -> Self {
        Self { node: tool("LMSYNC_TEST_NODE"), modules: tool(variable) }
    }

    /// Which version it is, e.g. `2026.9.6`.
    pub(crate) fn version(&self) -> String {
        let package = fs::read(self.modules.join("openclaw/package.json")).unwrap();
        let package: Value = serde_json::from_slice(&package).unwrap();
        package["version"].as_str().unwrap().to_owned()
    }

    /// Loads a `models.json` with this version's own registry, in a home of its own.
    pub(crate) async fn registry(&self, file: &Path) -> Registry {
        self.ask_registry(file).await
    }

    /// Loads each file of a folder so: what came of them, by their names.
    pub(crate) async fn registries(&self, folder: &Path) -> BTreeMap<String, Registry> {
        self.ask_registry(folder).await
    }

    async fn ask_registry<T: DeserializeOwned>(&self, file: &Path) -> T {
        let home = World::new();
        let mut command = self.node(&home);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/registry.mjs"));
        command.arg(&self.modules).arg(file).arg("lmstudio");
        let answer = Running::start(&mut command).finish(PATIENCE).await.success();
        serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {}", answer.stdout))
    }

    /// Reads configurations with this version's own programs, all in one process: what came of each. `asked` is what
    /// `openclaw_config.mjs` takes, `folder` has room for it.
    pub(crate) async fn read_configs<T: DeserializeOwned>(&self, asked: &Value, folder: &Path) -> T {
        let list = folder.join("asked.json");
        fs::write(&list, asked.to_string()).unwrap();
        let home = World::new();
        let mut command = self.node(&home);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/openclaw_config.mjs"));
        command.arg(&self.modules).arg(&list);
        let answer = Running::start(&mut command).finish(PATIENCE).await.success();
        serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {}", answer.stdout))
    }

    /// Runs `openclaw …` in a world.
    pub(crate) async fn cli(&self, world: &World, arguments: &[&str]) -> Finished {
        Running::start(self.openclaw(world).args(arguments)).finish(PATIENCE).await
    }

    /// A command that begins `openclaw`, with the world's environment and nothing else.
    pub(crate) fn openclaw(&self, world: &World) -> Command {
        let mut command = self.node(world);
        command.arg(self.modules.join("openclaw/openclaw.mjs"));
        command
    }

    fn node(&self, world: &World) -> Command {
        let mut command = Command::new(&self.node);
        let folder = self.node.parent().unwrap().display();
        command
            .env_clear()
            .current_dir(world.home())
            .env("HOME", world.home())
            .env("TMPDIR", world.home())
            // OpenClaw starts `node` again by name.
            .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
            .env("OPENCLAW_STATE_DIR", world.state())
            .env("OPENCLAW_NO_AUTO_UPDATE", "1")
            .env("OPENCLAW_OFFLINE", "1")
            // Compiling takes longer than all else in a start: kept beside the version, for all its starts.
            .env("NODE_COMPILE_CACHE", self.modules.with_file_name("compile-cache"))
            .env("NO_COLOR", "1");
        command
    }
}
