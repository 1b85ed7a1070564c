//! Whether a look at a folder can be answered at once: on a disk of this machine it can, on a network it may hang.
//!
//! A look that may hang is made by a thread for blocking work. That costs two changes of thread, which is more than the
//! look, so what is on a local disk is looked at in place.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the answer is believed: another file system may be mounted there.
const BELIEVED: Duration = Duration::from_secs(60);

/// The magic numbers (statfs(2)) of file systems that are on this machine: ext2 to ext4, XFS, Btrfs, tmpfs, overlay,
/// F2FS and ZFS. All others may be a network's: NFS, CIFS, 9p, virtiofs, FUSE.
const LOCAL: [u64; 7] =
    [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0xF2F5_2010, 0x2FC1_2FC1];

/// What is known of where a folder is.
#[derive(Debug, Default)]
pub(crate) struct Nearness(Mutex<Option<Instant>>);

impl Nearness {
    /// Whether the folder is surely on a local disk. Not before somebody has found out.
    pub(crate) fn is_near(&self) -> bool {
        self.until().is_some_and(|until| Instant::now() < until)
    }

    /// Finds out, and may hang: for a thread that may. What is not there yet is where its parent is.
    pub(crate) fn find_out(&self, folder: &Path) {
        if self.is_near() {
            return;
        }
        let found = folder.ancestors().find_map(|folder| rustix::fs::statfs(folder).ok());
        let local =
            found.is_some_and(|found| u64::try_from(found.f_type).is_ok_and(|kind| LOCAL.contains(&kind)));
        *self.until() = local.then(|| Instant::now() + BELIEVED);
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(folder: &Path) -> bool {
        let nearness = Nearness::default();
        assert!(!nearness.is_near(), "nobody has found out");
        nearness.find_out(folder);
        nearness.is_near()
    }

    #[test]
    fn a_disk_of_this_machine_is_near_and_what_is_no_disk_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_near(folder.path()));
        assert!(is_near(&folder.path().join("not/there/yet")));
        assert!(!is_near(Path::new("/proc/self")));
    }
}
