//! A disk that is full, and a volume that is mounted read-only under the daemon: neither harms the file or ends it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::mounts::Mounted;
use crate::support::PATIENCE;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::list_server::ListServer;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;

const WARNED: &str = "the lmstudio model list cannot be updated; trying again";
const REFRESHED: &str = "lmstudio models refreshed";

/// A small volume that holds OpenClaw's state.
struct Volume {
    mounted: Mounted,
    world: World,
    server: ListServer,
}

impl Volume {
    fn new() -> Self {
        let mounted = Mounted::mount(&["-t", "tmpfs", "-o", "size=512k,mode=0700", "tmpfs"]);
        let volume = Self { mounted, world: World::new(), server: ListServer::start(&["a"]) };
        put(&volume.file(), FOREIGN.as_bytes());
        volume
    }

    fn file(&self) -> PathBuf {
        self.mounted.path().join("agents/main/agent/models.json")
    }

    fn start(&self) -> Running {
        let mut command = lmsync(&self.world, self.server.base());
        command.env("OPENCLAW_STATE_DIR", self.mounted.path());
        command.args(["run", "--interval", "60ms", "--busy-sources", "none", "--refresh", "off"]);
        Running::start(&mut command)
    }

    /// Lists so many models that a few kilobytes do not hold them.
    fn list_many(&self) -> Vec<u8> {
        let ids: Vec<String> = (0..100).map(|model| format!("model-{model}")).collect();
        let ids: Vec<&str> = std::iter::once("a").chain(ids.iter().map(String::as_str)).collect();
        let before = fs::read(self.file()).unwrap();
        self.server.set(&ids);
        before
    }
}

/// Fills a volume up to the last few kilobytes, so that a write begins well and ends short.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("filler");
    let mut file = File::create(&path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length - 8192).unwrap();
    path
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_file_and_the_freed_one_takes_the_new() {
    let volume = Volume::new();
    let mut daemon = volume.start();
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    let filler = fill(volume.mounted.path());
    let before = volume.list_many();
    let line = daemon.wait_for_line(WARNED, PATIENCE).await;
    assert!(line.contains("free some space") && line.contains("models.json"), "{line}");
    assert_eq!(fs::read(volume.file()).unwrap(), before);
    assert!(leftovers(&volume.file()).len() <= 1, "they would fill it further: {:?}", leftovers(&volume.file()));
    fs::remove_file(filler).unwrap();
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    assert_ne!(fs::read(volume.file()).unwrap(), before);
    assert!(leftovers(&volume.file()).is_empty());
}

#[tokio::test]
async fn a_daemon_that_starts_on_a_full_disk_does_its_work_once_there_is_room() {
    let volume = Volume::new();
    let path = fill(volume.mounted.path());
    let mut rest = File::create(volume.mounted.path().join("rest")).unwrap();
    while rest.write_all(&[0; 512]).is_ok() {}
    let mut daemon = volume.start();
    let line = daemon.wait_for_line(WARNED, PATIENCE).await;
    assert!(line.contains("free some space"), "{line}");
    assert_eq!(fs::read_to_string(volume.file()).unwrap(), FOREIGN);
    fs::remove_file(path).unwrap();
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    assert!(leftovers(&volume.file()).is_empty());
}

#[tokio::test]
async fn a_volume_that_becomes_read_only_is_written_again_when_it_is_writable() {
    let volume = Volume::new();
    let mut daemon = volume.start();
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    // That the daemon runs keeps nobody from doing so.
    volume.mounted.remount("ro");
    let before = volume.list_many();
    let line = daemon.wait_for_line(WARNED, PATIENCE).await;
    assert!(line.contains("mount the folder writable"), "{line}");
    assert_eq!(fs::read(volume.file()).unwrap(), before);
    volume.mounted.remount("rw");
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    assert_ne!(fs::read(volume.file()).unwrap(), before);
}
