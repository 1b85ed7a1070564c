//! What the systems do each in a way of its own, behind one function a promise. All else in this crate is POSIX.

#[cfg(not(target_vendor = "apple"))]
mod linux;
#[cfg(target_vendor = "apple")]
mod macos;

#[cfg(not(target_vendor = "apple"))]
pub(crate) use self::linux::{is_mounted, sync};
#[cfg(target_vendor = "apple")]
pub(crate) use self::macos::{is_mounted, sync};

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::Path;

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
