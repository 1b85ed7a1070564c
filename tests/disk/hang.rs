//! A disk that hangs: nothing but what lies on it waits for it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use rustix::mount::{MountFlags, mount};
use rustix::process::Signal;
use serde_json::Value;

use super::mounts::run;
use crate::support::http::get;
use crate::support::list_server::ListServer;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, figure};

const ENOENT: i32 = -2;
const ENOSYS: i32 = -38;

/// An empty folder on a disk that answers, until it does not. Dropping it takes the disk away.
struct Hanging<'a> {
    folder: &'a Path,
    hangs: Arc<AtomicBool>,
    /// Dropped with the rest: what serves the disk ends then.
    _present: mpsc::Sender<()>,
}

impl<'a> Hanging<'a> {
    fn mount(folder: &'a Path) -> Self {
        let mut device = File::options().read(true).write(true).open("/dev/fuse").unwrap();
        let options = format!("fd={},rootmode=40777,user_id=0,group_id=0", device.as_raw_fd());
        let options = std::ffi::CString::new(options).unwrap();
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount("lmsync-hang", folder, "fuse", flags, options.as_c_str()).unwrap();
        let hangs = Arc::new(AtomicBool::new(false));
        let is_hung = Arc::clone(&hangs);
        let (present, gone) = mpsc::channel::<()>();
        thread::spawn(move || {
            let mut buffer = vec![0; 136 << 10];
            // Ends when it is unmounted.
            while let Ok(length) = device.read(&mut buffer) {
                // What is fetched is answered: the kernel lets nobody be killed who waits for that answer.
                let is_last = is_hung.load(Ordering::SeqCst);
                let request = &buffer[..length];
                let word = |at: usize| u32::from_ne_bytes(request[at..at + 4].try_into().unwrap());
                let answer = match word(4) {
                    // INIT
                    26 => {
                        let words = [7_u32, 31, 0, 0, 0, 128 << 10, 1];
                        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
                        body.resize(64, 0);
                        Ok(body)
                    }
                    // FORGET, INTERRUPT, BATCH_FORGET: want no answer.
                    2 | 36 | 42 => continue,
                    // LOOKUP
                    1 => Err(ENOENT),
                    // GETATTR: a folder, believed for no time at all.
                    3 => {
                        let mut body = vec![0_u8; 16];
                        body.extend([1_u64, 0, 0, 0, 0, 0].iter().flat_map(|word| word.to_ne_bytes()));
                        let words = [0_u32, 0, 0, 0o40_777, 1, 0, 0, 0, 4096, 0];
                        body.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
                        Ok(body)
                    }
                    _ => Err(ENOSYS),
                };
                let (error, body) = answer.map_or_else(|error| (error, Vec::new()), |body| (0, body));
                let mut reply = u32::try_from(16 + body.len()).unwrap().to_ne_bytes().to_vec();
                reply.extend(error.to_ne_bytes());
                reply.extend(&request[8..16]);
                reply.extend(body);
                let _ = device.write(&reply);
                if is_last {
                    let _ = gone.recv();
                    break;
                }
            }
        });
        Self { folder, hangs, _present: present }
    }

    fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        run(std::process::Command::new("umount").args(["--force", "--lazy"]).arg(self.folder));
    }
}

#[tokio::test]
async fn a_disk_that_hangs_holds_up_nothing_but_what_is_on_it() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let slow = world.state().join("agents/slow/agent");
    fs::create_dir_all(&slow).unwrap();
    fs::create_dir_all(world.state().join("agents/main/agent")).unwrap();
    fs::write(world.state().join("lmsync.toml"), "agents = \"*\"\n").unwrap();
    let disk = Hanging::mount(&slow);
    let mut command = lmsync(&world, server.base());
    command.args(["run", "--interval", "100ms", "--busy-sources", "session-locks", "--refresh", "off"]);
    command.env("LMSYNC_LISTEN", "127.0.0.1:0").env("LMSYNC_LOG_FORMAT", "json");
    // OpenClaw's own configuration is on that disk too.
    command.env("OPENCLAW_CONFIG_PATH", slow.join("openclaw.json"));
    let mut daemon = Running::start(&mut command);
    let shows = daemon.wait_for_line("lmsync shows its status", PATIENCE).await;
    let page = serde_json::from_str::<Value>(&shows).unwrap()["page"].as_str().unwrap().to_owned();
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let keeps = |id: &str| {
        let text = fs::read_to_string(world.models_json()).unwrap_or_default();
        text.contains(&format!("\"{id}\""))
    };
    assert!(keeps("a"));

    disk.hang();
    // The first model after that shows that passes go on; the second, that the look that hangs costs no more.
    for id in ["b", "c"] {
        server.set(&["a", id]);
        let began = Instant::now();
        daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
        let took = began.elapsed();
        assert!(keeps(id), "{}", daemon.transcript());
        figure("a disk hangs: another agent's change is written after", format!("{took:.1?}"), "16 s");
    }
    let health = lmsync(&world, server.base()).arg("healthcheck").output().unwrap();
    assert!(health.status.success(), "{}", String::from_utf8_lossy(&health.stderr));
    let began = Instant::now();
    let answer = get(&page, "api/status").await;
    assert!(answer.body.contains("\"servers\""), "{}", answer.body);
    let took = began.elapsed();
    figure("a disk hangs: the status is answered within", format!("{took:.1?}"), "0.1 s");

    let began = Instant::now();
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
    let took = began.elapsed();
    figure("a disk hangs: the daemon ends after SIGTERM within", format!("{took:.1?}"), "13 s");
}
