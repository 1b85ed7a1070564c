//! A host that is small, strange, or asleep.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use rustix::process::{Signal, geteuid};

use super::pause::pause;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::intensity::time;
use crate::support::list_server::ListServer;
use crate::support::lmsync::{at_home, binary, lmsync};
use crate::support::running::{Finished, Running};
use crate::support::world::World;
use crate::support::{PATIENCE, figure, tool};

const REFRESHED: &str = "lmstudio models refreshed";

/// `lmsync run` with a pass every 60 ms and no gateway, where the shell does this first.
fn daemon(world: &World, server: &ListServer, first: &str) -> Command {
    let mut command = at_home(Command::new("sh"), world, server.base());
    command.args(["-c", &format!("{first}; exec \"$@\""), "sh"]).arg(binary());
    command.args(["run", "--interval", "60ms", "--gateway-url", "ws://127.0.0.1:9"]);
    command
}

async fn run(mut command: Command) -> Finished {
    Running::start(&mut command).finish(PATIENCE).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn after_a_sleep_it_goes_on_where_it_was() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let mut running = Running::start(&mut daemon(&world, &server, "true"));
    running.wait_for_line(REFRESHED, PATIENCE).await;
    running.signal(Signal::STOP);
    server.set(&["a", "b"]);
    pause(time(Duration::from_secs(2), Duration::from_secs(70)));
    let before = server.requests();
    running.signal(Signal::CONT);
    running.wait_for_line(REFRESHED, PATIENCE).await;
    assert_eq!(world.ids(), ["a", "b"]);
    assert!(server.requests() - before < 20, "the passes that it slept through are not made up for");
    let mut health = lmsync(&world, server.base());
    health.arg("healthcheck");
    // Its sign of life is given at most every five seconds, so the first look may come too early.
    let healthy = async {
        while !health.output().unwrap().status.success() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, healthy).await.unwrap();
    running.signal(Signal::TERM);
    running.finish(PATIENCE).await.success();
}

/// A clock that was set back or forth shows in the times of files that were written before.
#[tokio::test]
async fn times_of_another_age_stop_nothing() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    put(&world.models_json(), FOREIGN.as_bytes());
    let rules = world.state().join("lmsync.toml");
    fs::write(&rules, "").unwrap();
    let century = Duration::from_secs(100 * 365 * 24 * 3600);
    let set = |path: &Path, to: SystemTime| File::open(path).unwrap().set_modified(to).unwrap();
    let mut running = Running::start(&mut daemon(&world, &server, "true"));
    running.wait_for_line(REFRESHED, PATIENCE).await;
    for (round, age) in [SystemTime::now() + century, SystemTime::UNIX_EPOCH].into_iter().enumerate() {
        for path in [&world.models_json(), &world.state().join("lmsync/daemon.json"), &rules] {
            set(path, age);
        }
        server.set(&["a", &format!("b{round}")]);
        running.wait_for_line(REFRESHED, PATIENCE).await;
        let text = fs::read_to_string(world.models_json()).unwrap();
        assert!(text.contains(&format!("\"id\": \"b{round}\"")), "{text}");
        // A change of the same length, under the same time as before.
        set(&world.models_json(), age);
        fs::write(world.models_json(), text.replace("\"name\": \"a\"", "\"name\": \"z\"")).unwrap();
        set(&world.models_json(), age);
        running.wait_for_line(REFRESHED, PATIENCE).await;
    }
    running.signal(Signal::TERM);
    running.finish(PATIENCE).await.success();
}

#[tokio::test]
async fn sixty_four_descriptors_are_plenty() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let mut running = Running::start(&mut daemon(&world, &server, "ulimit -n 64"));
    running.wait_for_line(REFRESHED, PATIENCE).await;
    let mut most = 0;
    for round in 0..20 {
        server.set(&["a", &format!("b{}", round % 2), &format!("c{round}")]);
        running.wait_for_line(&format!("c{round}"), PATIENCE).await;
        most = most.max(fs::read_dir(format!("/proc/{}/fd", running.id())).unwrap().count());
    }
    figure("descriptors of a daemon at work", most, "below 64");
    let log = running.transcript();
    assert!(!log.contains("open files") && !log.contains("cannot be updated"), "{log}");
}

#[tokio::test]
async fn a_folder_that_openclaw_made_anew_is_filled_anew() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let mut running = Running::start(&mut daemon(&world, &server, "true"));
    running.wait_for_line(REFRESHED, PATIENCE).await;
    for _ in 0..3 {
        world.remove_state();
        running.wait_for_line(REFRESHED, PATIENCE).await;
        put(&world.models_json(), FOREIGN.as_bytes());
        running.wait_for_line(REFRESHED, PATIENCE).await;
        let text = fs::read_to_string(world.models_json()).unwrap();
        assert!(text.contains(r#""caf\u00e9": "\ud800""#) && text.contains("lmstudio"), "{text}");
    }
}

#[tokio::test]
async fn a_home_may_have_any_bytes_and_a_setting_has_to_be_a_text() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let home = world.home().join(OsStr::from_bytes(b"caf\xe9 \xff \"'$x"));
    let mut command = lmsync(&world, server.base());
    command.arg("sync").env_remove("OPENCLAW_STATE_DIR").env("HOME", &home);
    run(command).await.success();
    assert!(home.join(".openclaw/agents/main/agent/models.json").exists());
    let mut command = lmsync(&world, server.base());
    command.arg("sync").env("OPENCLAW_STATE_DIR", &home);
    let finished = run(command).await;
    assert_eq!(finished.status.code(), Some(78), "{}", finished.stderr);
    assert!(finished.stderr.contains("OPENCLAW_STATE_DIR"), "{}", finished.stderr);
}

#[tokio::test]
async fn whatever_the_umask_what_is_new_is_for_its_owner_alone_and_what_is_old_keeps_its_mode() {
    for umask in ["000", "077", "777"] {
        let (world, server) = (World::new(), ListServer::start(&["a"]));
        let mut running = Running::start(&mut daemon(&world, &server, &format!("umask {umask}")));
        running.wait_for_line(REFRESHED, PATIENCE).await;
        let own = world.state().join("lmsync");
        for folder in [&world.state(), &own, &world.models_json().parent().unwrap().to_owned()] {
            assert_eq!(mode(folder), 0o700, "umask {umask}: {}", folder.display());
        }
        for entry in fs::read_dir(own).unwrap().chain(fs::read_dir(world.models_json().parent().unwrap()).unwrap()) {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path) & !0o600, 0, "umask {umask}: {}", path.display());
        }
        assert_eq!(mode(&world.models_json()), 0o600, "umask {umask}");
        fs::set_permissions(world.models_json(), Permissions::from_mode(0o640)).unwrap();
        server.set(&["a", "b"]);
        running.wait_for_line(REFRESHED, PATIENCE).await;
        assert_eq!(mode(&world.models_json()), 0o640, "umask {umask}");
    }
}

#[tokio::test]
async fn without_a_home_the_state_folder_has_to_be_named() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let mut command = lmsync(&world, server.base());
    run({
        command.arg("sync").env_remove("HOME");
        command
    })
    .await
    .success();
    assert_eq!(world.ids(), ["a"]);
    let mut command = lmsync(&world, server.base());
    command.arg("sync").env_remove("HOME").env_remove("OPENCLAW_STATE_DIR");
    let finished = run(command).await;
    assert_eq!(finished.status.code(), Some(78), "{}", finished.stderr);
    assert!(finished.stderr.contains("OPENCLAW_STATE_DIR"), "it says what to do: {}", finished.stderr);
}

/// As an ordinary user, with nothing but the state folder to write to.
#[tokio::test]
async fn it_needs_no_root_and_writes_nowhere_but_in_the_state_folder() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let trace = tempfile::Builder::new().prefix("lmsync-trace-").tempdir().unwrap();
    let file = trace.path().join("strace.out");
    let mut command = at_home(Command::new(tool("LMSYNC_TEST_STRACE")), &world, server.base());
    // `-D`: the child is lmsync itself, and strace watches it from beside.
    command.args(["-D", "-f", "-y", "-s", "4096", "-e"]).arg(WRITING).arg("-o").arg(&file).arg(binary());
    command.args(["run", "--interval", "60ms", "--gateway-url", "ws://127.0.0.1:9"]);
    if geteuid().is_root() {
        fs::create_dir(world.state()).unwrap();
        for path in [world.home(), &world.state(), trace.path()] {
            chown(path, Some(65534), Some(65534)).unwrap();
        }
        command.uid(65534).gid(65534);
    }
    let mut running = Running::start(&mut command);
    running.wait_for_line(REFRESHED, PATIENCE).await;
    server.set(&["a", "b"]);
    running.wait_for_line(REFRESHED, PATIENCE).await;
    running.signal(Signal::TERM);
    running.finish(PATIENCE).await.success();
    let traced = async {
        while !fs::read_to_string(&file).unwrap().contains("+++ exited with 0 +++") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, traced).await.expect("strace has not written the end");
    let text = fs::read_to_string(file).unwrap();
    let written: BTreeSet<PathBuf> = text.lines().flat_map(written).collect();
    let elsewhere: Vec<_> = written.iter().filter(|path| !path.starts_with(world.state())).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    figure("paths made, written or removed, all below the state folder", written.len(), "some");
    assert!(written.contains(&world.models_json()) && leftovers(&world.models_json()).is_empty());
}

/// The calls by which a path is made, opened for writing, changed or removed.
const WRITING: &str = "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,\
    unlinkat,mkdir,mkdirat,rmdir,chmod,fchmodat,chown,lchown,fchownat,truncate,utimensat,mknod,mknodat,setxattr,bind";

/// The paths that a call writes to; those below an open folder in full.
fn written(line: &str) -> Vec<PathBuf> {
    let opens = line.contains(" open");
    let for_writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    if line.contains("= -1 ") || (opens && !for_writing.iter().any(|flag| line.contains(flag))) {
        return Vec::new();
    }
    let parts: Vec<&str> = line.split('"').collect();
    let paths = parts.chunks_exact(2).map(|pair| {
        let folder = pair[0].rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
        Path::new(folder.map_or("", |(folder, _)| folder)).join(pair[1])
    });
    paths.filter(|path| !path.starts_with("/dev/null") && !path.starts_with("/proc/self")).collect()
}
