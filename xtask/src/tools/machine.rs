//! The tools that are programs of this machine: whether it has them, and lets them do what a suite needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::on_path;

/// Root may mount file systems and loop devices, in a namespace too.
pub(super) fn mounts() -> Result<PathBuf, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root can mount file systems".into());
    }
    for program in ["mkfs.ext4", "losetup", "mount", "umount", "sync"] {
        on_path(program).ok_or_else(|| format!("{program} is not installed"))?;
    }
    for device in ["/dev/loop-control", "/dev/fuse"] {
        if !Path::new(device).exists() {
            return Err(format!("this machine has no {device}"));
        }
    }
    // Some containers have all of it and forbid it.
    let allowed = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return Err("mounting is not allowed here".into());
    }
    Ok("/dev/fuse".into())
}

/// Both programs change what belongs to another user, and rpm another root.
pub(super) fn rpm() -> Result<PathBuf, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root can install packages".into());
    }
    on_path("dpkg").ok_or("dpkg is not installed")?;
    on_path("rpm").ok_or_else(|| "rpm is not installed".into())
}

/// An engine answers, or can be started.
pub(super) fn docker() -> Result<PathBuf, String> {
    let path = on_path("docker").ok_or("docker is not installed")?;
    let succeeds = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    if !succeeds("docker-compose", &["version"]) && !succeeds("docker", &["compose", "version"]) {
        return Err("neither docker-compose nor docker compose is installed".into());
    }
    if succeeds("docker", &["version"]) {
        return Ok(path);
    }
    if !rustix::process::geteuid().is_root() {
        return Err("no docker engine answers, and only root can start one".into());
    }
    on_path("dockerd").map(|_| path).ok_or_else(|| "no docker engine answers, and there is no dockerd".into())
}

/// This user may mount and set up a network in namespaces.
pub(super) fn unshare() -> Result<PathBuf, String> {
    let path = on_path("unshare").ok_or("unshare (util-linux) is not installed")?;
    let script = "mount -t tmpfs none /mnt && ip link set lo up && touch /mnt/x && chown 1000:1000 /mnt/x";
    let output = Command::new(&path)
        .args(["--mount", "--net", "sh", "-c", script])
        .output()
        .map_err(|error| format!("cannot run unshare: {error}"))?;
    if output.status.success() {
        return Ok(path);
    }
    Err(format!("no namespaces can be made here: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Root may run systemd as the manager of a user, in a control group of its own.
pub(super) fn systemd_user() -> Result<PathBuf, String> {
    if !rustix::process::geteuid().is_root() {
        return Err("only root can make the machine of another user".into());
    }
    let systemd = PathBuf::from("/usr/lib/systemd/systemd");
    if !systemd.exists() {
        return Err("systemd is not installed".into());
    }
    let script = "group=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)/lmsync-try-$$ && mkdir $group && rmdir $group \
                  && unshare --net --mount --pid --cgroup --fork --mount-proc true";
    let output = Command::new("sh").args(["-c", script]).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(systemd);
    }
    Err(format!("no control group can be made here: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

pub(super) fn strace() -> Result<PathBuf, String> {
    let path = on_path("strace").ok_or("strace is not installed")?;
    // Some containers have it and forbid it.
    let output = Command::new(&path)
        .args(["-o", "/dev/null", "true"])
        .output()
        .map_err(|error| format!("cannot run strace: {error}"))?;
    if output.status.success() {
        return Ok(path);
    }
    Err(format!("strace may not trace here: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
