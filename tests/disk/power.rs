//! The power fails: ext4 on a disk that forgets what it was not told to keep.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use super::fuse;
use super::mounts::{Loop, Mounted, run};
use super::simulated::Disk;
use crate::support::chance::chance;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::intensity::rounds;
use crate::support::list_server::ListServer;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, figure};

/// Small, so that an image is quickly copied; large enough for ext4 with a journal.
const MEBIBYTES: u64 = 16;

/// Where OpenClaw's state is below the root of the disk.
const STATE: &str = "state";

/// The worst that ext4 may do: it does not write a file's data before a rename over another one.
const OPTIONS: &str = "noauto_da_alloc";

/// What was written, and from which moment on it has to last.
struct Written {
    content: Vec<u8>,
    lasts_from: usize,
}

#[tokio::test]
async fn after_a_power_cut_the_file_is_old_or_new_and_what_was_told_is_there() {
    let scratch = tempfile::tempdir().unwrap();
    let server = ListServer::start(&["a"]);
    let (disk, history) = write_history(scratch.path(), &server, rounds(4, 12)).await;
    let (first, last) = (history[0].lasts_from, history.last().unwrap().lasts_from);
    let cuts = rounds(60, 1_500);
    let (mut old, mut new, mut left) = (0, 0, 0);
    let image = scratch.path().join("cut.img");
    for cut in 0..cuts {
        // Every moment in its turn, again and again, with another part of what was not flushed each time.
        let moment = first + (cut * 7) % (last - first + 1);
        let share = [0.0, 1.0, 0.5, chance()][cut % 4];
        fs::write(&image, disk.after_cut(moment, || chance() < share)).unwrap();
        let mounted = Mounted::mount(&["-t", "ext4", "-o", "loop", image.to_str().unwrap()]);
        let file = models_json(mounted.path());
        let found = fs::read(&file).unwrap_or_else(|error| panic!("cut {cut} at {moment}: {error}"));
        let told = history.iter().rposition(|written| written.lasts_from <= moment).unwrap();
        let which = history.iter().position(|written| written.content == found).unwrap_or_else(|| {
            panic!("cut {cut} at {moment}: neither old nor new: {:?}", String::from_utf8_lossy(&found))
        });
        assert!(which == told || which == told + 1, "cut {cut} at {moment}: has {which}, but {told} was told");
        (old, new) = if which == told { (old + 1, new) } else { (old, new + 1) };
        left += usize::from(!leftovers(&file).is_empty());
        if cut % 10 == 0 {
            sync(mounted.path(), &server).await;
            assert_eq!(fs::read(&file).unwrap(), history.last().unwrap().content, "the next pass recovers");
            assert!(leftovers(&file).is_empty(), "and sweeps");
        }
    }
    figure("power cuts", cuts, "as many as asked for");
    figure("moments to choose from", last - first + 1, "many");
    figure("cuts that found the file as it was last told", old, "some");
    figure("cuts that found the next one already", new, "some");
    figure("cuts that left a temporary file, swept by the next pass", left, "some");
}

/// Lets lmsync write on a simulated disk, again and again, and tells what was on it when.
async fn write_history(scratch: &Path, server: &ListServer, writes: usize) -> (Disk, Vec<Written>) {
    let image = scratch.join("empty.img");
    fs::File::create(&image).unwrap().set_len(MEBIBYTES << 20).unwrap();
    run(Command::new("mkfs.ext4").args(["-q", "-F", "-b", "4096", "-J", "size=4"]).arg(&image));
    let disk = Arc::new(Mutex::new(Disk::of(fs::read(&image).unwrap())));
    let mut history = Vec::new();
    {
        let served = Mounted::empty();
        fuse::serve(&disk, served.path());
        let device = Loop::over(&served.path().join(fuse::NAME));
        let mounted = Mounted::mount(&["-t", "ext4", "-o", OPTIONS, device.device.to_str().unwrap()]);
        let file = models_json(mounted.path());
        put(&file, FOREIGN.as_bytes());
        sync(mounted.path(), server).await;
        run(Command::new("sync").arg("--file-system").arg(&file));
        let mut tell = || {
            let lasts_from = disk.lock().unwrap().moment();
            history.push(Written { content: fs::read(&file).unwrap(), lasts_from });
        };
        tell();
        for write in 0..writes {
            let more: Vec<String> = (0..=write).map(|model| format!("model-{model}")).collect();
            let ids: Vec<&str> = std::iter::once("a").chain(more.iter().map(String::as_str)).collect();
            server.set(&ids);
            sync(mounted.path(), server).await;
            tell();
        }
    }
    // Its server may not have noticed yet that it is unmounted.
    let told = disk.lock().unwrap().clone();
    (told, history)
}

fn models_json(root: &Path) -> std::path::PathBuf {
    root.join(STATE).join("agents/main/agent/models.json")
}

async fn sync(root: &Path, server: &ListServer) {
    let world = World::new();
    let mut command = lmsync(&world, server.base());
    command.arg("sync").env("OPENCLAW_STATE_DIR", root.join(STATE));
    Running::start(&mut command).finish(PATIENCE).await.success();
}
