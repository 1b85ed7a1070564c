//! A real Docker engine: the one that runs here, or one of our own, started as root and ended with its test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use serde_json::Value;

use super::PATIENCE;
use super::running::{Finished, Running};

/// The image under test.
pub(crate) const IMAGE: &str = "lmsync:under-test";

/// Linking the program with all optimisation, on a small and busy machine.
const BUILD: Duration = Duration::from_secs(30 * 60);

/// An engine. Our own one is ended, by its id, when this is dropped, with every container that is left.
#[derive(Debug)]
pub(crate) struct Engine {
    /// `unix:///…`, where it is our own.
    host: Option<String>,
    daemon: Option<Running>,
    /// Two engines of our own would quarrel over the bridge.
    _alone: File,
}

impl Engine {
    /// Takes the engine that answers, else starts one.
    pub(crate) async fn start() -> Self {
        let alone = File::create(std::env::temp_dir().join("lmsync-docker-suite.lock")).unwrap();
        flock(&alone, FlockOperation::LockExclusive).unwrap();
        let mut engine = Self { host: None, daemon: None, _alone: alone };
        if engine.docker(&["version"]).output().unwrap().status.success() {
            return engine;
        }
        (engine.host, engine.daemon) = Self::start_our_own().await;
        engine.remove_containers();
        engine
    }

    /// Whether the engine is this suite's own, which may be restarted.
    pub(crate) fn is_our_own(&self) -> bool {
        self.daemon.is_some()
    }

    /// Ends our own engine in an orderly way, and starts it again, with its containers as they are.
    pub(crate) async fn restart(&mut self) {
        self.end();
        (self.host, self.daemon) = Self::start_our_own().await;
    }

    async fn start_our_own() -> (Option<String>, Option<Running>) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine");
        fs::create_dir_all(&folder).unwrap();
        let socket = format!("unix://{}", folder.join("docker.sock").display());
        // What it mounts goes with it. Its bridge and firewall rules stay, as every engine's do.
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "dockerd"]);
        // Every file system can hold this driver's layers, also that of a container.
        command.args(["--storage-driver", "vfs", "--host", &socket]);
        for (option, name) in [("--data-root", "data"), ("--exec-root", "run"), ("--pidfile", "pid")] {
            command.arg(option).arg(folder.join(name));
        }
        // Of an engine that was killed; its process id may be somebody else's by now.
        let _ = fs::remove_file(folder.join("pid"));
        let mut daemon = Running::start(&mut command);
        daemon.wait_for_line("API listen on", PATIENCE).await;
        (Some(socket), Some(daemon))
    }

    fn end(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.signal(Signal::TERM);
            // It ends its own daemon, which it leaves behind where it is killed.
            let id = Pid::from_raw(daemon.id().cast_signed());
            let _ = waitid(WaitId::Pid(id.unwrap()), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        }
    }

    /// A docker command.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        self.direct(&mut command);
        command.args(arguments);
        command
    }

    /// What a docker command prints; it must succeed.
    pub(crate) async fn ask(&self, arguments: &[&str]) -> String {
        self.run(arguments).await.success().stdout.trim().to_owned()
    }

    /// How a docker command ends.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        Running::start(&mut self.docker(arguments)).finish(PATIENCE).await
    }

    /// What the engine says of a container or an image.
    pub(crate) async fn inspect(&self, name: &str) -> Value {
        let text = self.ask(&["inspect", name]).await;
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value[0].take()
    }

    /// A container's log, from its beginning, as it grows.
    pub(crate) fn logs(&self, container: &str) -> Running {
        Running::start(&mut self.docker(&["logs", "--follow", container]))
    }

    /// What happens, and has happened, to a container: a line each.
    pub(crate) fn events(&self, container: &str, kind: &str) -> Running {
        let (container, kind) = (format!("container={container}"), format!("event={kind}"));
        let arguments = ["events", "--since", "0", "--filter", &container, "--filter", &kind];
        Running::start(&mut self.docker(&arguments))
    }

    /// The host's address, as containers on the default network reach it.
    pub(crate) async fn gateway_address(&self) -> String {
        let format = "{{(index .IPAM.Config 0).Gateway}}";
        self.ask(&["network", "inspect", "bridge", "--format", format]).await
    }

    /// The image, built by `cargo xtask docker`; what that printed. Once a process.
    pub(crate) async fn image(&self) -> &'static str {
        static PRINTED: OnceLock<String> = OnceLock::new();
        if let Some(printed) = PRINTED.get() {
            return printed;
        }
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root()).args(["xtask", "docker", "--tag", IMAGE]);
        self.direct(&mut command);
        let built = Running::start(&mut command).finish(BUILD).await.success();
        PRINTED.get_or_init(|| built.stdout)
    }

    /// Points a command to this engine.
    pub(crate) fn direct(&self, command: &mut Command) {
        if let Some(host) = &self.host {
            command.env("DOCKER_HOST", host);
        }
    }

    fn remove_containers(&self) {
        let listed = self.docker(&["ps", "--all", "--quiet"]).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout);
        let containers: Vec<&str> = listed.split_whitespace().collect();
        if !containers.is_empty() {
            let _ = self.docker(&["rm", "--force", "--volumes"]).args(containers).output();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.daemon.is_some() {
            self.remove_containers();
            self.end();
        }
    }
}

/// A container of its own name, removed with its test.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    engine: &'a Engine,
    pub(crate) name: String,
}

impl<'a> Container<'a> {
    /// Runs the image under test as the compose files do, with these options before and arguments after its name.
    pub(crate) async fn start(engine: &'a Engine, options: &[&str], arguments: &[&str]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("lmsync-test-{}-{count}", std::process::id());
        let mut all = vec!["run", "--detach", "--name", &name];
        all.extend(RESTRICTED);
        all.extend(options);
        all.push(IMAGE);
        all.extend(arguments);
        engine.ask(&all).await;
        Self { engine, name }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.engine.docker(&["rm", "--force", "--volumes", &self.name]).output();
    }
}

/// How little a container of the image needs.
pub(crate) const RESTRICTED: [&str; 7] =
    ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "1000:1000"];

/// Services that were started together, taken down with their test.
#[derive(Debug)]
pub(crate) struct Compose<'a> {
    engine: &'a Engine,
    files: &'a [&'a str],
    project: String,
    environment: Vec<(&'static str, String)>,
}

impl<'a> Compose<'a> {
    /// Takes these files of the workspace, and this environment; starts nothing.
    pub(crate) fn new(engine: &'a Engine, files: &'a [&'a str], environment: Vec<(&'static str, String)>) -> Self {
        let project = format!("lmsync{}{}", files.len(), std::process::id());
        Self { engine, files, project, environment }
    }

    /// The container of a service.
    pub(crate) async fn container(&self, service: &str) -> String {
        self.run(&["ps", "-q", service]).await.success().stdout.trim().to_owned()
    }

    /// How a command ends.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        Running::start(&mut self.command(arguments)).finish(PATIENCE).await
    }

    /// Lets its services be, for another one of the same files to find.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match Command::new("docker-compose").arg("version").output() {
            Ok(output) if output.status.success() => Command::new("docker-compose"),
            _ => self.engine.docker(&["compose"]),
        };
        command.current_dir(root()).envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.engine.direct(&mut command);
        command.args(["--project-name", &self.project]);
        for file in self.files {
            command.args(["--file", file]);
        }
        command.args(arguments);
        command
    }
}

impl Drop for Compose<'_> {
    fn drop(&mut self) {
        let _ = self.command(&["down", "--volumes", "--timeout", "2"]).output();
    }
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
