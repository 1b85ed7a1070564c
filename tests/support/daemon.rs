//! lmsync as a service: its log as values, and what it costs the machine.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::gateway::TOKEN;
use super::lmsync::{at_home, binary, lmsync};
use super::running::{Finished, Running};
use super::schema::assert_is;
use super::studio::Studio;
use super::world::World;
use super::{PATIENCE, tool};

/// The log's sentences that suites wait for.
pub(crate) const ANSWERS: &str = "lmstudio answers";
pub(crate) const REFRESHED: &str = "models refreshed";
pub(crate) const PAUSED: &str = "refresh paused while inference runs";
pub(crate) const RESUMED: &str = "refresh resumed";
pub(crate) const GOES_ON: &str = "cannot say whether inference runs";
pub(crate) const PICKER_SHOWS: &str = "OpenClaw's picker shows the lmstudio models";

pub(crate) const SHOWS: &str = "lmsync shows its status";

/// Where a daemon's status server listens that a suite asks: any free port.
pub(crate) const ANYWHERE: (&str, &str) = ("LMSYNC_LISTEN", "127.0.0.1:0");

/// A running `lmsync run`. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Daemon {
    running: Running,
}

/// What a process holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    pub(crate) sockets: usize,
    pub(crate) files: usize,
    /// Resident memory.
    pub(crate) kib: u64,
    pub(crate) threads: usize,
}

impl Daemon {
    /// Starts it in a world against a studio and, where there is one, the gateway on this loopback port; with more
    /// environment, e.g. `LMSYNC_INTERVAL`.
    pub(crate) fn start(world: &World, studio: &Studio, gateway: Option<u16>, environment: &[(&str, &str)]) -> Self {
        Self::start_by(lmsync(world, &studio.base()), gateway, environment)
    }

    /// The same in a process table of its own, as in another container that shares the gateway's network. It is ended
    /// by dropping it: nobody else can signal it by its name.
    pub(crate) fn start_beside(world: &World, studio: &Studio, gateway: u16, environment: &[(&str, &str)]) -> Self {
        let mut command = at_home(Command::new(tool("LMSYNC_TEST_UNSHARE")), world, &studio.base());
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]).arg(binary());
        Self::start_by(command, Some(gateway), environment)
    }

    fn start_by(mut command: Command, gateway: Option<u16>, environment: &[(&str, &str)]) -> Self {
        command
            .arg("run")
            .env("LMSYNC_LOG_FORMAT", "json")
            // The port of discard: no program listens there, also where the machine has a gateway of its own.
            .env("OPENCLAW_GATEWAY_PORT", gateway.unwrap_or(9).to_string())
            .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
            .envs(environment.iter().copied());
        Self { running: Running::start(&mut command) }
    }

    /// The address of its page, `http://127.0.0.1:PORT/`, if it has one.
    pub(crate) async fn page(&mut self) -> String {
        self.wait_for(SHOWS).await["page"].as_str().unwrap().to_owned()
    }

    /// The next line of its log with this sentence, after the one that was awaited last.
    pub(crate) async fn wait_for(&mut self, sentence: &str) -> Value {
        let line = self.running.wait_for_line(sentence, PATIENCE).await;
        let line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_is(&line, "log");
        line
    }

    /// Waits until it has written a change with this id in this field, `added` or `removed`; returns when.
    pub(crate) async fn wait_for_change(&mut self, field: &str, id: &str) -> Instant {
        loop {
            let line = self.wait_for(REFRESHED).await;
            if line[field].as_array().is_some_and(|ids| ids.iter().any(|listed| listed == id)) {
                return Instant::now();
            }
        }
    }

    /// The warnings and errors so far, as `sentence: error`.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let lines = self.running.transcript();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let loud = lines.filter(|line| matches!(line["level"].as_str(), Some("WARN" | "ERROR")));
        let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
        loud.map(|line| format!("{}: {}", text(&line, "message"), text(&line, "error"))).collect()
    }

    /// The warnings but for one that a real gateway on a busy machine earns: it is silent for seconds while it loads
    /// its catalog.
    pub(crate) fn unexpected_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings();
        warnings.retain(|warning| !(warning.starts_with(GOES_ON) && warning.ends_with("no answer in time")));
        warnings
    }

    /// How many changes it has logged as written.
    pub(crate) fn writes(&self) -> usize {
        self.transcript().matches(REFRESHED).count()
    }

    /// All that it printed so far.
    pub(crate) fn transcript(&self) -> String {
        self.running.transcript()
    }

    /// What it holds now.
    pub(crate) fn footprint(&self) -> Footprint {
        let process = format!("/proc/{}", self.running.id());
        let files = fs::read_dir(format!("{process}/fd")).unwrap();
        let files: Vec<_> = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).collect();
        let sockets = files.iter().filter(|file| file.to_string_lossy().starts_with("socket:")).count();
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let threads = fs::read_dir(format!("{process}/task")).unwrap().count();
        Footprint { sockets, files: files.len(), kib, threads }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) -> Finished {
        self.running.signal(Signal::TERM);
        self.running.finish(Duration::from_secs(30)).await.success()
    }
}
