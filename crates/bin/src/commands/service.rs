//! `lmsync service`: starts lmsync at each login, by what the system has for that.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use adapters_fs::Sign;
use config::{Setting, Settings};

use crate::config_source::{self, ConfigSource};
use crate::exit::Exit;
use crate::output;
use crate::service::{self, Layout, Manager, NAME, Status};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Install { dry_run: bool, manager: Manager },
    Uninstall { dry_run: bool, manager: Manager },
    Status,
    Logs { follow: bool },
}

pub(crate) fn service(flags: Vec<(&'static Setting, String)>, asked: Asked) -> Result<(), Exit> {
    let home = config_source::home()?
        .filter(|home| home.is_absolute())
        .ok_or_else(|| Exit::config("the home folder is not known: set HOME to its whole path".into()))?;
    match asked {
        Asked::Install { dry_run, manager } => install(&service::find_layout(manager, home)?, flags, dry_run),
        Asked::Uninstall { dry_run, manager } => uninstall(&service::find_layout(manager, home)?, dry_run),
        Asked::Status => status(&service::find_layout(Manager::here(), home)?),
        Asked::Logs { follow } => {
            service::show(&service::log_command(&service::find_layout(Manager::here(), home)?, follow))
        }
    }
}

fn install(layout: &Layout, flags: Vec<(&'static Setting, String)>, dry_run: bool) -> Result<(), Exit> {
    let steps = service::install(layout).map_err(Exit::usage)?;
    if dry_run {
        return output::print(&service::describe(&steps));
    }
    service::refuse_sudo()?;
    service::require_session(layout)?;
    // With settings that cannot be used, the service would end as soon as it starts.
    let (_, config) = ConfigSource::read(flags)?;
    let settings = config.settings()?;
    let elsewhere: Vec<&str> = config
        .effective()
        .iter()
        .filter(|effective| is_only_here(&effective.origin))
        .map(|effective| effective.setting.variable)
        .collect();
    let was_running = matches!(service::read_status(layout), Status::Running(_));
    let other = other_daemon(layout, &settings, was_running);
    service::carry_out(&steps)?;

    let mut text = format!(
        "installed the {} {}\nit starts {} now, and at each login\n",
        layout.manager.service(),
        layout.definition().display(),
        layout.program.display()
    );
    text += &format!("settings: {}\nits log: lmsync service logs\n", layout.settings().display());
    if !elsewhere.is_empty() {
        text += &format!(
            "note: the service does not have what is set here for {}: set it in {}, then run this again\n",
            elsewhere.join(", "),
            layout.settings().display()
        );
    }
    if let Some(why) = layout.passing_program() {
        text += &format!("warning: {} may vanish: {why}, and run this again\n", layout.program.display());
    }
    if let Some(other) = other {
        text += &format!("note: {other}; the service stands by, and takes over when that one ends\n");
    }
    if layout.lingers() == Some(false) {
        text += &format!(
            "note: it ends with your last session; to have it run without one: sudo loginctl enable-linger {}\n",
            layout.user
        );
    }
    output::print(&text)?;
    match service::await_start(layout) {
        Status::Running(_) => Ok(()),
        status => Err(not_running(layout, status)),
    }
}

/// Why the service does not run, or why that is not known.
fn not_running(layout: &Layout, status: Status) -> Exit {
    let service = layout.manager.service();
    Exit::failure(match status {
        Status::Running(_) => return Exit::told(),
        Status::Stopped(state) => format!(
            "the {service} {NAME} does not run: {state}\n  why, says: lmsync service logs\n  this starts it: lmsync \
             service install"
        ),
        Status::Unknown(why) => format!("whether the {service} {NAME} runs is not known: {why}"),
    })
}

/// Whether a setting was made by what only this process has: its environment, its command line, its folder.
fn is_only_here(origin: &str) -> bool {
    origin == "environment" || origin.starts_with("--") || Path::new(origin) == Path::new(".env")
}

/// The daemon, other than the service's own, that keeps the files already.
fn other_daemon(layout: &Layout, settings: &Settings, was_running: bool) -> Option<String> {
    if let Some(unit) = service::other_system_service(layout) {
        return Some(format!("{unit}, a service of the whole system, runs already"));
    }
    match Sign::read(&settings.own_folder, SystemTime::now()) {
        Ok(Sign::Alive(note, _)) if !was_running => Some(match note.plugin {
            Some(_) => format!("OpenClaw's lmsync plugin runs a daemon already (process {})", note.pid),
            None => format!("a daemon runs already (process {})", note.pid),
        }),
        _ => None,
    }
}

fn uninstall(layout: &Layout, dry_run: bool) -> Result<(), Exit> {
    let steps = service::uninstall(layout);
    if dry_run {
        return output::print(&service::describe(&steps));
    }
    service::refuse_sudo()?;
    let was_there = service::is_installed(layout);
    service::carry_out(&steps)?;
    let service = layout.manager.service();
    let mut text = match packaged_unit(layout) {
        _ if was_there => format!("removed the {service} {}\n", layout.definition().display()),
        Some(unit) => format!(
            "the {service} {} starts at no login any more; removing lmsync's package removes it\n",
            unit.display()
        ),
        None => format!("no {service} was installed\n"),
    };
    match service::read_status(layout) {
        Status::Running(process) => {
            let process = process.map(|process| format!(" (process {process})")).unwrap_or_default();
            text += &format!("warning: it still runs{process}\n");
        }
        // The Task Scheduler knows nothing of a task that is gone.
        Status::Unknown(why) if was_there && layout.manager == Manager::Systemd => {
            text += &format!("warning: whether its daemon still runs is not known: {why}\n");
        }
        Status::Unknown(_) | Status::Stopped(_) => {}
    }
    if layout.settings().exists() {
        text += &format!("kept your settings: {}\n", layout.settings().display());
    }
    if was_there {
        text += "what it wrote to OpenClaw stays; `lmsync remove` takes that out\n";
    }
    output::print(&text)
}

fn status(layout: &Layout) -> Result<(), Exit> {
    let service = layout.manager.service();
    let own = Some(layout.definition()).filter(|_| service::is_installed(layout));
    let Some(definition) = own.or_else(|| packaged_unit(layout)) else {
        return Err(Exit::failure(format!("no {service} is installed; `lmsync service install` makes one")));
    };
    match service::read_status(layout) {
        Status::Running(process) => {
            let process = process.map(|process| format!(" (process {process})")).unwrap_or_default();
            output::print(&format!(
                "the {service} {NAME} runs{process}\ndefined in: {}\nsettings: {}\nits log: lmsync service logs\n\
                 what it knows: lmsync status\n",
                definition.display(),
                layout.settings().display()
            ))
        }
        status => Err(not_running(layout, status)),
    }
}

/// The unit that lmsync's package brings, where there is one.
fn packaged_unit(layout: &Layout) -> Option<PathBuf> {
    let unit: PathBuf = "/usr/lib/systemd/user/lmsync.service".into();
    (layout.manager == Manager::Systemd && unit.exists()).then_some(unit)
}
