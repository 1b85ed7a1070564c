//! A running program under measurement: what it says, and what it costs by `/proc`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::process;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running program. Dropping it kills it and all that it started.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    lines: Receiver<(Instant, String)>,
}

/// What a process has cost so far, and holds now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Processor time of the threads that there are.
    pub(super) cpu: Duration,
    /// How often a thread went to sleep, and so was woken.
    pub(super) wakeups: u64,
    /// Resident memory now, in bytes.
    pub(super) rss: u64,
    /// Of that, what belongs to no file.
    pub(super) anonymous: u64,
    /// The most resident memory so far, in bytes.
    pub(super) peak: u64,
}

impl Daemon {
    /// Starts it, and reads both of its outputs.
    pub(super) fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()))?;
        let (sender, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            read(output, sender.clone());
        }
        if let Some(output) = child.stderr.take() {
            read(output, sender);
        }
        Ok(Self { child, lines })
    }

    /// The next line that has one of these texts, and when it came.
    pub(super) fn wait_for(&self, texts: &[&str]) -> Result<(Instant, String), String> {
        let began = Instant::now();
        let mut said = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(began.elapsed())) {
                Ok((at, line)) if texts.iter().any(|text| line.contains(text)) => return Ok((at, line)),
                Ok((_, line)) => said = said + &line + "\n",
                Err(_) => return Err(format!("nothing said one of {texts:?}, but:\n{said}")),
            }
        }
    }

    /// What it has cost.
    pub(super) fn cost(&self) -> Result<Cost, String> {
        cost(self.child.id())
    }

    /// What it and all that it started have cost, together.
    pub(super) fn cost_of_all(&self) -> Result<Cost, String> {
        let children = process::tree(self.child.id()).into_iter().skip(1);
        // A child may have ended since it was seen.
        Ok(children.filter_map(|child| cost(child).ok()).fold(self.cost()?, |sum, cost| Cost {
            cpu: sum.cpu + cost.cpu,
            wakeups: sum.wakeups + cost.wakeups,
            rss: sum.rss + cost.rss,
            anonymous: sum.anonymous + cost.anonymous,
            peak: sum.peak + cost.peak,
        }))
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), String> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).map_err(|error| error.to_string())?;
        self.child.wait().map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        process::kill_tree(self.child.id());
        let _ = self.child.wait();
    }
}

fn read(output: impl std::io::Read + Send + 'static, sender: mpsc::Sender<(Instant, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send((Instant::now(), String::from_utf8_lossy(&line).into_owned())).is_err() {
                break;
            }
        }
    });
}

fn cost(pid: u32) -> Result<Cost, String> {
    let folder = format!("/proc/{pid}");
    let status = fs::read_to_string(format!("{folder}/status")).map_err(|error| error.to_string())?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        number.map_or(0, |kib| kib * 1024)
    };
    let (mut cpu, mut wakeups) = (0, 0);
    for thread in fs::read_dir(format!("{folder}/task")).map_err(|error| error.to_string())? {
        let Ok(thread) = thread else { continue };
        // A thread may end while it is read.
        let schedstat = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        cpu += schedstat.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        let switches = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        wakeups += switches.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Cost {
        cpu: Duration::from_nanos(cpu),
        wakeups,
        rss: kib("VmRSS"),
        anonymous: kib("RssAnon"),
        peak: kib("VmHWM"),
    })
}
