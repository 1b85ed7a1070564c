//! The running system, as far as a service depends on it.

use std::fs;
use std::path::{Path, PathBuf};

use adapters_fs::container;

use crate::exit::Exit;
use crate::gateway::variable;
use crate::platform;
use crate::service::carry_out::{last_line, output};
use crate::service::layout::{Layout, Manager};

/// Where systemd-logind notes whose services run while nobody is logged in.
const LINGER: &str = "/var/lib/systemd/linger";

/// What the service of the user at `home` depends on.
///
/// # Errors
/// Exit 70 where the program's own path is not known.
pub(crate) fn find_layout(manager: Manager, home: PathBuf) -> Result<Layout, Exit> {
    let running = std::env::current_exe().map_err(|error| Exit::bug("the program's path is not known", error))?;
    let program = lasting_path(&running, &variable("PATH").unwrap_or_default());
    let named = |name| variable(name).filter(|value| !value.is_empty());
    let name = named("USER").or_else(|| named("LOGNAME")).or_else(|| named("USERNAME")).unwrap_or_default();
    let user = match named("USERDOMAIN") {
        Some(domain) if manager == Manager::TaskScheduler => format!("{domain}\\{name}"),
        _ => name,
    };
    let config_home = if manager == Manager::Systemd { config_home_of_the_manager() } else { None };
    Ok(Layout { manager, program, home, user, uid: user_id(), config_home })
}

/// Fails under sudo.
///
/// # Errors
/// Exit 64.
pub(crate) fn refuse_sudo() -> Result<(), Exit> {
    if user_id() == 0 && variable("SUDO_USER").is_some_and(|user| user != "root") {
        return Err(Exit::usage(
            "run this without sudo, as the user who runs OpenClaw: it would be root's service".into(),
        ));
    }
    Ok(())
}

/// Fails where the system could start no service of this user, and says what helps.
///
/// # Errors
/// Exit 1 where no manager of this user's services answers.
pub(crate) fn require_session(layout: &Layout) -> Result<(), Exit> {
    let words = match layout.manager {
        Manager::Systemd => ["systemctl", "--user", "show-environment"].map(str::to_owned),
        Manager::Launchd => ["launchctl".to_owned(), "print".to_owned(), layout.domain()],
        Manager::TaskScheduler => return Ok(()),
    };
    let why = match output(&words) {
        Ok(said) if said.status.success() => return Ok(()),
        Ok(said) => last_line(&said),
        Err(error) => format!("cannot run {}: {error}", words[0]),
    };
    if layout.manager == Manager::Launchd {
        return Err(Exit::failure(format!(
            "this user has no desktop session, to which an agent belongs ({why})\n  ssh alone makes none: log in at \
             the Mac's screen or by Screen Sharing, then run this again"
        )));
    }
    let has_systemd = Path::new("/run/systemd/system").exists();
    Err(Exit::failure(format!("no systemd of this user answers ({why})\n  {}", remedy(layout, has_systemd))))
}

/// What helps where no systemd of this user answers.
fn remedy(layout: &Layout, has_systemd: bool) -> String {
    if let Some(engine) = container().filter(|_| !has_systemd) {
        return format!(
            "{engine} starts what runs in this container: give it `lmsync run` (docs/DEPLOYMENT.md), or run lmsync \
             on the host"
        );
    }
    if !has_systemd {
        return "systemd does not run here: have `lmsync run` started by what starts programs here (in WSL, \
                `[boot] systemd=true` in /etc/wsl.conf gives it systemd)"
            .into();
    }
    let user = if layout.user.is_empty() { "USER" } else { &layout.user };
    format!(
        "a session by su or sudo has none: log in as {user}, by ssh for example; or run `sudo loginctl enable-linger \
         {user}`, which also starts the service without a login, and `export XDG_RUNTIME_DIR=/run/user/{}`",
        user_id()
    )
}

/// The unit of the whole system that runs a daemon for this user already.
pub(crate) fn other_system_service(layout: &Layout) -> Option<String> {
    if layout.manager != Manager::Systemd || layout.user.is_empty() {
        return None;
    }
    let unit = format!("lmsync@{}.service", layout.user);
    let words = ["systemctl".to_owned(), "is-active".into(), "--quiet".into(), unit.clone()];
    output(&words).is_ok_and(|said| said.status.success()).then_some(unit)
}

impl Layout {
    /// Why the program may not be there for long, where it may not.
    pub(crate) fn passing_program(&self) -> Option<&'static str> {
        let names: Vec<_> = self.program.iter().filter_map(|name| name.to_str()).collect();
        let built = |after: &[&str]| after.iter().any(|name| matches!(*name, "debug" | "release"));
        if let Some(target) = names.iter().position(|name| *name == "target")
            && built(&names[target..])
        {
            return Some("it is where cargo builds it, which `cargo clean` removes: install it elsewhere first");
        }
        if names.contains(&"_npx") {
            return Some("it is in the cache of npx, which npm clears: `npm install --global lmsync` first");
        }
        self.program
            .starts_with(std::env::temp_dir())
            .then_some("it is in a folder for temporary files: install it elsewhere first")
    }

    /// Whether the service runs without a session of its user; `None` where that is not known.
    pub(crate) fn lingers(&self) -> Option<bool> {
        let is_known = self.manager == Manager::Systemd && Path::new(LINGER).is_dir() && !self.user.is_empty();
        is_known.then(|| Path::new(LINGER).join(&self.user).exists())
    }
}

/// The program's path on `PATH`, where one leads to it: a package manager keeps that one, and replaces the file behind
/// it.
fn lasting_path(running: &Path, path: &str) -> PathBuf {
    let file = fs::canonicalize(running);
    let leads_there = |candidate: &PathBuf| {
        candidate.is_absolute() && file.is_ok() && fs::canonicalize(candidate).ok() == file.as_ref().ok().cloned()
    };
    let name = running.file_name().unwrap_or_default();
    let candidates = std::env::split_paths(path).map(|folder| folder.join(name));
    candidates.into_iter().find(leads_there).unwrap_or_else(|| running.to_owned())
}

/// Where systemd's manager of this user looks for configuration, if not in `~/.config`; what this process has for that,
/// where no manager answers.
fn config_home_of_the_manager() -> Option<PathBuf> {
    let said = output(&["systemctl", "--user", "show-environment"].map(str::to_owned));
    let folder = match said {
        Ok(said) if said.status.success() => {
            let text = String::from_utf8(said.stdout).ok()?;
            let value = text.lines().find_map(|line| line.strip_prefix("XDG_CONFIG_HOME="))?;
            // systemctl quotes a value for the shell that has a space.
            value.strip_prefix("$'").and_then(|value| value.strip_suffix('\'')).unwrap_or(value).to_owned()
        }
        _ => variable("XDG_CONFIG_HOME")?,
    };
    Some(PathBuf::from(folder)).filter(|folder| folder.is_absolute())
}

/// The user's number; where users have none, one that means nobody.
fn user_id() -> u32 {
    platform::user_id().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(program: &str) -> Layout {
        let (program, home) = (program.into(), "/home/me".into());
        Layout { manager: Manager::Systemd, program, home, user: "me".into(), uid: 501, config_home: None }
    }

    #[test]
    fn a_program_that_may_vanish_is_noticed() {
        for (program, vanishes) in [
            ("/usr/bin/lmsync", false),
            ("/home/target/bin/lmsync", false),
            ("/home/me/lmsync/target/release/lmsync", true),
            ("/home/me/target/aarch64-unknown-linux-gnu/debug/lmsync", true),
            ("/home/me/.npm/_npx/1f/node_modules/lmsync/programs/linux-x64/lmsync", true),
        ] {
            assert_eq!(layout(program).passing_program().is_some(), vanishes, "{program}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_on_the_path_outlasts_the_file_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let (cellar, bin) = (folder.path().join("cellar"), folder.path().join("bin"));
        fs::create_dir(&cellar).and_then(|()| fs::create_dir(&bin)).unwrap();
        let file = cellar.join("lmsync");
        fs::write(&file, "").unwrap();
        let path = format!("relative:{}:/nowhere", bin.display());
        assert_eq!(lasting_path(&file, &path), file);
        std::os::unix::fs::symlink(&file, bin.join("lmsync")).unwrap();
        assert_eq!(lasting_path(&file, &path), bin.join("lmsync"));
    }
}
