//! A local npm registry (verdaccio), which knows nothing but what a test publishes.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::gateway::free_port;
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// A running registry. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Registry {
    _running: Running,
    address: String,
    /// npm's settings: the registry's address and a token that means nothing.
    npmrc: String,
    cache: String,
}

impl Registry {
    /// Starts one with its store in the world.
    pub(crate) async fn start(world: &World) -> Self {
        let folder = world.home().join("registry");
        fs::create_dir_all(&folder).unwrap();
        let config = folder.join("config.yaml");
        let text = "storage: ./storage\nauth: { htpasswd: { file: ./htpasswd } }\nuplinks: {}\n\
                    packages: { '**': { access: $all, publish: $all } }\nmax_body_size: 200mb\n\
                    log: { type: stdout, format: json, level: http }\n";
        fs::write(&config, text).unwrap();
        let port = free_port();
        let mut command = Command::new(tool("LMSYNC_TEST_NODE"));
        command
            .env_clear()
            .current_dir(&folder)
            .env("HOME", &folder)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .arg(tool("LMSYNC_TEST_VERDACCIO"))
            .args(["--config", "config.yaml", "--listen", &format!("127.0.0.1:{port}")]);
        let mut running = Running::start(&mut command);
        running.wait_for_line("http address", PATIENCE).await;
        let npmrc = folder.join("npmrc");
        let text = format!("registry=http://127.0.0.1:{port}/\n//127.0.0.1:{port}/:_authToken=anybody\n");
        fs::write(&npmrc, text).unwrap();
        let path = |path: &Path| path.display().to_string();
        Self {
            _running: running,
            address: format!("http://127.0.0.1:{port}"),
            npmrc: path(&npmrc),
            cache: path(&folder.join("cache")),
        }
    }

    /// Lets npm use this registry and nothing of the machine's. 2026.4.15 first asks ClawHub for a bare name; the
    /// registry answers in its place that there is no such package.
    pub(crate) fn give(&self, command: &mut Command) {
        command.env("npm_config_userconfig", &self.npmrc).env("npm_config_cache", &self.cache);
        command.env("OPENCLAW_CLAWHUB_URL", &self.address);
    }

    /// Publishes an archive.
    pub(crate) async fn publish(&self, archive: &Path) {
        let mut command = Command::new("npm");
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").arg("publish").arg(archive);
        self.give(&mut command);
        Running::start(&mut command).finish(PATIENCE).await.success();
    }
}
