//! A state folder that has never heard of our provider, an OpenClaw that installs the plugin there, and its gateway.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use simulator::Phase;
use tokio::time::sleep;

use crate::plugin::registry::Registry;
use crate::support::PATIENCE;
use crate::support::gateway::{Client, Gateway, authorise_early, free_port};
use crate::support::lmsync::lmsync;
use crate::support::openclaw::OpenClaw;
use crate::support::running::{Finished, Running};
use crate::support::scenarios::SESSION;
use crate::support::studio::Studio;
use crate::support::world::World;

/// In LM Studio from the beginning.
pub(crate) const KNOWN: &str = "qwen/qwen3-8b";

/// Between two looks at what nobody tells the end of.
const LOOK: Duration = Duration::from_millis(100);

/// What a gateway's start or a command of OpenClaw's may take on a small, busy machine.
const SLOW: Duration = Duration::from_secs(300);

/// All of it.
#[derive(Debug)]
pub(crate) struct Stage {
    openclaw: OpenClaw,
    pub(crate) world: World,
    pub(crate) studio: Studio,
    /// Where OpenClaw's npm looks for packages.
    pub(crate) registry: Option<Registry>,
    gateway: Option<Gateway>,
    started: Instant,
    port: u16,
    /// Where lmsync shows its status.
    page: u16,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let openclaw = OpenClaw::installed("LMSYNC_TEST_OPENCLAW_MATRIX");
        let (world, studio) = (World::new(), Studio::start(&[KNOWN]).await);
        Gateway::configure(&openclaw, &world, json!({}));
        if openclaw.version() == "2026.2.12" {
            authorise_early(&world);
        }
        let (registry, gateway) = (None, None);
        Self {
            openclaw,
            world,
            studio,
            registry,
            gateway,
            started: Instant::now(),
            port: free_port(),
            page: free_port(),
        }
    }

    /// A figure's name.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{}: {what}", self.openclaw.version())
    }

    fn is(&self, version: &str) -> bool {
        self.openclaw.version() == version
    }

    async fn openclaw(&self, arguments: &[&str]) -> Finished {
        let mut command = self.openclaw.openclaw(&self.world);
        if let Some(registry) = &self.registry {
            registry.give(&mut command);
        }
        Running::start(command.args(arguments)).finish(SLOW).await
    }

    /// Installs the package, with what this version wants to hear about a third party's.
    pub(crate) async fn install(&self, package: &str) -> Finished {
        let version = self.openclaw.version();
        let flags: &[&str] = if version.as_str() >= "2026.8" {
            &["--force", "--accept-capabilities"]
        } else if self.is("2026.4.15") {
            &["--dangerously-force-unsafe-install"]
        } else {
            &[]
        };
        self.openclaw(&[&["plugins", "install", package], flags].concat()).await
    }

    /// Writes the plugin's settings as a person does.
    pub(crate) fn configure_plugin(&self, settings: Value) {
        let file = self.world.state().join("openclaw.json");
        let mut config: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        config["plugins"]["entries"]["lmsync"]["config"] = settings;
        fs::write(file, format!("{config:#}\n")).unwrap();
    }

    pub(crate) async fn start_gateway(&mut self) {
        let (base, page) = (self.studio.base(), format!("127.0.0.1:{}", self.page));
        let environment = [
            ("OPENAI_API_BASE", base.as_str()),
            ("LMSYNC_LISTEN", &page),
            // A restart happens within the process, which is watched here.
            ("OPENCLAW_NO_RESPAWN", "1"),
            // 2026.4.15 finds its credential beside the rows in openclaw.json alone.
            ("LMSYNC_OPENCLAW_CONFIG", if self.is("2026.4.15") { "on" } else { "auto" }),
        ];
        self.started = Instant::now();
        let gateway = Gateway::start_at(self.port, &self.openclaw, &self.world, json!({}), &environment).await;
        self.gateway = Some(gateway);
    }

    fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().expect("it was started")
    }

    /// The next line of the gateway's log with this text.
    pub(crate) async fn wait_for_line(&mut self, text: &str) -> String {
        self.gateway.as_mut().expect("it was started").wait_for_line(text, PATIENCE).await
    }

    /// How many lines of the gateway's log have this text.
    pub(crate) fn count_lines(&self, text: &str) -> usize {
        self.gateway().transcript().lines().filter(|line| line.contains(text)).count()
    }

    /// Waits until the gateway's log has such a line, before or after it was ready; returns the first.
    pub(crate) async fn until_logged(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let transcript = self.gateway().transcript();
            if let Some(line) = transcript.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(Instant::now() < deadline, "{text}: {transcript}");
            sleep(LOOK).await;
        }
    }

    /// Stops the gateway; tells how long that took.
    pub(crate) async fn stop_gateway(&mut self) -> Duration {
        let mut gateway = self.gateway.take().expect("it was started");
        let began = Instant::now();
        self.signal_gateway(Signal::TERM);
        gateway.end(SLOW).await;
        let took = began.elapsed();
        gateway.ended(SLOW).await;
        took
    }

    /// Ends the gateway as a power cut does, and nothing else.
    pub(crate) fn kill_gateway(&mut self) {
        self.signal_gateway(Signal::KILL);
    }

    /// Waits for the command that started a gateway which was killed: the next gateway takes one whose end nobody has
    /// asked about for one that runs.
    pub(crate) async fn gateway_is_gone(&mut self) {
        self.gateway.take().expect("it was started").ended(SLOW).await;
    }

    /// OpenClaw's command starts itself once more: the gateway is the process that listens.
    fn signal_gateway(&self, signal: Signal) {
        let socket = listening_socket(self.port);
        let is_gateway = |process: &Process| {
            let files = fs::read_dir(format!("/proc/{}/fd", process.pid.as_raw_nonzero()));
            let mut files = files.into_iter().flatten().filter_map(Result::ok);
            files.any(|file| fs::read_link(file.path()).is_ok_and(|target| target == socket))
        };
        let gateways: Vec<_> = self.processes().into_iter().filter(is_gateway).collect();
        let [gateway] = &gateways[..] else { panic!("one gateway runs: {gateways:?}") };
        kill_process(gateway.pid, signal).unwrap();
    }

    async fn client(&self) -> Client {
        self.gateway().client(&["operator.read", "operator.write"]).await
    }

    /// The gateway serves its clients.
    pub(crate) async fn gateway_answers(&self) {
        self.client().await.models().await;
    }

    /// Waits until the picker shows exactly these models of ours; tells how long after the gateway's start that was.
    pub(crate) async fn until_shown(&self, wanted: &[&str]) -> Duration {
        let deadline = Instant::now() + PATIENCE;
        let mut client = self.client().await;
        loop {
            let shown = client.models().await;
            if sorted(&shown) == sorted(wanted) {
                return self.started.elapsed();
            }
            assert!(Instant::now() < deadline, "{shown:?}\n{}", self.gateway().transcript());
            sleep(LOOK).await;
        }
    }

    /// Waits until the picker has these models where it follows a running program, else until models.json has them.
    pub(crate) async fn until_written(&self, wanted: &[&str]) {
        if shows_at_once(&self.openclaw.version()) {
            self.until_shown(wanted).await;
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        while sorted(&self.world.ids()) != sorted(wanted) {
            assert!(Instant::now() < deadline, "{:?}", self.world.ids());
            sleep(LOOK).await;
        }
    }

    pub(crate) async fn a_turn_reaches_lm_studio(&self, id: &str) {
        let mut client = self.client().await;
        let chosen = client.chat(SESSION, &format!("/model lmstudio/{id}")).await;
        assert_eq!(chosen.state, "final", "{chosen:?}");
        let before = self.studio.chats().len();
        self.studio.world().hold(Some(Phase::Generating));
        let run = client.say(SESSION, "Say something.").await;
        // 2026.2.12 gives a plugin no events of turns.
        let is_reported = self.openclaw.version().as_str() >= "2026.3";
        let says = if is_reported { "reported by OpenClaw's lmsync plugin" } else { "running turn" };
        let deadline = Instant::now() + SLOW;
        loop {
            let status = self.lmsync(&["status", "--json"]).await;
            if status["status"]["pause"]["reason"].as_str().is_some_and(|reason| reason.contains(says)) {
                break;
            }
            assert!(Instant::now() < deadline, "{status:#}");
            sleep(LOOK).await;
        }
        self.studio.world().hold(None);
        let turn = client.turn(&run).await;
        assert!(turn.state == "final" && turn.text.contains("tok4"), "{turn:?}");
        assert_eq!(self.studio.chat(before).await.model.as_deref(), Some(id));
    }

    /// `status`, `config` and `doctor`, started in a shell, know of the plugin and of its settings.
    pub(crate) async fn a_person_is_told_of_the_plugin(&self) {
        let status = self.lmsync(&["status", "--json"]).await;
        assert_eq!(status["daemon"]["plugin"], env!("CARGO_PKG_VERSION"), "{status:#}");
        let config = self.lmsync(&["config", "--json"]).await;
        let interval = &config["settings"]["LMSYNC_INTERVAL"];
        assert_eq!(interval["value"], "1s");
        assert!(interval["origin"].as_str().unwrap().starts_with("plugin lmsync in "), "{interval}");
        let doctor = self.lmsync(&["doctor", "--json"]).await;
        assert!(doctor.to_string().contains("started by OpenClaw's lmsync plugin"), "{doctor:#}");
    }

    /// Starts lmsync beside the gateway, as a service does.
    pub(crate) fn start_sidecar(&self) -> Running {
        let mut command = lmsync(&self.world, &self.studio.base());
        command.args(["run", "--interval", "1s"]).env("OPENCLAW_GATEWAY_PORT", self.port.to_string());
        Running::start(&mut command)
    }

    async fn lmsync(&self, arguments: &[&str]) -> Value {
        let mut command = lmsync(&self.world, &self.studio.base());
        let answer = Running::start(command.args(arguments)).finish(PATIENCE).await.stdout;
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// `npx lmsync …` with this Node and the registry.
    pub(crate) async fn npx(&self, node: &Path, arguments: &[&str]) -> Finished {
        let mut command = crate::support::lmsync::at_home(Command::new("npx"), &self.world, &self.studio.base());
        let folder = node.parent().unwrap().display();
        command.env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin")).args(["--yes", "lmsync"]);
        self.registry.as_ref().expect("it was started").give(&mut command);
        Running::start(command.args(arguments)).finish(PATIENCE).await
    }

    /// Puts a script where the program was, or takes it away.
    pub(crate) fn replace_program(&self, script: Option<&str>) {
        let _ = fs::remove_file(self.world.state().join("starts"));
        let program = self.world.state().join("extensions/lmsync/programs/linux-x64/lmsync");
        match script {
            // Written over, it keeps its mode.
            Some(script) => fs::write(program, script).unwrap(),
            None => fs::remove_file(program).unwrap(),
        }
    }

    /// Waits until such a script was started so often.
    pub(crate) async fn until_started(&self, times: usize) {
        let starts = || fs::read_to_string(self.world.state().join("starts")).unwrap_or_default().len();
        let deadline = Instant::now() + PATIENCE;
        while starts() < times {
            assert!(Instant::now() < deadline, "{}", self.gateway().transcript());
            sleep(LOOK).await;
        }
    }

    pub(crate) async fn disabled_and_uninstalled(&mut self) {
        self.openclaw(&["plugins", "disable", "lmsync"]).await.success();
        self.start_gateway().await;
        self.gateway_answers().await;
        assert_eq!(self.count_lines("[plugins] lmsync: "), 0, "{}", self.gateway().transcript());
        self.stop_gateway().await;
        // 2026.2.12 has no such command.
        if self.openclaw(&["plugins", "--help"]).await.stdout.contains("uninstall") {
            self.openclaw(&["plugins", "uninstall", "lmsync", "--force"]).await.success();
            assert!(!self.world.state().join("extensions/lmsync").exists());
        }
    }

    /// The programs that a plugin in this world has started.
    pub(crate) fn programs(&self) -> Vec<Pid> {
        self.processes().into_iter().filter(|process| process.by_plugin).map(|process| process.pid).collect()
    }

    /// Waits for exactly so many of them; tells how long that took.
    pub(crate) async fn until_programs(&self, count: usize, limit: Duration) -> Duration {
        let began = Instant::now();
        while self.programs().len() != count {
            assert!(began.elapsed() < limit, "{:?}", self.processes());
            sleep(LOOK).await;
        }
        began.elapsed()
    }

    /// A process's command line.
    pub(crate) fn arguments(&self, pid: Pid) -> Vec<String> {
        let line = fs::read(PathBuf::from(format!("/proc/{}/cmdline", pid.as_raw_nonzero()))).unwrap();
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    /// All that runs in this world.
    fn processes(&self) -> Vec<Process> {
        let world = format!("OPENCLAW_STATE_DIR={}", self.world.state().display());
        let read = |pid: Pid| {
            let folder = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
            let environment = fs::read(folder.join("environ")).ok()?;
            let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
            let by_plugin = variables.iter().any(|variable| variable.starts_with(b"LMSYNC_PLUGIN="));
            variables.contains(&world.as_bytes()).then_some(Process { pid, by_plugin })
        };
        let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
        pids.filter_map(read).collect()
    }
}

#[derive(Debug)]
struct Process {
    pid: Pid,
    by_plugin: bool,
}

/// The socket that listens on this port of 127.0.0.1, as the links in a process's `fd` folder name it.
fn listening_socket(port: u16) -> PathBuf {
    const LISTENS: &str = "0A";
    let address = format!("0100007F:{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(1) == Some(&&*address) && row.get(3) == Some(&LISTENS));
    format!("socket:[{}]", row.unwrap_or_else(|| panic!("nobody listens on {port}"))[9]).into()
}

fn sorted<T: AsRef<str>>(ids: &[T]) -> Vec<&str> {
    let mut ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    ids.sort_unstable();
    ids
}

/// Whether the picker of a running gateway follows. That of 2026.4.15 does where the plugin has it read its models
/// again.
fn shows_at_once(version: &str) -> bool {
    version >= "2026.4.15"
}
