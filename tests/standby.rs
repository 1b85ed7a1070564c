//! Two daemons and one file: the second says so, stands by, and takes over when the first has ended.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::PATIENCE;
use crate::support::list_server::ListServer;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;
use rustix::process::Signal;

const STANDS_BY: &str = "another lmsync keeps the models here: this one stands by until it ends";
const TAKES_OVER: &str = "the other lmsync has ended: this one keeps the models now";
const REFRESHED: &str = "lmstudio models refreshed";
const STARTED: &str = "lmsync started";

/// A daemon with a pass every 100 ms and no gateway.
fn daemon(world: &World, server: &ListServer) -> Command {
    let mut command = lmsync(world, server.base());
    command.args(["run", "--log-format", "json", "--interval", "100ms", "--gateway-url", "ws://127.0.0.1:9"]);
    command
}

async fn start(mut command: Command, says: &str) -> (Running, String) {
    let mut running = Running::start(&mut command);
    let line = running.wait_for_line(says, PATIENCE).await;
    (running, line)
}

async fn exists(lock: &Path) {
    let there = async {
        while !lock.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, there).await.expect("it is not held");
}

/// How `lmsync healthcheck` ends in the same environment.
async fn health(world: &World, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = lmsync(world, "http://127.0.0.1:9");
    command.arg("healthcheck").envs(environment.iter().copied());
    let finished = Running::start(&mut command).finish(PATIENCE).await;
    (finished.status.code(), finished.stdout + &finished.stderr)
}

#[tokio::test]
async fn the_second_daemon_stands_by_and_takes_over_whether_the_first_stops_or_is_killed() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let (mut first, _) = start(daemon(&world, &server), REFRESHED).await;
    for (round, signal) in [Signal::TERM, Signal::KILL].into_iter().enumerate() {
        let (mut second, line) = start(daemon(&world, &server), STANDS_BY).await;
        assert!(line.contains(&format!("process {} on ", first.id())), "it names the other one: {line}");
        let (code, said) = health(&world, &[]).await;
        assert_eq!(code, Some(0), "a daemon with this configuration turns: {said}");
        assert!(said.contains(&format!("process {} ", first.id())), "{said}");

        first.signal(signal);
        first.finish(PATIENCE).await;
        second.wait_for_line(TAKES_OVER, PATIENCE).await;
        second.wait_for_line(STARTED, PATIENCE).await;
        server.set(&["a", &format!("b{round}")]);
        second.wait_for_line(REFRESHED, PATIENCE).await;
        assert!(world.ids().contains(&format!("b{round}")));
        let (code, said) = health(&world, &[]).await;
        assert!(code == Some(0) && said.contains(&format!("process {} ", second.id())), "{said}");
        first = second;
    }
    first.signal(Signal::TERM);
    first.finish(PATIENCE).await.success();
    let left = fs::read_dir(world.state().join("lmsync")).unwrap();
    let left: Vec<_> = left
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| {
            let name = name.to_str().unwrap();
            !["device.key", "made-folders.json"].contains(&name)
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn one_that_stands_by_asks_nobody_writes_nothing_and_ends_when_it_is_asked_to() {
    let (world, server, others) = (World::new(), ListServer::start(&["a"]), ListServer::start(&["other"]));
    let (first, _) = start(daemon(&world, &server), REFRESHED).await;
    let before = fs::read(world.models_json()).unwrap();
    let (second, _) = start(daemon(&world, &others), STANDS_BY).await;
    // Long enough for a look at the lock and for many passes, were it to make any.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(others.requests(), 0);
    assert_eq!(fs::read(world.models_json()).unwrap(), before);
    second.signal(Signal::TERM);
    let finished = second.finish(PATIENCE).await.success();
    assert_eq!(finished.stderr.matches(STANDS_BY).count(), 1, "said once: {}", finished.stderr);
    assert_eq!(health(&world, &[]).await.0, Some(0), "the first one's sign of life is left alone");
    drop(first);
}

#[tokio::test]
async fn a_file_that_is_named_by_its_path_is_the_same_file() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let (first, _) = start(daemon(&world, &server), REFRESHED).await;
    exists(&world.models_json().with_file_name(".models.json.lmsync.lock")).await;
    let file = world.models_json().display().to_string();
    let named = [("LMSYNC_MODELS_JSON", file.as_str())];
    let mut command = daemon(&world, &server);
    command.env_remove("OPENCLAW_STATE_DIR").envs(named);
    let (mut second, _) = start(command, STANDS_BY).await;
    // Its own folder is another one, in which it lives as well as any.
    let own =
        lmsync(&world, "http://127.0.0.1:9").arg("healthcheck").env_remove("OPENCLAW_STATE_DIR").envs(named).output();
    assert!(own.unwrap().status.success());
    drop(first);
    second.wait_for_line(TAKES_OVER, PATIENCE).await;
    second.wait_for_line("lmstudio answers", PATIENCE).await;
}

#[tokio::test]
async fn daemons_of_different_states_do_not_know_of_each_other() {
    let (world, other, server) = (World::new(), World::new(), ListServer::start(&["a"]));
    let (first, _) = start(daemon(&world, &server), REFRESHED).await;
    let (second, _) = start(daemon(&other, &server), REFRESHED).await;
    for running in [first, second] {
        assert!(!running.transcript().contains(STANDS_BY));
    }
}

#[tokio::test]
async fn a_single_pass_beside_a_daemon_works() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let (mut first, _) = start(daemon(&world, &server), REFRESHED).await;
    for round in 0..10 {
        server.set(&["a", &format!("b{round}")]);
        Running::start(lmsync(&world, server.base()).arg("sync")).finish(PATIENCE).await.success();
        assert!(world.ids().contains(&format!("b{round}")), "either of the two wrote it");
    }
    server.set(&["a", "end"]);
    first.wait_for_line(r#"["end"]"#, PATIENCE).await;
}

#[tokio::test]
async fn a_folder_that_is_removed_and_made_anew_is_kept_by_the_same_daemon() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    let (mut first, _) = start(daemon(&world, &server), REFRESHED).await;
    world.remove_state();
    first.wait_for_line(REFRESHED, PATIENCE).await;
    exists(&world.state().join("lmsync/daemon.lock")).await;
    start(daemon(&world, &server), STANDS_BY).await;
}

#[tokio::test]
async fn where_nobody_can_be_kept_out_it_says_so_once_and_works() {
    let (world, server) = (World::new(), ListServer::start(&["a"]));
    fs::create_dir_all(world.state().join("lmsync/daemon.lock")).unwrap();
    let (mut running, _) = start(daemon(&world, &server), REFRESHED).await;
    for round in 0..5 {
        server.set(&["a", &format!("b{round}")]);
        running.wait_for_line(&format!(r#"["b{round}"]"#), PATIENCE).await;
    }
    running.signal(Signal::TERM);
    let log = running.finish(PATIENCE).await.success().stderr;
    assert_eq!(log.matches("cannot make sure that no other one keeps").count(), 1, "{log}");
}
