//! The machine: its clock, and room on its disk.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use adapters_fs::Volume;

use super::finding::Finding;
use super::lines;
use crate::host_kind::{HostKind, System};

/// A write needs room for a second copy of the file.
const LEAST: u64 = 1 << 20;
const LITTLE: u64 = 64 << 20;
const FEW_FILES: u64 = 8;

/// No clock that is right says less: 2026-01-01.
const EARLIEST: Duration = Duration::from_secs(1_767_225_600);

/// What a file's time may be ahead: two machines' clocks never agree quite.
const AHEAD: Duration = Duration::from_secs(120);

/// What there is of it.
pub(crate) struct HostFacts {
    pub(crate) here: HostKind,
    pub(crate) now: SystemTime,
    /// The files that the doctor reads, and when they were last changed.
    pub(crate) changed: Vec<(PathBuf, SystemTime)>,
    pub(crate) folder: PathBuf,
    pub(crate) volume: Option<Volume>,
    /// The bytes of the largest model list.
    pub(crate) file_bytes: u64,
}

pub(crate) fn diagnose(facts: &HostFacts) -> Vec<Finding> {
    std::iter::once(clock(facts)).chain(disk(facts)).collect()
}

fn clock(facts: &HostFacts) -> Finding {
    const CHECK: &str = "host.clock";
    let set = |finding: Finding| set_clock(finding, facts.here);
    if facts.now < SystemTime::UNIX_EPOCH + EARLIEST {
        return set(Finding::failure(
            CHECK,
            "the clock is years behind: certificates are refused, and logs mislead",
        ));
    }
    let ahead = facts.changed.iter().find(|(_, changed)| *changed > facts.now + AHEAD);
    match ahead {
        Some((path, changed)) => {
            let by = changed.duration_since(facts.now).unwrap_or_default().as_secs();
            set(Finding::warning(
                CHECK,
                format!(
                    "{} was changed {} in the future: this clock or another one is wrong",
                    path.display(),
                    span(by)
                ),
            ))
        }
        None => Finding::good(CHECK, "the clock agrees with the files"),
    }
}

/// Lets the network set the clock.
fn set_clock(finding: Finding, here: HostKind) -> Finding {
    match (here, here.system()) {
        (HostKind::Container(_), _) => finding.fix("set the clock of the container's host by the network"),
        (_, System::Linux) => finding.line("set the clock by the network", "sudo timedatectl set-ntp true"),
        (_, System::Wsl2) => finding
            .line("WSL's clock stands still while Windows sleeps: set it by Windows' one", "sudo hwclock -s"),
        (_, System::MacOs) => finding.line(
            "set the clock by the network (System Settings > General > Date & Time)",
            "sudo sntp -sS time.apple.com",
        ),
        (_, System::Windows) => finding.line(
            "set the clock by the network (Settings > Time & language; or, as administrator)",
            "w32tm /resync",
        ),
    }
}

/// Says what takes the room.
fn free_room(finding: Finding, facts: &HostFacts) -> Finding {
    let line = lines::show_room(facts.here.system(), &facts.folder);
    match (facts.here, facts.here.system()) {
        (HostKind::Container("Docker"), _) => {
            finding.line("free some on the host; what Docker itself takes, says", "docker system df")
        }
        (HostKind::Container(_), _) => finding.fix("free some on the disk of the container's host"),
        (_, System::Wsl2) => {
            finding.line("free some, here or on Windows' drive that holds WSL's; what takes it, says", line)
        }
        (_, System::MacOs) => {
            finding.line("free some (System Settings > General > Storage); how much there is, says", line)
        }
        (_, System::Windows) => {
            finding.line("free some (Settings > System > Storage); how much there is, says", line)
        }
        (_, System::Linux) => finding.line("free some; what takes it, says", line),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..=7_199 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3_600),
    }
}

fn disk(facts: &HostFacts) -> Option<Finding> {
    const CHECK: &str = "host.disk";
    let Volume { free_bytes, free_files, read_only } = facts.volume?;
    let shown = facts.folder.display();
    let free = |finding: Finding| free_room(finding, facts);
    let needed = LEAST.max(facts.file_bytes * 2);
    Some(if read_only {
        let finding = Finding::failure(CHECK, format!("the file system of {shown} is read-only"));
        let system = facts.here.system();
        match facts.here {
            HostKind::Container(_) => finding.fix("mount OpenClaw's folder writable into this container"),
            _ => finding.line(lines::say_make_writable(system), lines::make_writable(system, &facts.folder)),
        }
    } else if free_bytes < needed {
        free(Finding::failure(
            CHECK,
            format!(
                "the disk is full: {} KiB are free at {shown}, and a write needs {}",
                free_bytes >> 10,
                needed >> 10
            ),
        ))
    } else if free_files.is_some_and(|files| files < FEW_FILES) {
        free(Finding::failure(CHECK, format!("no more files can be made at {shown}: its inodes are used up")))
    } else if free_bytes < LITTLE {
        free(Finding::warning(CHECK, format!("only {} MiB are free at {shown}", free_bytes >> 20)))
    } else {
        Finding::good(CHECK, format!("{} are free", size(free_bytes)))
    })
}

fn size(bytes: u64) -> String {
    if bytes >= 10 << 30 { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    fn severities(now: SystemTime, volume: Volume) -> [Severity; 2] {
        let changed = vec![("/f".into(), SystemTime::UNIX_EPOCH + EARLIEST * 2)];
        let facts = HostFacts {
            here: HostKind::Linux,
            now,
            changed,
            folder: "/s".into(),
            volume: Some(volume),
            file_bytes: 0,
        };
        let found = diagnose(&facts);
        [found[0].severity, found[1].severity]
    }

    #[test]
    fn a_clock_and_a_disk_are_judged_by_their_bounds() {
        use Severity::{Failure, Good, Warning};
        let volume = |free_bytes| Volume { free_bytes, free_files: None, read_only: false };
        let at = |time: Duration| SystemTime::UNIX_EPOCH + time;
        assert_eq!(severities(at(EARLIEST * 2), volume(1 << 40)), [Good, Good]);
        assert_eq!(severities(at(EARLIEST * 2 - AHEAD * 2), volume(8 << 20)), [Warning, Warning]);
        assert_eq!(severities(at(Duration::ZERO), volume(1_000)), [Failure, Failure]);
        let no_files = Volume { free_files: Some(0), ..volume(1 << 40) };
        assert_eq!(severities(at(EARLIEST * 2), no_files)[1], Failure);
        let read_only = Volume { read_only: true, ..volume(1 << 40) };
        assert_eq!(severities(at(EARLIEST * 2), read_only)[1], Failure);
    }
}
