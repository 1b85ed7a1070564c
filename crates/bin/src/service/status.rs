//! Whether a service runs, as its system says.

use crate::service::carry_out::{TRIES, last_line, output, pause};
use crate::service::layout::{Layout, Manager, NAME};

/// Whether it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// It runs; with its process, where the system says which.
    Running(Option<u32>),
    /// It does not; with what that manager says of it.
    Stopped(String),
    /// The system does not say.
    Unknown(String),
}

/// Asks the system.
pub(crate) fn read_status(layout: &Layout) -> Status {
    let words: Vec<String> = match layout.manager {
        Manager::Systemd => {
            ["systemctl", "--user", "show", "--property=ActiveState,SubState,MainPID", "lmsync.service"]
                .map(str::to_owned)
                .into()
        }
        Manager::Launchd => ["launchctl".into(), "print".into(), layout.target()].into(),
        Manager::TaskScheduler => {
            let ask = format!("(Get-ScheduledTask -TaskName '{NAME}').State");
            ["powershell".into(), "-NoProfile".into(), "-Command".into(), ask].into()
        }
    };
    match output(&words) {
        Ok(said) if said.status.success() => parse(layout.manager, &String::from_utf8_lossy(&said.stdout)),
        // launchd fails for an agent that it has not loaded.
        Ok(said) if layout.manager == Manager::Launchd => Status::Stopped(last_line(&said)),
        Ok(said) => Status::Unknown(last_line(&said)),
        Err(error) => Status::Unknown(format!("cannot run {}: {error}", words[0])),
    }
}

/// Waits for a service that was just started: until it has run twice in a row, since one that ends at once because of
/// its settings may be seen running first.
pub(crate) fn await_start(layout: &Layout) -> Status {
    let mut ran = false;
    for _ in 0..TRIES {
        let status = read_status(layout);
        match status {
            Status::Running(_) if ran => return status,
            Status::Unknown(_) => return status,
            Status::Running(_) => ran = true,
            Status::Stopped(_) => ran = false,
        }
        pause();
    }
    read_status(layout)
}

fn parse(manager: Manager, text: &str) -> Status {
    let value = |name: &str, sign: &str| {
        text.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix(sign))
    };
    let number = |text: Option<&str>| text?.trim().parse().ok().filter(|process| *process != 0);
    match manager {
        Manager::Systemd => match value("ActiveState", "=") {
            Some("active") => Status::Running(number(value("MainPID", "="))),
            Some(state) => Status::Stopped(format!("{state} ({})", value("SubState", "=").unwrap_or("unknown"))),
            None => Status::Unknown(text.trim().to_owned()),
        },
        Manager::Launchd => match value("state", "=").map(str::trim) {
            Some("running") => Status::Running(number(value("pid", "="))),
            Some(state) => Status::Stopped(state.to_owned()),
            None => Status::Unknown("launchd names no state".to_owned()),
        },
        Manager::TaskScheduler => match text.trim() {
            "Running" => Status::Running(None),
            "" => Status::Unknown("the Task Scheduler names no state".to_owned()),
            state => Status::Stopped(state.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_says_it_in_its_own_way() {
        let stopped = |text: &str| Status::Stopped(text.to_owned());
        for (manager, text, status) in [
            (Manager::Systemd, "MainPID=12\nActiveState=active\nSubState=running\n", Status::Running(Some(12))),
            (
                Manager::Systemd,
                "MainPID=0\nActiveState=activating\nSubState=auto-restart\n",
                stopped("activating (auto-restart)"),
            ),
            (
                Manager::Launchd,
                "gui/501/x = {\n\tstate = running\n\n\tprogram = /p\n\tpid = 7\n}",
                Status::Running(Some(7)),
            ),
            (Manager::Launchd, "gui/501/x = {\n\tstate = not running\n}", stopped("not running")),
            (Manager::TaskScheduler, "Running\r\n", Status::Running(None)),
            (Manager::TaskScheduler, "Ready\r\n", stopped("Ready")),
        ] {
            assert_eq!(parse(manager, text), status, "{text}");
        }
    }
}
