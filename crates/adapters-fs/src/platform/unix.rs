//! Linux and macOS.

mod directory;
mod file;
#[cfg(not(target_vendor = "apple"))]
mod linux;
mod lock;
#[cfg(target_vendor = "apple")]
mod macos;
mod system;

pub(crate) use self::directory::Directory;
pub(crate) use self::file::{
    Fingerprint, Stat, link_count, open_to_read, owner_and_mode, read_at, special_kind, sync_file, touch,
    write_at_start,
};
#[cfg(not(target_vendor = "apple"))]
pub(crate) use self::linux::is_mounted;
#[cfg(target_vendor = "apple")]
pub(crate) use self::macos::is_mounted;
pub(crate) use self::system::{host_name, is_link_circle, may_read, may_write, process_runs, remedy, volume_at};

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;

    #[cfg(not(target_vendor = "apple"))]
    use super::linux::sync;
    #[cfg(target_vendor = "apple")]
    use super::macos::sync;
    use super::*;

    #[test]
    fn a_file_and_its_folder_are_brought_to_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("file")).unwrap();
        sync(&file).unwrap();
        sync(File::open(folder.path()).unwrap()).unwrap();
    }

    #[test]
    fn the_root_is_mounted_and_a_new_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_mounted(Path::new("/")).unwrap());
        assert!(!is_mounted(folder.path()).unwrap());
        assert!(is_mounted(&folder.path().join("none")).is_err());
    }
}
