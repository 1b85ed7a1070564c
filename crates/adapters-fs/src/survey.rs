//! What the operating system says of a path, for the doctor. Changes nothing and follows no symlink.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::path_fault::PathFault;
pub use crate::platform::Volume;
use crate::platform::{self, may_read, may_write, owner_and_mode};

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Of what kind it is.
    pub kind: Kind,
    /// Whether it is a folder, or a symlink to one.
    pub is_folder: bool,
    /// Whose it is, and its permission bits; `None` on a system that has neither.
    pub rights: Option<Rights>,
    /// How many names it has.
    pub links: u64,
    /// Whether it is mounted there by itself: a single file that was bound into a container.
    pub mounted: bool,
    /// Whether this process may read it, and why not.
    pub readable: Result<(), PathFault>,
    /// Whether this process may write it, and why not.
    pub writable: Result<(), PathFault>,
    /// When its content was last changed.
    pub modified: SystemTime,
}

/// The owner of a file and its permission bits, as Unix has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// The user that owns it.
    pub uid: u32,
    /// The group that owns it.
    pub gid: u32,
    /// Its permission bits, `0o600`.
    pub mode: u32,
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

/// Reads the metadata of a path; `None` where nothing is there.
///
/// # Errors
/// Where the path leads to nothing that the system can read: a folder on the way that may not be entered, links in a
/// circle, a name that is too long.
pub fn survey(path: &Path) -> Result<Option<Survey>, PathFault> {
    match read_survey(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(|error| PathFault::new(path, &error)),
    }
}

fn read_survey(path: &Path) -> io::Result<Survey> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    let kind = if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        Kind::Symlink(fs::read_link(path)?)
    } else {
        Kind::Other(platform::special_kind(kind))
    };
    let is_folder = fs::metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let rights = owner_and_mode(&metadata).map(|(uid, gid, mode)| Rights { uid, gid, mode });
    let why = |may: io::Result<()>| may.map_err(|error| PathFault::new(path, &error));
    Ok(Survey {
        kind,
        is_folder,
        rights,
        links: platform::link_count(path, &metadata)?,
        mounted: platform::is_mounted(path)?,
        readable: why(may_read(path, is_folder)),
        writable: why(may_write(path, is_folder)),
        modified: metadata.modified()?,
    })
}

/// Reads the limits of the file system that holds a path, or the nearest folder above it that exists.
///
/// # Errors
/// Where no folder on the way can be read.
pub fn volume(path: &Path) -> io::Result<Volume> {
    let mut at = path;
    loop {
        let path = if at.as_os_str().is_empty() { Path::new(".") } else { at };
        match (platform::volume_at(path), at.parent()) {
            (Err(error), Some(above)) if error.kind() == ErrorKind::NotFound => at = above,
            (volume, _) => return volume,
        }
    }
}

/// The container that this process runs in, by the mark that its engine leaves: `Docker`, `Podman` or `Kubernetes`.
#[must_use]
pub fn container() -> Option<&'static str> {
    let marks =
        [("/var/run/secrets/kubernetes.io", "Kubernetes"), ("/run/.containerenv", "Podman"), ("/.dockerenv", "Docker")];
    // On Windows these paths are on the drive of the working folder, and mean nothing.
    let is_unix = std::env::consts::FAMILY == "unix";
    marks.into_iter().find(|(mark, _)| is_unix && Path::new(mark).exists()).map(|(_, engine)| engine)
}

impl Survey {
    /// The path of a symlink's target, as far as it can be shown.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        let Kind::Symlink(target) = &self.kind else { return None };
        Some(target.to_string_lossy().escape_debug().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path_fault::PathFaultKind;

    #[cfg(unix)]
    #[test]
    fn a_path_is_told_for_what_it_is() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        fs::set_permissions(at("file"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::hard_link(at("file"), at("twin")).unwrap();
        symlink("file", at("link")).unwrap();
        let survey_at = |name: &str| survey(&at(name)).unwrap();
        let file = survey_at("file").unwrap();
        assert_eq!((&file.kind, file.links, file.mounted), (&Kind::File, 2, false));
        assert_eq!(file.rights.unwrap().mode, 0o640);
        assert_eq!((file.readable, file.writable), (Ok(()), Ok(())));
        assert_eq!(survey_at("link").unwrap().target().as_deref(), Some("file"));
        assert_eq!(survey(folder.path()).unwrap().unwrap().kind, Kind::Folder);
        assert_eq!(survey_at("none"), None);
        assert!(survey(Path::new("/proc")).unwrap().unwrap().mounted);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_leads_nowhere_is_told_by_its_kind() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        symlink("self", at("self")).unwrap();
        let fault = |name: &str| survey(&at(name)).map(|_| ()).unwrap_err();
        let (circle, file) = (fault("self/b/models.json"), fault("file/b/models.json"));
        assert_eq!((circle.kind, circle.at), (PathFaultKind::Circle, at("self")));
        assert_eq!((file.kind, file.at), (PathFaultKind::NotAFolder, at("file")));
        let long = "long".repeat(100);
        assert_eq!((fault(&long).kind, fault(&long).at), (PathFaultKind::BadName, at(&long)));
        let itself = survey(&at("self")).unwrap().unwrap();
        assert_eq!(itself.readable.unwrap_err().kind, PathFaultKind::Circle);
        symlink("none", at("dangling")).unwrap();
        assert_eq!(survey(&at("dangling")).unwrap().unwrap().readable.unwrap_err().kind, PathFaultKind::Gone);
    }

    #[test]
    fn what_is_not_there_yet_will_lie_where_the_folder_above_does() {
        let folder = tempfile::tempdir().unwrap();
        let there = volume(folder.path()).unwrap();
        let not_there = volume(&folder.path().join("a/b/c")).unwrap();
        assert_eq!(there.read_only, not_there.read_only);
        assert!(!there.read_only && there.free_bytes > 0);
    }
}
