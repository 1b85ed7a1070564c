//! The machine: its clock, and room on its disk.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use adapters_fs::Volume;

use super::finding::{Check, Finding};
use super::lines;
use super::path_fault::make_writable;
use crate::host_kind::HostKind;

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
    let disk = facts.volume.map(|volume| disk(facts, volume));
    std::iter::once(clock(facts)).chain(disk).collect()
}

fn clock(facts: &HostFacts) -> Finding {
    const CHECK: Check = Check("host.clock");
    if facts.now < SystemTime::UNIX_EPOCH + EARLIEST {
        let sentence = "the clock is years behind: certificates are refused, and logs mislead";
        return set_clock(CHECK.failure(sentence), facts.here);
    }
    let Some((path, changed)) = facts.changed.iter().find(|(_, changed)| *changed > facts.now + AHEAD) else {
        return CHECK.good("the clock agrees with the files");
    };
    let by = match changed.duration_since(facts.now).unwrap_or_default().as_secs() {
        seconds @ 0..=7_199 => format!("{} minutes", seconds / 60),
        seconds => format!("{} hours", seconds / 3_600),
    };
    let path = path.display();
    let sentence = format!("{path} was changed {by} in the future: this clock or another one is wrong");
    set_clock(CHECK.warning(sentence), facts.here)
}

/// Lets the network set the clock.
fn set_clock(finding: Finding, here: HostKind) -> Finding {
    let (say, line) = match here {
        HostKind::Container(_) => {
            return finding.fix("set the clock of the container's host by the network");
        }
        HostKind::Linux => ("set the clock by the network", "sudo timedatectl set-ntp true"),
        HostKind::Wsl(_) => {
            ("WSL's clock stands still while Windows sleeps: set it by Windows' one", "sudo hwclock -s")
        }
        HostKind::Mac => {
            ("set the clock by the network (System Settings > General > Date & Time)", "sudo sntp -sS time.apple.com")
        }
        HostKind::Windows => {
            ("set the clock by the network (Settings > Time & language; or, as administrator)", "w32tm /resync")
        }
    };
    finding.line(say, line)
}

/// Says what takes the room.
fn free_room(finding: Finding, facts: &HostFacts) -> Finding {
    let say = match facts.here {
        HostKind::Container("Docker") => {
            return finding.line("free some on the host; to see what Docker itself takes, run", "docker system df");
        }
        HostKind::Container(_) => return finding.fix("free some on the disk of the container's host"),
        HostKind::Linux => "free some; to see what takes it, run",
        HostKind::Wsl(_) => "free some, here or on Windows' drive that holds WSL's; to see what takes it, run",
        HostKind::Mac => "free some (System Settings > General > Storage); to see how much there is, run",
        HostKind::Windows => "free some (Settings > System > Storage); to see how much there is, run",
    };
    finding.line(say, lines::show_room(facts.here, &facts.folder))
}

fn disk(facts: &HostFacts, volume: Volume) -> Finding {
    const CHECK: Check = Check("host.disk");
    let Volume { free_bytes, free_files, read_only } = volume;
    let shown = facts.folder.display();
    let needed = LEAST.max(facts.file_bytes * 2);
    if read_only {
        let finding = CHECK.failure(format!("the file system of {shown} is read-only"));
        make_writable(finding, facts.here, &facts.folder)
    } else if free_bytes < needed {
        let (free, needed) = (free_bytes >> 10, needed >> 10);
        let sentence = format!("the disk is full: {free} KiB are free at {shown}, and a write needs {needed}");
        free_room(CHECK.failure(sentence), facts)
    } else if free_files.is_some_and(|files| files < FEW_FILES) {
        let sentence = format!("no more files can be made at {shown}: its inodes are used up");
        free_room(CHECK.failure(sentence), facts)
    } else if free_bytes < LITTLE {
        free_room(CHECK.warning(format!("only {} MiB are free at {shown}", free_bytes >> 20)), facts)
    } else if free_bytes < 10 << 30 {
        CHECK.good(format!("{} MiB are free", free_bytes >> 20))
    } else {
        CHECK.good(format!("{} GiB are free", free_bytes >> 30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    fn severities(now: SystemTime, volume: Volume) -> [Severity; 2] {
        let changed = vec![("/f".into(), SystemTime::UNIX_EPOCH + EARLIEST * 2)];
        let facts =
            HostFacts { here: HostKind::Linux, now, changed, folder: "/s".into(), volume: Some(volume), file_bytes: 0 };
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
