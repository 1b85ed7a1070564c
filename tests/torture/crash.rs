//! The program killed at random points of passes that change the file, before the eyes of a reader that never rests.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::pause::pause;
use super::reader::Reader;
use crate::support::chance::chance;
use crate::support::figure;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::intensity::rounds;
use crate::support::list_server::ListServer;
use crate::support::lmsync::lmsync;
use crate::support::world::World;

/// The file before and after a pass, and the time that a pass takes when nobody disturbs it.
struct Scene {
    world: World,
    server: ListServer,
    old: Vec<u8>,
    new: Vec<u8>,
    pass: Duration,
}

impl Scene {
    fn set() -> Self {
        let (world, server) = (World::new(), ListServer::start(&["a"]));
        let file = world.models_json();
        put(&file, FOREIGN.as_bytes());
        let sync = |server: &ListServer| {
            let started = Instant::now();
            assert!(quietly(lmsync(&world, server.base()).arg("sync")).spawn().unwrap().wait().unwrap().success());
            started.elapsed()
        };
        sync(&server);
        let old = fs::read(&file).unwrap();
        server.set(&["a", "b"]);
        let pass = sync(&server);
        let new = fs::read(&file).unwrap();
        assert!(old != new && holds_foreign(&old) && holds_foreign(&new));
        Self { world, server, old, new, pass }
    }

    fn spawn(&self, command: &str) -> Child {
        let mut program = lmsync(&self.world, self.server.base());
        // Nobody listens at the port of discard, also where the machine has a gateway of its own.
        program.arg(command).env("LMSYNC_INTERVAL", "50ms").env("OPENCLAW_GATEWAY_PORT", "9");
        quietly(&mut program).spawn().unwrap()
    }
}

#[test]
fn a_reader_sees_the_old_file_or_the_new_one_whenever_the_program_is_killed() {
    let scene = Scene::set();
    let file = scene.world.models_json();
    let reader = Reader::start(file.clone(), [scene.old.clone(), scene.new.clone()]);
    let kills = rounds(120, 2_000);
    let (mut replaced, mut left) = (0, 0);
    for round in 0..kills {
        put(&file, &scene.old);
        let before = leftovers(&file).len();
        // Every other round a daemon, which finds the old content again and again: its second pass is killed.
        let mut child = scene.spawn(if round % 2 == 0 { "sync" } else { "run" });
        let mut delay = scene.pass.mul_f64(chance() * 1.2);
        if round % 2 == 1 {
            await_content(&file, &scene.new);
            put(&file, &scene.old);
            delay = Duration::from_millis(60).mul_f64(chance());
        }
        pause(delay);
        child.kill().unwrap();
        child.wait().unwrap();
        let content = fs::read(&file).unwrap();
        assert!(content == scene.old || content == scene.new, "{}", String::from_utf8_lossy(&content));
        replaced += usize::from(content == scene.new);
        let after = leftovers(&file).len();
        assert!(after <= before + 1, "a crash leaves one file at most: {before}, then {after}");
        left += usize::from(after > 0);
    }
    let reads = reader.stop();
    put(&file, &scene.old);
    assert!(scene.spawn("sync").wait().unwrap().success());
    assert_eq!(fs::read(&file).unwrap(), scene.new, "the next pass does what the killed ones did not");
    assert_eq!(leftovers(&file), [] as [PathBuf; 0], "swept");
    figure("kills", kills, "as many as asked for");
    figure("kills after the new file was in place", replaced, "some");
    figure("kills that left a temporary file, swept by the next start", left, "some");
    figure("reads of the file meanwhile, all of them the old one or the new one", reads, "many");
    assert!(replaced > 0 && replaced < kills, "the kills came all too late or too early");
}

fn holds_foreign(content: &[u8]) -> bool {
    // Between the file's first lines and its last one stands our provider; all else is as it was.
    let (text, end) = (String::from_utf8_lossy(content), FOREIGN.find("\n    }\n  },\n  \"last\"").unwrap());
    text.starts_with(&FOREIGN[..end]) && text.ends_with("  \"last\": null\n}\n")
}

fn quietly(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn await_content(file: &std::path::Path, content: &[u8]) {
    let deadline = Instant::now() + crate::support::PATIENCE;
    while fs::read(file).unwrap() != content {
        assert!(Instant::now() < deadline, "the daemon has not written");
        pause(Duration::from_millis(1));
    }
}
