//! Where a service's files are, on each system.

use std::path::{Path, PathBuf};

use config::shared_settings;

/// What the service is called by systemd and by the Task Scheduler.
pub(crate) const NAME: &str = "lmsync";

/// What launchd calls the agent.
pub(super) const LABEL: &str = "io.github.lmsync";

/// What starts programs at login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    /// systemd's manager of one user.
    Systemd,
    /// launchd on macOS.
    Launchd,
    /// Windows' Task Scheduler.
    TaskScheduler,
}

impl Manager {
    /// Each of them, with its name on the command line.
    pub(crate) const ALL: [(&'static str, Self); 3] =
        [("systemd", Self::Systemd), ("launchd", Self::Launchd), ("task-scheduler", Self::TaskScheduler)];

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, manager)| (known == name).then_some(manager))
    }

    /// The one of the running system.
    pub(crate) fn here() -> Self {
        match std::env::consts::OS {
            "macos" => Self::Launchd,
            "windows" => Self::TaskScheduler,
            _ => Self::Systemd,
        }
    }

    /// What a person calls the service there.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Systemd => "systemd user service",
            Self::Launchd => "launchd agent",
            Self::TaskScheduler => "scheduled task",
        }
    }
}

/// All that a service depends on.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) manager: Manager,
    /// The program that it starts.
    pub(crate) program: PathBuf,
    pub(crate) home: PathBuf,
    /// The user's name; with the domain on Windows.
    pub(crate) user: String,
    /// The user's number, which launchd's domains are named by.
    pub(crate) uid: u32,
    /// Where systemd's manager of this user looks for `systemd/user`, if not in `~/.config`.
    pub(crate) config_home: Option<PathBuf>,
}

impl Layout {
    /// The file that defines the service.
    pub(crate) fn definition(&self) -> PathBuf {
        match self.manager {
            Manager::Systemd => self.units().join("lmsync.service"),
            Manager::Launchd => self.home.join("Library").join("LaunchAgents").join(format!("{LABEL}.plist")),
            Manager::TaskScheduler => self.folder().join("lmsync-task.xml"),
        }
    }

    /// The folder of systemd's user units.
    pub(super) fn units(&self) -> PathBuf {
        let config = self.config_home.clone().unwrap_or_else(|| self.home.join(".config"));
        config.join("systemd").join("user")
    }

    /// The file of settings that the service and every command of the user read.
    pub(crate) fn settings(&self) -> PathBuf {
        shared_settings(&self.home)
    }

    /// The folder of that file, in which the service runs, so that no other `.env` counts.
    pub(super) fn folder(&self) -> PathBuf {
        self.settings().parent().map_or_else(|| self.home.clone(), Path::to_owned)
    }

    /// The log, where the system keeps none itself.
    pub(crate) fn log(&self) -> Option<PathBuf> {
        match self.manager {
            Manager::Systemd => None,
            Manager::Launchd => Some(self.home.join("Library").join("Logs").join("lmsync.log")),
            Manager::TaskScheduler => Some(self.home.join("AppData").join("Local").join("lmsync").join("lmsync.log")),
        }
    }

    /// The agent's name among all that launchd runs.
    pub(super) fn target(&self) -> String {
        format!("{}/{LABEL}", self.domain())
    }

    /// The session of launchd's that the agent belongs to.
    pub(super) fn domain(&self) -> String {
        format!("gui/{}", self.uid)
    }
}
