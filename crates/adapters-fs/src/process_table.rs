//! Whether the process that a file names still runs, as far as the process table of this machine or container shows.

use std::fs;
use std::path::Path;

use crate::platform::process_runs;

/// Where Linux shows its process table.
const PROC: &str = "/proc";

/// A process as another one has noted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Its number in its own process table, which may be that of a container.
    pub(crate) pid: u32,
    /// When it started, in clock ticks since the machine booted (`/proc/PID/stat`, field 22). Numbers are used again;
    /// a number together with its start is not.
    pub(crate) started: Option<u64>,
}

/// Whether no process here is the noted one. `false` also where the system does not show its processes.
///
/// A process of an inner container counts: the table of a host lists it, under another number.
pub(crate) fn is_gone(noted: Noted) -> bool {
    if let Some(runs) = process_runs(noted.pid) {
        return !runs;
    }
    let proc = Path::new(PROC);
    if !proc.join("self/stat").exists() {
        return false;
    }
    !is_at(&proc.join(noted.pid.to_string()), noted) && !is_in_a_container(proc, noted)
}

fn is_in_a_container(proc: &Path, noted: Noted) -> bool {
    let Ok(processes) = fs::read_dir(proc) else { return true };
    let is_it = |process: &Path| {
        fs::read_to_string(process.join("status")).is_ok_and(|status| has_number(&status, noted.pid))
            && is_at(process, noted)
    };
    processes.flatten().map(|entry| entry.path()).any(|process| is_it(&process))
}

/// Whether a process has this number in any of the tables that list it (proc(5), `NSpid`).
fn has_number(status: &str, pid: u32) -> bool {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    numbers.is_some_and(|numbers| numbers.split_whitespace().any(|number| number.parse() == Ok(pid)))
}

/// Whether the process in this folder runs, and started when it should have.
fn is_at(process: &Path, noted: Noted) -> bool {
    fs::read_to_string(process.join("stat")).is_ok_and(|stat| runs_since(&stat, noted.started))
}

fn runs_since(stat: &str, started: Option<u64>) -> bool {
    // The second field is a name in parentheses, which may hold anything.
    let Some((_, fields)) = stat.rsplit_once(')') else { return false };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ended = matches!(fields.first(), None | Some(&("Z" | "X" | "x")));
    let since = fields.get(19).and_then(|ticks| ticks.parse::<u64>().ok());
    !ended && (started.is_none() || started == since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    fn noted(pid: u32) -> Noted {
        Noted { pid, started: None }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_there_and_one_that_has_ended_is_not() {
        use std::process::{Command, Stdio};

        assert!(!is_gone(noted(std::process::id())));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        assert!(!is_gone(noted(pid)));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_gone(noted(pid)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let stat = fs::read_to_string("/proc/self/stat").unwrap();
        let started = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap();
        let pid = std::process::id();
        assert!(!is_gone(Noted { pid, started: Some(started) }));
        assert!(is_gone(Noted { pid, started: Some(started + 1) }));
    }

    #[test]
    fn a_process_of_an_inner_container_is_known_by_its_number_there() {
        let status = "Name:\tnode\nPid:\t4711\nNSpid:\t4711\t7\nVmRSS:\t7 kB\n";
        assert!(has_number(status, 7) && has_number(status, 4711));
        assert!(!has_number(status, 8));
    }

    #[test]
    fn a_process_that_nobody_has_waited_for_has_ended() {
        let stat = |state: char| format!("7 (a ) b) {state} 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 0");
        assert!(runs_since(&stat('S'), Some(4711)));
        assert!(!runs_since(&stat('S'), Some(4712)));
        assert!(!runs_since(&stat('Z'), Some(4711)));
        assert!(!runs_since("", None));
    }
}
