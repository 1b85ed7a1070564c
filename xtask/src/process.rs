//! Runs a command for a bounded time, reading its output as it comes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Runs to the end, or to the limit; `each` sees every line of standard output, standard error is passed on.
pub(crate) fn run(command: &mut Command, limit: Duration, mut each: impl FnMut(&str)) -> Result<ExitStatus, String> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()))?;
    let (lines, read) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // Ends with the pipe, or with this task if another process keeps the pipe open.
        thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
    }
    loop {
        match read.recv_timeout(limit.saturating_sub(started.elapsed())) {
            Ok(line) => each(String::from_utf8_lossy(&line).trim_end()),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // The child has not been waited for, so its id is still its own.
                kill_tree(child.id());
                child.wait().map_err(|error| error.to_string())?;
                return Err(format!("stopped after {} s, its limit", limit.as_secs()));
            }
        }
    }
    child.wait().map_err(|error| error.to_string())
}

/// A process and all that it started, parents first.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut tree = vec![root];
    let parents = parents();
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        tree.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        next += 1;
    }
    tree
}

/// Ends a process and all that it started, children after parents, so that no parent restarts a child. The process must
/// not have been waited for.
pub(crate) fn kill_tree(root: u32) {
    for process in tree(root) {
        if let Some(process) = pid(process) {
            // One that has ended by itself meanwhile is what we want.
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// Every process with its parent, from `/proc`; nothing where there is none.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| {
            let process = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // `pid (name) state parent …`, where the name may hold anything, also `)`.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect()
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn output_is_seen_and_the_exit_code_returned() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two; exit 3"]);
        let status = run(&mut command, Duration::from_secs(60), |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_command_past_its_limit_is_ended_with_all_that_it_started() {
        let started = Instant::now();
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c 'sleep 600; :'; :"]);
        let error = run(&mut command, Duration::from_millis(300), |_| {}).unwrap_err();
        assert!(error.contains("limit"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(60), "the inner one kept standard output open");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program"), Duration::from_secs(1), |_| {}).unwrap_err();
        assert!(error.contains("no-such-program"), "{error}");
    }
}
