//! A path that cannot be read or written: why, and what helps on this system.

use std::io;
use std::path::Path;

use adapters_fs::{PathFault, PathFaultKind, Rights, Survey};

use super::finding::{Finding, Fix};
use super::lines;
use crate::host_kind::{HostKind, System};
use crate::platform;

/// The user of OpenClaw's own image.
const NODE: u32 = 1000;

/// The user as whom this process runs, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    /// `None` on a system whose users have no numbers.
    pub(crate) uid: Option<u32>,
    pub(crate) here: HostKind,
}

impl User {
    /// This process.
    pub(crate) fn current(here: HostKind) -> Self {
        Self { uid: platform::user_id(), here }
    }

    /// Added to what has to be done outside a container.
    pub(super) fn on_the_host(self) -> &'static str {
        if self.here.container().is_some() { ", on the host" } else { "" }
    }
}

/// What helps where a file of the configuration cannot be read, on one line.
pub(crate) fn advice(path: &Path, error: &io::Error) -> Option<String> {
    let fault = PathFault::new(path, error);
    let finding = diagnose("configuration.settings", path, &fault, None, User::current(HostKind::find()));
    let Fix { say, line, .. } = finding.fix?;
    Some(line.map_or_else(|| say.clone(), |line| format!("{say}: {line}")))
}

/// The finding for a path; `survey` says what is known of it where it can be seen at all.
pub(super) fn diagnose(
    check: &'static str,
    path: &Path,
    fault: &PathFault,
    survey: Option<&Survey>,
    user: User,
) -> Finding {
    let (shown, at, system) = (path.display(), fault.at.display(), user.here.system());
    let told = |why: &str| Finding::failure(check, format!("{shown} cannot be used: {why}"));
    match fault.kind {
        PathFaultKind::Denied => denied(check, path, fault, survey, user),
        PathFaultKind::ReadOnly => read_only(check, path, user),
        PathFaultKind::Circle => told(&format!("the symlink {at} leads in a circle ({fault})")).line(
            "remove that link, which removes nothing else; or name another folder in OPENCLAW_STATE_DIR",
            lines::remove_link(system, &fault.at),
        ),
        PathFaultKind::NotAFolder => told(&format!("{at} is a file, where a folder has to be ({fault})"))
            .line(
                "move that file away; or name another folder in OPENCLAW_STATE_DIR",
                lines::move_away(system, &fault.at),
            ),
        PathFaultKind::BadName => told(&format!("the system does not take its name ({fault})"))
            .line("use a shorter and plainer path for OpenClaw's folder", lines::another_folder(system)),
        PathFaultKind::Disk => disk(told(&format!("the disk reports an error at {at} ({fault})")), user),
        PathFaultKind::Stale => {
            let finding = told(&format!("the network file system has lost {at} ({fault})"));
            let say = format!("mount it again{}; where it comes from, says", user.on_the_host());
            match system {
                System::Linux | System::Wsl2 => finding.line(say, "findmnt --types nfs,nfs4,cifs"),
                System::MacOs => finding.line(say, "mount -t nfs,smbfs"),
                System::Windows => finding.line("connect it again; where it comes from, says", "net use"),
            }
        }
        PathFaultKind::Gone => told(&format!("{at} leads to nothing ({fault})")).line(
            "make what the link leads to; or remove the link, and lmsync makes a folder there",
            lines::remove_link(system, &fault.at),
        ),
        PathFaultKind::Other => told(&fault.to_string())
            .line("who may use it, and what it is, says", lines::show_rights(system, &fault.at)),
    }
}

/// Nothing may be written there.
fn read_only(check: &'static str, path: &Path, user: User) -> Finding {
    let finding = Finding::failure(check, format!("{} is mounted read-only", path.display()));
    match (user.here, user.here.system()) {
        (HostKind::Container("Kubernetes"), _) => {
            finding.fix("mount it writable: no `readOnly: true` at its volumeMount")
        }
        (HostKind::Container(_), _) => {
            finding.line("mount it writable, in compose (without :ro)", lines::VOLUMES)
        }
        (_, system) => finding.line(lines::say_make_writable(system), lines::make_writable(system, path)),
    }
}

fn disk(finding: Finding, user: User) -> Finding {
    let say = format!("save what is on it, and read the system's log{}", user.on_the_host());
    match user.here.system() {
        System::Linux => finding.line(say, "sudo dmesg --level=err,warn"),
        System::Wsl2 => {
            finding.line(format!("{say}; a new start of WSL can help, on Windows"), "wsl --shutdown")
        }
        System::MacOs => {
            finding.line("save what is on it, and check it (or: Disk Utility > First Aid)", "diskutil list")
        }
        System::Windows => {
            finding.line("save what is on it, and check the drive (as administrator)", "chkdsk")
        }
    }
}

/// This user may not.
fn denied(
    check: &'static str,
    path: &Path,
    fault: &PathFault,
    survey: Option<&Survey>,
    user: User,
) -> Finding {
    let (shown, system) = (path.display(), user.here.system());
    let what = if survey.is_some_and(|survey| survey.readable.is_ok()) { "written" } else { "read" };
    let who = user.uid.map_or_else(|| "this user".to_owned(), |uid| format!("uid {uid}"));
    let finding = Finding::failure(check, format!("{shown} may not be {what} by {who}: {fault}"));
    if system == System::Windows {
        return finding.line(
            "give it the rights of the folder that it lies in (in a terminal as administrator)",
            format!("icacls {} /reset /T", lines::path(system, path)),
        );
    }
    let Some(Rights { uid, gid, mode }) = survey.and_then(|survey| survey.rights) else {
        let closed = fault.at.parent().unwrap_or(path);
        return if user.here.container().is_some() {
            let line = format!("user: \"{NODE}:{NODE}\"");
            finding.line(
                "run lmsync as the owner of the folder, in compose (OpenClaw's image has this one)",
                line,
            )
        } else {
            let say = "run lmsync as the user who owns the closed folder; who that is, says";
            finding.line(say, lines::show_rights(system, closed))
        };
    };
    if user.uid == Some(uid) {
        return of_this_user(finding, path, mode, system);
    }
    if uid == 0 {
        // lmsync needs no root: what root made by mistake is given to the user that OpenClaw runs as.
        let owner = user.uid.filter(|uid| *uid != 0).unwrap_or(NODE);
        let folder = match user.here.container() {
            Some(_) => "\"$OPENCLAW_CONFIG_DIR\"".to_owned(),
            None => lines::path(system, path),
        };
        return finding.line(
            format!(
                "root owns it; give it to the user that OpenClaw and lmsync run as{}",
                user.on_the_host()
            ),
            // A Mac's users have a group in common.
            if system == System::MacOs {
                format!("sudo chown -R {owner} {folder}")
            } else {
                format!("sudo chown -R {owner}:{owner} {folder}")
            },
        );
    }
    match user.here.container() {
        Some("Kubernetes") => finding.line(
            "run lmsync as the owner of the folder, in the container's securityContext",
            format!("runAsUser: {uid}\nrunAsGroup: {gid}"),
        ),
        Some(_) => finding
            .line("run lmsync as the owner of the folder, in compose", format!("user: \"{uid}:{gid}\"")),
        None => finding.line("run lmsync as the owner of the folder", format!("sudo -u '#{uid}' lmsync")),
    }
}

/// It belongs to the very user who may not.
fn of_this_user(finding: Finding, path: &Path, mode: u32, system: System) -> Finding {
    let quoted = lines::path(system, path);
    if mode & 0o600 != 0o600 {
        return finding.line("it is yours, and its mode forbids it", format!("chmod -R u+rwX {quoted}"));
    }
    if system == System::MacOs {
        return finding.line(
            "it is yours, and macOS withholds it: allow the terminal, or what starts lmsync, in System Settings > Privacy \
             & Security > Full Disk Access; a lock on the file goes with",
            format!("chflags -R nouchg {quoted}"),
        );
    }
    finding.line(
        "it is yours, and something else than its mode forbids it (SELinux, AppArmor, a flag): see",
        format!("ls -ldZ {quoted}; lsattr -d {quoted}"),
    )
}
