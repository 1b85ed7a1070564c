//! A started program: its lines as they come, its end as an event, and nothing left of it after the test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process_group, waitid,
};
use tokio::sync::watch;
use tokio::time::timeout;

/// Where a line was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

type Lines = Vec<(Stream, String)>;

/// A program that runs, in a process group of its own. Dropping it kills the whole group.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    child: Child,
    /// Everything printed so far. Closes when no process holds the output any more.
    lines: watch::Receiver<Lines>,
    /// How many of the lines were awaited already.
    seen: usize,
    /// Closes when the program ends. Its id stays taken until it is waited for, so signals never hit another's.
    ended: watch::Receiver<()>,
    /// Ends the group when this very process ends without dropping anything: interrupted, or killed.
    guardian: Child,
    reaped: bool,
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Itself, where it ended well.
    pub(crate) fn success(self) -> Self {
        assert!(self.status.success(), "{}\n{}\n{}", self.status, self.stdout, self.stderr);
        self
    }
}

impl Running {
    /// Starts it with piped output.
    pub(crate) fn start(command: &mut Command) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let name = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (sender, lines) = watch::channel(Lines::new());
        let sender = Arc::new(sender);
        read(Stream::Out, child.stdout.take().unwrap(), Arc::clone(&sender));
        read(Stream::Err, child.stderr.take().unwrap(), sender);
        let guardian = guard(&child);
        let (end, ended) = watch::channel(());
        let pid = pid(&child);
        thread::spawn(move || {
            let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            drop(end);
        });
        Self { name, child, lines, seen: 0, ended, guardian, reaped: false }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that holds `text`, after the one that was awaited last.
    pub(crate) async fn wait_for_line(&mut self, text: &str, limit: Duration) -> String {
        self.wait_for_any_line(&[text], limit).await
    }

    /// The next line that holds one of `texts`.
    pub(crate) async fn wait_for_any_line(&mut self, texts: &[&str], limit: Duration) -> String {
        self.next_line(texts, limit).await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same, or why none came.
    pub(crate) async fn next_line(&mut self, texts: &[&str], limit: Duration) -> Result<String, String> {
        let seen = self.seen;
        let wanted = |line: &str| texts.iter().any(|text| line.contains(text));
        let find = |lines: &Lines| lines[seen..].iter().position(|(_, line)| wanted(line));
        let found = match timeout(limit, self.lines.wait_for(|lines| find(lines).is_some())).await {
            Ok(Ok(lines)) => find(&lines).map(|at| (seen + at, lines[seen + at].1.clone())).ok_or("has not said"),
            Ok(Err(_)) => Err("ended without saying"),
            Err(_) => Err("has not said"),
        };
        let (at, line) = found.map_err(|what| {
            format!("{} {what} one of {texts:?} within {limit:?}, but:\n{}", self.name, self.transcript())
        })?;
        self.seen = at + 1;
        Ok(line)
    }

    /// All that it printed so far, a line each.
    pub(crate) fn transcript(&self) -> String {
        self.lines.borrow().iter().map(|(_, line)| format!("{line}\n")).collect()
    }

    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid(&self.child), signal).unwrap();
    }

    /// Does what the end of this process would do, without ending it.
    pub(crate) fn abandon(&mut self) {
        self.guardian.stdin.take();
    }

    /// Waits for its end; what it left running may go on.
    pub(crate) async fn end(&mut self, limit: Duration) {
        // A value is never sent: the channel closes.
        if timeout(limit, self.ended.changed()).await.is_err() {
            panic!("{} has not ended within {limit:?}:\n{}", self.name, self.transcript());
        }
    }

    /// Waits for its end, and ends whatever it left running.
    pub(crate) async fn finish(mut self, limit: Duration) -> Finished {
        self.end(limit).await;
        let status = self.reap();
        let _ = timeout(limit, self.lines.wait_for(|_| false)).await.expect("a process holds its output");
        let text = |wanted| {
            let lines = self.lines.borrow();
            lines.iter().filter(|(from, _)| *from == wanted).map(|(_, line)| format!("{line}\n")).collect()
        };
        Finished { status, stdout: text(Stream::Out), stderr: text(Stream::Err) }
    }

    fn reap(&mut self) -> ExitStatus {
        // First the guardian, which must not use the group's id once it is free.
        let _ = self.guardian.kill();
        let _ = self.guardian.wait();
        // The group outlives its leader as long as anybody is in it.
        let group = pid(&self.child);
        let _ = kill_process_group(group, Signal::KILL);
        self.reaped = true;
        let status = self.child.wait().unwrap();
        // A killed process keeps its locks until it is gone, which the next program of a test must not see.
        for _ in 0..1_000 {
            if test_kill_process_group(group).is_err() {
                break;
            }
            thread::park_timeout(Duration::from_millis(5));
        }
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            self.reap();
        }
    }
}

/// A shell that waits for the end of its input, which is the end of the process at the other end of the pipe.
fn guard(child: &Child) -> Child {
    Command::new("sh")
        .args(["-c", "read -r line; kill -s KILL -- \"-$1\"", "guardian", &child.id().to_string()])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn read(from: Stream, output: impl Read + Send + 'static, lines: Arc<watch::Sender<Lines>>) {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            lines.send_modify(|lines| lines.push((from, line)));
        }
    });
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}
