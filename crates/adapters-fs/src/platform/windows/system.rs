//! The host, its processes and disks, this process's rights, and what helps against an error.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use winapi_util::sysinfo::{ComputerNameKind, get_computer_name};
use winsafe::{HPROCESS, co};

use super::patience::is_sharing_violation;
use crate::platform::volume::Volume;

/// Error codes of the system (`winerror.h`).
const ERROR_CANT_RESOLVE_FILENAME: i32 = 1921;

/// The exit code of a process that runs (`STILL_ACTIVE`).
const STILL_ACTIVE: u32 = 259;

/// The host's name.
pub(crate) fn host_name() -> String {
    let name = get_computer_name(ComputerNameKind::PhysicalDnsHostname).unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Whether a process of that number runs; `None` where the system does not say.
pub(crate) fn process_runs(pid: u32) -> Option<bool> {
    match HPROCESS::OpenProcess(co::PROCESS::QUERY_LIMITED_INFORMATION, false, pid) {
        Ok(process) => process.GetExitCodeProcess().ok().map(|code| code == STILL_ACTIVE),
        Err(co::ERROR::INVALID_PARAMETER) => Some(false),
        // It runs as another user.
        Err(co::ERROR::ACCESS_DENIED) => Some(true),
        Err(_) => None,
    }
}

/// Whether an error says that a symlink is where none may be, or that symlinks lead in a circle.
pub(crate) fn is_link_circle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_CANT_RESOLVE_FILENAME)
}

/// Never: a volume that is mounted in a folder is a link there.
#[expect(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
pub(crate) fn is_mounted(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Whether this process may read a file, or list a folder, and why not.
pub(crate) fn may_read(path: &Path, is_folder: bool) -> io::Result<()> {
    let held = |error: io::Error| if is_sharing_violation(&error) { Ok(()) } else { Err(error) };
    if is_folder { fs::read_dir(path).map(drop) } else { File::open(path).map(drop).or_else(held) }
}

/// Whether this process may write a file, or make files in a folder, and why not. Of a folder Windows says so only to
/// one who tries.
pub(crate) fn may_write(path: &Path, is_folder: bool) -> io::Result<()> {
    let held = |error: io::Error| if is_sharing_violation(&error) { Ok(()) } else { Err(error) };
    if is_folder { Ok(()) } else { File::options().write(true).open(path).map(drop).or_else(held) }
}

/// The limits of the volume on which a folder lies. Windows has no bound for the number of files.
pub(crate) fn volume_at(path: &Path) -> io::Result<Volume> {
    let path = fs::canonicalize(path)?;
    let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
    let mut free_bytes = 0;
    winsafe::GetDiskFreeSpaceEx(folder.to_str(), Some(&mut free_bytes), None, None).map_err(io_error)?;
    Ok(Volume { free_bytes, free_files: None, read_only: false })
}

/// An error of the system, by its number.
pub(super) fn io_error(error: co::ERROR) -> io::Error {
    io::Error::from_raw_os_error(error.raw().cast_signed())
}

/// What a person can do about an error of a file, where that is known (`winerror.h`).
pub(crate) fn remedy(error: &io::Error) -> Option<String> {
    let remedy = match error.raw_os_error()? {
        2 => "the folder has gone meanwhile: the next pass creates it again",
        5 => {
            "either another program holds the file, which the next pass tries again, or your user has no right to \
             change it: look at Properties, Security"
        }
        19 => "the disk is write-protected: make it writable",
        32 | 33 | 1224 => "another program holds the file open for itself: the next pass tries again",
        39 | 112 => "the disk is full: free some space",
        23 | 1117 => "the disk reports an error: check it (chkdsk)",
        53 | 59 | 64 | 67 => "the network share does not answer: connect it again",
        123 | 161 => "Windows takes no such name: check the path",
        206 => "the path is too long: use a shorter one",
        267 => "a part of the path is a file where a folder should be: check the path",
        1295 => "the disk quota is used up: free some space, or have it raised",
        ERROR_CANT_RESOLVE_FILENAME => "symlinks lead in a circle, or to where none may be: check the path",
        _ => return None,
    };
    Some(remedy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_held_and_a_full_disk_come_with_a_remedy() {
        let remedy = |code| remedy(&io::Error::from_raw_os_error(code));
        assert!(remedy(32).unwrap().contains("another program holds the file"));
        assert!(remedy(112).unwrap().ends_with("free some space"));
        assert_eq!(remedy(1), None);
    }

    #[test]
    fn a_process_runs_until_it_has_ended() {
        assert_eq!(process_runs(std::process::id()), Some(true));
        let mut child = std::process::Command::new("cmd").args(["/C", "exit 0"]).spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        drop(child);
        assert_eq!(process_runs(pid), Some(false));
    }

    #[test]
    fn a_disk_has_space() {
        assert!(volume_at(&std::env::temp_dir()).unwrap().free_bytes > 0);
    }
}
