//! A path that cannot be read or written: why, and what helps on this system.

use std::io;
use std::path::Path;

use adapters_fs::{PathFault, PathFaultKind, Rights, Survey};

use super::finding::{Check, Finding, Fix};
use super::lines;
use crate::host_kind::HostKind;
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
    let check = Check("configuration.settings");
    let Fix { say, line, .. } = diagnose(check, path, &fault, None, User::current(HostKind::find())).fix?;
    Some(line.map_or_else(|| say.clone(), |line| format!("{say}: {line}")))
}

/// The finding for a path; `survey` says what is known of it where it can be seen at all.
pub(super) fn diagnose(check: Check, path: &Path, fault: &PathFault, survey: Option<&Survey>, user: User) -> Finding {
    let (shown, at, here) = (path.display(), fault.at.display(), user.here);
    let told = |why: &str| check.failure(format!("{shown} cannot be used: {why}"));
    match fault.kind {
        PathFaultKind::Denied => denied(check, path, fault, survey, user),
        PathFaultKind::ReadOnly => {
            make_writable(check.failure(format!("{shown} is mounted read-only")), user.here, path)
        }
        PathFaultKind::Circle => told(&format!("the symlink {at} leads in a circle ({fault})")).line(
            "remove that link, which removes nothing else; or name another folder in OPENCLAW_STATE_DIR",
            lines::remove_link(here, &fault.at),
        ),
        PathFaultKind::NotAFolder => told(&format!("{at} is a file, where a folder has to be ({fault})")).line(
            "move that file away; or name another folder in OPENCLAW_STATE_DIR",
            lines::move_away(here, &fault.at),
        ),
        PathFaultKind::BadName => told(&format!("the system does not take its name ({fault})"))
            .line("use a shorter and plainer path for OpenClaw's folder", lines::another_folder(here)),
        PathFaultKind::Disk => {
            let (say, line) = match here {
                HostKind::Linux | HostKind::Container(_) => ("read the system's log", "sudo dmesg --level=err,warn"),
                HostKind::Wsl(_) => {
                    ("read the system's log; a new start of WSL can help, on Windows", "wsl --shutdown")
                }
                HostKind::Mac => ("check it (or: Disk Utility > First Aid)", "diskutil list"),
                HostKind::Windows => ("check the drive (as administrator)", "chkdsk"),
            };
            told(&format!("the disk reports an error at {at} ({fault})"))
                .line(format!("save what is on it, and {say}{}", user.on_the_host()), line)
        }
        PathFaultKind::Stale => {
            let (mount, line) = match here {
                HostKind::Linux | HostKind::Container(_) | HostKind::Wsl(_) => {
                    ("mount", "findmnt --types nfs,nfs4,cifs")
                }
                HostKind::Mac => ("mount", "mount -t nfs,smbfs"),
                HostKind::Windows => ("connect", "net use"),
            };
            told(&format!("the network file system has lost {at} ({fault})"))
                .line(format!("{mount} it again{}; to see where it comes from, run", user.on_the_host()), line)
        }
        PathFaultKind::Gone => told(&format!("{at} leads to nothing ({fault})")).line(
            "make what the link leads to; or remove the link, and lmsync makes a folder there",
            lines::remove_link(here, &fault.at),
        ),
        PathFaultKind::Other => told(&fault.to_string())
            .line("to see who may use it, and what it is, run", lines::show_rights(here, &fault.at)),
    }
}

/// Says what helps where nothing may be written.
pub(super) fn make_writable(finding: Finding, here: HostKind, path: &Path) -> Finding {
    match here {
        HostKind::Container("Kubernetes") => finding.fix("mount it writable: no `readOnly: true` at its volumeMount"),
        HostKind::Container(_) => finding.line("mount it writable, in compose (without :ro)", lines::VOLUMES),
        _ => {
            let (say, line) = lines::make_writable(here, path);
            finding.line(say, line)
        }
    }
}

/// This user may not.
fn denied(check: Check, path: &Path, fault: &PathFault, survey: Option<&Survey>, user: User) -> Finding {
    let (here, container) = (user.here, user.here.container());
    let what = if survey.is_some_and(|survey| survey.readable.is_ok()) { "written" } else { "read" };
    let who = user.uid.map_or_else(|| "this user".to_owned(), |uid| format!("uid {uid}"));
    let finding = check.failure(format!("{} may not be {what} by {who}: {fault}", path.display()));
    let quoted = lines::path(here, path);
    if here == HostKind::Windows {
        let say = "give it the rights of the folder that it lies in (in a terminal as administrator)";
        return finding.line(say, format!("icacls {quoted} /reset /T"));
    }
    let Some(Rights { uid, gid, mode }) = survey.and_then(|survey| survey.rights) else {
        if container.is_some() {
            let say = "run lmsync as the owner of the folder, in compose (OpenClaw's image has this one)";
            return finding.line(say, format!("user: \"{NODE}:{NODE}\""));
        }
        let closed = fault.at.parent().unwrap_or(path);
        let say = "run lmsync as the user who owns the closed folder; to see who that is, run";
        return finding.line(say, lines::show_rights(here, closed));
    };
    if user.uid == Some(uid) {
        return denied_to_owner(finding, &quoted, mode, here);
    }
    if uid == 0 {
        // lmsync needs no root: what root made by mistake is given to the user that OpenClaw runs as.
        let owner = user.uid.filter(|uid| *uid != 0).unwrap_or(NODE);
        let folder = if container.is_some() { "\"$OPENCLAW_CONFIG_DIR\"" } else { &quoted };
        // A Mac's users have a group in common.
        let group = if here == HostKind::Mac { String::new() } else { format!(":{owner}") };
        let host = user.on_the_host();
        let say = format!("root owns it; give it to the user that OpenClaw and lmsync run as{host}");
        return finding.line(say, format!("sudo chown -R {owner}{group} {folder}"));
    }
    const RUN: &str = "run lmsync as the owner of the folder";
    match container {
        Some("Kubernetes") => finding
            .line(format!("{RUN}, in the container's securityContext"), format!("runAsUser: {uid}\nrunAsGroup: {gid}")),
        Some(_) => finding.line(format!("{RUN}, in compose"), format!("user: \"{uid}:{gid}\"")),
        None => finding.line(RUN, format!("sudo -u '#{uid}' lmsync")),
    }
}

/// It belongs to the very user who may not.
fn denied_to_owner(finding: Finding, quoted: &str, mode: u32, here: HostKind) -> Finding {
    if mode & 0o600 != 0o600 {
        return finding.line("it is yours, and its mode forbids it", format!("chmod -R u+rwX {quoted}"));
    }
    if here == HostKind::Mac {
        return finding.line(
            "it is yours, and macOS withholds it: allow the terminal, or what starts lmsync, in System Settings > \
             Privacy & Security > Full Disk Access; a lock on the file goes with",
            format!("chflags -R nouchg {quoted}"),
        );
    }
    finding.line(
        "it is yours, and something else than its mode forbids it (SELinux, AppArmor, a flag): see",
        format!("ls -ldZ {quoted}; lsattr -d {quoted}"),
    )
}
