//! The host, its processes and disks, this process's rights, and what helps against an error.

use std::io;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags};
use rustix::io::Errno;

use crate::platform::volume::Volume;

/// The host's name.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a process of that number runs; `None` where the system does not say so by a call.
pub(crate) fn process_runs(_: u32) -> Option<bool> {
    None
}

/// Whether an error says that a symlink is where none may be, or that symlinks lead in a circle.
pub(crate) fn is_link_circle(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::LOOP)
}

/// Whether this process may read a file, or list and enter a folder, and why not.
pub(crate) fn may_read(path: &Path, is_folder: bool) -> io::Result<()> {
    may(path, Access::READ_OK, is_folder)
}

/// Whether this process may write a file, or make files in a folder, and why not.
pub(crate) fn may_write(path: &Path, is_folder: bool) -> io::Result<()> {
    may(path, Access::WRITE_OK, is_folder)
}

fn may(path: &Path, access: Access, is_folder: bool) -> io::Result<()> {
    let enter = if is_folder { Access::EXEC_OK } else { Access::empty() };
    Ok(rustix::fs::accessat(CWD, path, access | enter, AtFlags::EACCESS)?)
}

/// The limits of the file system on which something lies.
pub(crate) fn volume_at(path: &Path) -> io::Result<Volume> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(Volume {
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        free_files: (stat.f_files > 0).then_some(stat.f_favail),
        read_only: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

/// What a person can do about an error of a file, where that is known.
pub(crate) fn remedy(error: &io::Error) -> Option<String> {
    let remedy = match Errno::from_io_error(error)? {
        Errno::NOSPC => "the disk is full: free some space",
        Errno::DQUOT => "the disk quota is used up: free some space, or have it raised",
        Errno::ROFS => "the file system is read-only: mount the folder writable",
        Errno::ACCESS | Errno::PERM => return Some(run_as_owner()),
        Errno::BUSY => "a single file mounted into a container cannot be replaced: mount its folder instead",
        Errno::XDEV => "the file lies on another file system than its folder: mount the whole folder",
        Errno::IO => "the disk reports an error: look at the kernel log",
        Errno::MFILE | Errno::NFILE => "too many files are open: raise the limit (ulimit -n)",
        Errno::NOTDIR => "a part of the path is a file where a folder should be: check the path",
        Errno::ISDIR => "a folder is in the file's place: check the path",
        Errno::NAMETOOLONG => "the path is too long: use a shorter one",
        Errno::LOOP => "symlinks lead in a circle, or to where none may be: check the path",
        Errno::STALE => "the network file system has lost the folder: mount it again",
        Errno::NOENT => "the folder has gone meanwhile: the next pass creates it again",
        _ => return None,
    };
    Some(remedy.to_owned())
}

fn run_as_owner() -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!(
        "lmsync runs as uid {uid}: run it as the owner of the OpenClaw folder \
         (in a container: `user: \"1000:1000\"`, or whichever uid the gateway has)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_missing_right_come_with_a_remedy() {
        let remedy = |errno: Errno| remedy(&errno.into());
        assert!(remedy(Errno::NOSPC).unwrap().ends_with("free some space"));
        let uid = rustix::process::geteuid().as_raw();
        assert!(remedy(Errno::ACCESS).unwrap().contains(&format!("runs as uid {uid}")));
        assert_eq!(remedy(Errno::NOTTY), None);
    }
}
