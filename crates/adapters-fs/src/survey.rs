//! What the operating system says of a path, for the doctor. Changes nothing and follows no symlink.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{Access, AtFlags, CWD, StatVfsMountFlags};
use rustix::io::Errno;

use crate::platform;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Of what kind it is.
    pub kind: Kind,
    /// Whose it is.
    pub uid: u32,
    /// Which group's it is.
    pub gid: u32,
    /// Its permission bits.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// Whether it is mounted there by itself: a single file that was bound into a container.
    pub mounted: bool,
    /// Whether this process may read it, and why not.
    pub readable: Result<(), Errno>,
    /// Whether this process may write it, and why not.
    pub writable: Result<(), Errno>,
    /// When its content was last changed.
    pub modified: SystemTime,
}

/// Of what kind something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symlink, to this.
    Symlink(PathBuf),
    /// Anything else, with its article.
    Other(&'static str),
}

/// The file system that a path lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// How many bytes an ordinary user may still write.
    pub free_bytes: u64,
    /// How many files an ordinary user may still make; `None` where there is no such bound.
    pub free_files: Option<u64>,
    /// Whether nothing may be written there.
    pub read_only: bool,
}

/// Reads the metadata of a path; `None` where nothing is there.
///
/// # Errors
/// Where a folder on the way may not be entered.
pub fn survey(path: &Path) -> io::Result<Option<Survey>> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    let kind = metadata.file_type();
    let kind = if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        Kind::Symlink(fs::read_link(path)?)
    } else if kind.is_fifo() {
        Kind::Other("a named pipe")
    } else if kind.is_socket() {
        Kind::Other("a socket")
    } else {
        Kind::Other("a device")
    };
    let may = |access| rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS);
    let enter = if kind == Kind::Folder { Access::EXEC_OK } else { Access::empty() };
    Ok(Some(Survey {
        kind,
        uid: metadata.uid(),
        gid: metadata.gid(),
        mode: metadata.mode() & 0o7777,
        links: metadata.nlink(),
        mounted: platform::is_mounted(path)?,
        readable: may(Access::READ_OK | enter),
        writable: may(Access::WRITE_OK | enter),
        modified: metadata.modified()?,
    }))
}

/// Reads the limits of the file system that holds a path, or the nearest folder above it that exists.
///
/// # Errors
/// Where no folder on the way can be read.
pub fn volume(path: &Path) -> io::Result<Volume> {
    let mut at = path;
    loop {
        let path = if at.as_os_str().is_empty() { Path::new(".") } else { at };
        match (rustix::fs::statvfs(path), at.parent()) {
            (Ok(stat), _) => {
                return Ok(Volume {
                    free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
                    free_files: (stat.f_files > 0).then_some(stat.f_favail),
                    read_only: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
                });
            }
            (Err(Errno::NOENT), Some(above)) => at = above,
            (Err(errno), _) => return Err(errno.into()),
        }
    }
}

/// The container that this process runs in, by the mark that its engine leaves: `Docker`, `Podman` or `Kubernetes`.
#[must_use]
pub fn container() -> Option<&'static str> {
    let marks = [
        ("/var/run/secrets/kubernetes.io", "Kubernetes"),
        ("/run/.containerenv", "Podman"),
        ("/.dockerenv", "Docker"),
    ];
    marks.into_iter().find(|(mark, _)| Path::new(mark).exists()).map(|(_, engine)| engine)
}

impl Survey {
    /// The path of a symlink's target, as far as it can be shown.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        let Kind::Symlink(target) = &self.kind else { return None };
        Some(String::from_utf8_lossy(target.as_os_str().as_bytes()).escape_debug().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_path_is_told_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        fs::set_permissions(at("file"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::hard_link(at("file"), at("twin")).unwrap();
        symlink("file", at("link")).unwrap();
        let survey_at = |name: &str| survey(&at(name)).unwrap();
        let file = survey_at("file").unwrap();
        assert_eq!((&file.kind, file.mode, file.links, file.mounted), (&Kind::File, 0o640, 2, false));
        assert_eq!((file.readable, file.writable), (Ok(()), Ok(())));
        assert_eq!(survey_at("link").unwrap().target().as_deref(), Some("file"));
        assert_eq!(survey(folder.path()).unwrap().unwrap().kind, Kind::Folder);
        assert_eq!(survey_at("none"), None);
        assert!(survey(Path::new("/proc")).unwrap().unwrap().mounted);
    }

    #[test]
    fn what_is_not_there_yet_will_lie_where_the_folder_above_does() {
        let folder = tempfile::tempdir().unwrap();
        let there = volume(folder.path()).unwrap();
        let not_there = volume(&folder.path().join("a/b/c")).unwrap();
        assert_eq!(there.read_only, not_there.read_only);
        assert!(!there.read_only && there.free_bytes > 0);
        assert!(volume(Path::new("/proc/self/status")).is_ok());
    }
}
