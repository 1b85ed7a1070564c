//! What installing and uninstalling a service consist of, step by step, decided before any of it happens.

use std::path::{Path, PathBuf};

use super::launchd::Agent;
use super::layout::{Layout, Manager, NAME};
use super::systemd;
use super::task::Task;

/// The first words of a definition that lmsync wrote: a file without them is somebody else's, and stays.
pub(super) const MARK: &str = "Written by `lmsync service install`. `lmsync service uninstall` takes it away.";

/// What a new file of settings says. It logs for a person, who reads it with `lmsync service logs`.
pub(super) const FIRST_SETTINGS: &str = "\
# Settings of lmsync, one NAME=value a line: for its service, and for every lmsync command of this user.
# All names: https://github.com/lmsync/lmsync/blob/main/docs/CONFIGURATION.md
# After a change: lmsync service install
LMSYNC_LOG_FORMAT=text
";

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Make a folder that only its owner can read, where there is none.
    Folder(PathBuf),
    /// Write the definition. One that lmsync did not write ends the plan.
    Define { path: PathBuf, text: String, encoding: Encoding },
    /// Write the settings, readable by their owner alone, where there are none.
    Settings { path: PathBuf, text: &'static str },
    /// Run a program.
    Run { words: Vec<String>, failure: Failure },
    /// Remove the definition. One that lmsync did not write ends the plan.
    Undefine(PathBuf),
    /// Remove a file that lmsync alone writes.
    Remove(PathBuf),
    /// Remove the settings, where nobody has changed them.
    RemoveSettings { path: PathBuf, text: &'static str },
    /// Remove a folder, where it is empty.
    RemoveEmpty(PathBuf),
}

/// What a program's failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The plan cannot go on.
    Ends,
    /// There was nothing left for it to do.
    IsFine,
    /// What was stopped before is still ending: it is worth some more tries.
    IsRepeated,
    /// Nothing yet: whether the service runs is asked next.
    ShowsNext,
}

/// How a definition's text becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// With a byte order mark: what the Task Scheduler reads whichever the code page.
    Utf16,
}

/// Whether a definition is there, by lmsync or by another program.
pub(crate) fn is_installed(layout: &Layout) -> bool {
    layout.definition().exists()
}

/// The definition in its usual place below the home folder, where there is one.
pub(crate) fn defined_at(home: &Path) -> Option<PathBuf> {
    let (manager, program, home) = (Manager::here(), PathBuf::new(), home.to_owned());
    let layout = Layout { manager, program, home, user: String::new(), uid: 0, config_home: None };
    Some(layout.definition()).filter(|definition| definition.exists())
}

/// What makes the service, starts it, and starts it at each login; also where it is there already.
///
/// # Errors
/// A path that the system could not be given, as a sentence.
pub(crate) fn install(layout: &Layout) -> Result<Vec<Step>, String> {
    let program = text(layout, &layout.program)?;
    if layout.manager == Manager::Systemd && program.contains(['"', '\'', '\\']) {
        return Err(format!("systemd starts no program whose path has a quote or a backslash: {program}"));
    }
    let folder = text(layout, &layout.folder())?;
    let log = layout.log().map(|log| text(layout, &log)).transpose()?.unwrap_or_default();
    let definition = layout.definition();
    let define = |text: String, encoding: Encoding| Step::Define { path: definition.clone(), text, encoding };
    let mut steps =
        vec![Step::Folder(layout.folder()), Step::Settings { path: layout.settings(), text: FIRST_SETTINGS }];
    steps.extend(layout.log().and_then(|log| log.parent().map(|folder| Step::Folder(folder.to_owned()))));
    match layout.manager {
        Manager::Systemd => {
            steps.push(define(systemd::unit(MARK, &program), Encoding::Utf8));
            steps.push(run(["systemctl", "--user", "daemon-reload"]));
            steps.push(run(["systemctl", "--user", "enable", "--quiet", "lmsync.service"]));
            // It fails, or not, for a program that ends at once: that is a race.
            let restart = words(["systemctl", "--user", "restart", "lmsync.service"]);
            steps.push(Step::Run { words: restart, failure: Failure::ShowsNext });
        }
        Manager::Launchd => {
            let agent = Agent { program: &program, folder: &folder, log: &log };
            steps.push(define(agent.plist(MARK), Encoding::Utf8));
            steps.push(try_to_run(["launchctl", "bootout", &layout.target()]));
            steps.push(run(["launchctl", "enable", &layout.target()]));
            let path = definition.display().to_string();
            let bootstrap = words(["launchctl", "bootstrap", &layout.domain(), &path]);
            steps.push(Step::Run { words: bootstrap, failure: Failure::IsRepeated });
        }
        Manager::TaskScheduler => {
            let task = Task { program: &program, folder: &folder, log: &log, user: &layout.user };
            steps.push(define(task.xml(MARK), Encoding::Utf16));
            let path = definition.display().to_string();
            steps.push(try_to_run(["schtasks", "/End", "/TN", NAME]));
            steps.push(run(["schtasks", "/Create", "/TN", NAME, "/XML", &path, "/F"]));
            steps.push(run(["schtasks", "/Run", "/TN", NAME]));
        }
    }
    Ok(steps)
}

/// What stops the service and takes away all that installing it made; settings that somebody has changed stay.
pub(crate) fn uninstall(layout: &Layout) -> Vec<Step> {
    let undefine = Step::Undefine(layout.definition());
    let mut steps = match layout.manager {
        Manager::Systemd => vec![
            // `disable --now` stops nothing whose unit is gone already.
            try_to_run(["systemctl", "--user", "stop", "lmsync.service"]),
            try_to_run(["systemctl", "--user", "disable", "--quiet", "lmsync.service"]),
            undefine,
            // Where no manager of this user runs, the link that starts the service at login is there still.
            Step::Remove(layout.units().join("default.target.wants").join("lmsync.service")),
            try_to_run(["systemctl", "--user", "daemon-reload"]),
            try_to_run(["systemctl", "--user", "reset-failed", "lmsync.service"]),
            Step::RemoveEmpty(layout.units().join("default.target.wants")),
            Step::RemoveEmpty(layout.units()),
            Step::RemoveEmpty(layout.home.join(".config").join("systemd")),
        ],
        Manager::Launchd => {
            vec![try_to_run(["launchctl", "bootout", &layout.target()]), undefine]
        }
        Manager::TaskScheduler => vec![
            try_to_run(["schtasks", "/End", "/TN", NAME]),
            try_to_run(["schtasks", "/Delete", "/TN", NAME, "/F"]),
            undefine,
        ],
    };
    if let Some(log) = layout.log() {
        let folder = log.parent().map(Path::to_owned);
        steps.push(Step::Remove(log));
        steps.extend(folder.filter(|folder| folder.ends_with(NAME)).map(Step::RemoveEmpty));
    }
    steps.push(Step::RemoveSettings { path: layout.settings(), text: FIRST_SETTINGS });
    steps.push(Step::RemoveEmpty(layout.folder()));
    steps.push(Step::RemoveEmpty(layout.home.join(".config")));
    steps
}

/// The program that shows the service's log, and goes on where `follow` says so.
pub(crate) fn log_command(layout: &Layout, follow: bool) -> Vec<String> {
    let log = layout.log().map(|log| log.display().to_string()).unwrap_or_default();
    let (mut words, more): (Vec<String>, &str) = match layout.manager {
        // Not `--user`, which sees nothing where the journal is kept in memory alone.
        Manager::Systemd => {
            (words(["journalctl", "--no-pager", "--lines=100", "--user-unit=lmsync.service"]), "--follow")
        }
        Manager::Launchd => (words(["tail", "-n", "100"]), "-F"),
        Manager::TaskScheduler => {
            let read = format!("Get-Content -Encoding UTF8 -Tail 100 -LiteralPath '{}'", log.replace('\'', "''"));
            let read = if follow { read + " -Wait" } else { read };
            return words(["powershell", "-NoProfile", "-Command", &read]);
        }
    };
    words.extend(follow.then(|| more.to_owned()));
    words.extend(Some(log).filter(|log| !log.is_empty()));
    words
}

/// A path as a text that can stand in a definition.
fn text(layout: &Layout, path: &Path) -> Result<String, String> {
    let shown = path.display();
    let text = path.to_str().ok_or_else(|| format!("{shown} is not UTF-8, which a service needs"))?;
    if text.chars().any(char::is_control) {
        return Err(format!("{} has a control character, which no service can have", text.escape_debug()));
    }
    if layout.manager == Manager::TaskScheduler && text.contains(['%', '"']) {
        return Err(format!("{shown} has a % or a quote, which the Task Scheduler would read as something else"));
    }
    Ok(text.to_owned())
}

fn run<const N: usize>(command: [&str; N]) -> Step {
    Step::Run { words: words(command), failure: Failure::Ends }
}

fn try_to_run<const N: usize>(command: [&str; N]) -> Step {
    Step::Run { words: words(command), failure: Failure::IsFine }
}

fn words<const N: usize>(command: [&str; N]) -> Vec<String> {
    command.map(str::to_owned).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(manager: Manager, program: &str) -> Layout {
        let (program, home) = (program.into(), "/home/me".into());
        Layout { manager, program, home, user: "me".into(), uid: 501, config_home: None }
    }

    #[test]
    fn the_unit_of_the_packages_is_the_one_that_is_written_for_their_program() {
        let unit = include_str!("../../../../deploy/systemd/user/lmsync.service");
        let (mark, rest) = unit.split_once('\n').unwrap();
        assert!(mark.starts_with('#') && !mark.contains(MARK), "no service install wrote it");
        let written = systemd::unit(MARK, "/usr/bin/lmsync");
        assert_eq!(rest, written.split_once('\n').unwrap().1);
    }

    #[test]
    fn what_is_removed_is_all_that_is_made() {
        for (name, manager) in Manager::ALL {
            let layout = layout(manager, "/usr/bin/lmsync");
            let removed: Vec<PathBuf> = uninstall(&layout)
                .into_iter()
                .filter_map(|step| match step {
                    Step::Undefine(path) | Step::Remove(path) | Step::RemoveEmpty(path) => Some(path),
                    Step::RemoveSettings { path, .. } => Some(path),
                    _ => None,
                })
                .collect();
            for step in install(&layout).unwrap() {
                match step {
                    Step::Define { path, .. } | Step::Settings { path, .. } => {
                        assert!(removed.contains(&path), "{name}: {}", path.display());
                    }
                    Step::Folder(path) => {
                        let is_the_systems = path.ends_with("Library/Logs");
                        assert!(is_the_systems || removed.contains(&path), "{name}: {}", path.display());
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_path_that_would_mean_something_else_is_refused() {
        assert!(install(&layout(Manager::Systemd, "/a\nExecStartPre=/evil/lmsync")).is_err());
        assert!(install(&layout(Manager::Systemd, "/o'brien/lmsync")).is_err());
        assert!(install(&layout(Manager::Launchd, "/a\u{1b}/lmsync")).is_err());
        assert!(install(&layout(Manager::TaskScheduler, r"C:\%TEMP%\lmsync.exe")).is_err());
        assert!(install(&layout(Manager::Launchd, "/100%/lmsync")).is_ok());
    }

    #[test]
    fn each_log_is_where_the_system_keeps_it() {
        let command = |manager| log_command(&layout(manager, "/lmsync"), true).join(" ");
        assert_eq!(command(Manager::Systemd), "journalctl --no-pager --lines=100 --user-unit=lmsync.service --follow");
        assert_eq!(command(Manager::Launchd), "tail -n 100 -F /home/me/Library/Logs/lmsync.log");
        assert!(command(Manager::TaskScheduler).ends_with("lmsync.log' -Wait"));
    }
}
