//! The program for Windows, in Wine: against a real server over the loopback, with real files, and killed at any moment.
//!
//! `cargo xtask cross x86_64-pc-windows-gnu` and `cargo xtask test windows` build it and set up the Windows that it runs
//! in. What a reader does to a write that shares a file with nobody, or is slow, is tried by `tests/windows.rs` of
//! `adapters-fs`, which runs there, too.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::PATIENCE;
use crate::support::chance::chance;
use crate::support::daemon::{ANYWHERE, Daemon};
use crate::support::doctor;
use crate::support::http::get;
use crate::support::intensity::rounds;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{figure, tool};

/// Runs a command to its end.
async fn run(world: &World, base: &str, arguments: &[&str]) -> Finished {
    Running::start(lmsync(world, base).args(arguments)).finish(PATIENCE).await
}

/// Waits until a file is there.
async fn appears(path: &std::path::Path) {
    let there = async {
        while !path.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, there).await.unwrap_or_else(|_| panic!("{} is not there", path.display()));
}

#[tokio::test]
async fn a_sync_writes_the_list_once_and_a_removal_takes_it_out() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a/one", "b/two"]).await);
    run(&world, &studio.base(), &["sync"]).await.success();
    assert_eq!(world.ids(), ["a/one", "b/two"]);
    let (content, time) =
        (fs::read(world.models_json()).unwrap(), fs::metadata(world.models_json()).unwrap().modified().unwrap());
    run(&world, &studio.base(), &["sync"]).await.success();
    assert_eq!(fs::read(world.models_json()).unwrap(), content);
    assert_eq!(fs::metadata(world.models_json()).unwrap().modified().unwrap(), time);
    run(&world, &studio.base(), &["remove"]).await.success();
    assert!(!world.models_json().exists());
    assert!(!world.state().join("lmsync").exists(), "nothing of lmsync is left");
}

#[tokio::test]
async fn the_daemon_keeps_the_list_shows_its_page_and_runs_a_script_after_a_change() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a/one"]).await);
    fs::write(world.home().join("told.cmd"), "@echo off\r\necho %1> told.txt\r\n").unwrap();
    fs::write(world.state().join("lmsync.toml"), "\u{feff}interval = \"300ms\"\r\n").unwrap();
    let hook = [ANYWHERE, ("LMSYNC_ON_CHANGE", r#".\told.cmd "two words""#)];
    let mut daemon = Daemon::start(&world, &studio, None, &hook);
    let page = daemon.page().await;
    daemon.wait_for_change("added", "a/one").await;
    studio.add("b/two");
    let since = Instant::now();
    daemon.wait_for_change("added", "b/two").await;
    figure("a change of the server is in the file", format!("{:.1} s", since.elapsed().as_secs_f64()), "");
    assert_eq!(world.ids(), ["a/one", "b/two"]);
    assert!(get(&page, "").await.body.contains("<html"));
    appears(&world.home().join("told.txt")).await;
    assert!(fs::read_to_string(world.home().join("told.txt")).unwrap().contains("two words"));

    let listen = page.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listens = [("LMSYNC_LISTEN", listen.as_str())];
    let status = doctor::run(&world, &studio.base(), &["status"], &listens).await;
    assert!(status.stdout.contains("models.json"), "{}{}", status.stdout, status.stderr);
    let found = doctor::doctor(&world, &studio.base(), &listens).await;
    assert!(found.of_check("state.mode").is_empty() && found.of_check("state.owner").is_empty(), "{found:?}");
    found.finds("good", "state.folder", "may be written", "");

    // A second one stands by: Windows names the first one's process.
    let mut second = Daemon::start(&world, &studio, None, &[]);
    second.wait_for("another lmsync").await;
    drop(second);
    drop(daemon);
    assert!(world.models_json().exists());
}

/// Each kill leaves the old list or the new one, whole, at every moment; and nothing that the next pass does not sweep.
#[tokio::test]
async fn a_kill_at_any_moment_leaves_the_old_list_or_the_new_one() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a/one"]).await);
    run(&world, &studio.base(), &["sync"]).await.success();
    let since = Instant::now();
    studio.add("b/two");
    run(&world, &studio.base(), &["sync"]).await.success();
    let usual = since.elapsed();

    let (done, path) = (Arc::new(AtomicBool::new(false)), world.models_json());
    let reader = thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut reads = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                let models = file["providers"]["lmstudio"]["models"].as_array().unwrap();
                assert!(matches!(models.len(), 1 | 2), "{file}");
                reads += 1;
            }
            reads
        }
    });
    let kills = rounds(15, 200);
    let (mut killed, mut finished) = (0, 0);
    while killed < kills {
        if (killed + finished) % 2 == 0 {
            studio.world().remove("b/two")
        } else {
            studio.add("b/two")
        }
        let mut sync = Running::start(lmsync(&world, &studio.base()).arg("sync"));
        let moment = usual.mul_f64(1.1 * chance());
        match tokio::time::timeout(moment, sync.end(PATIENCE)).await {
            Ok(()) => finished += 1,
            // Dropped, which kills it.
            Err(_) => killed += 1,
        }
    }
    done.store(true, Ordering::Relaxed);
    let reads = reader.join().unwrap();
    figure("kills of a pass", killed, &format!("{finished} more ended before; {reads} reads beside them"));

    run(&world, &studio.base(), &["sync"]).await.success();
    let folder = world.models_json().parent().unwrap().to_owned();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["models.json"]);
}

#[tokio::test]
async fn completions_for_powershell_are_printed() {
    let said = run(&World::new(), "http://127.0.0.1:9/v1", &["completions", "powershell"]).await.success();
    assert!(said.stdout.contains("Register-ArgumentCompleter"), "{}", said.stdout);
}

#[tokio::test]
async fn the_demo_shows_changes_and_leaves_its_file() {
    let said = run(&World::new(), "http://127.0.0.1:9/v1", &["demo", "--for", "12s"]).await.success();
    assert!(said.stdout.contains("+ deepseek-r1-distill-qwen-7b"), "{}", said.stdout);
    let (_, path) = said.stdout.rsplit_once("C:\\").unwrap();
    let path = path.lines().next().unwrap();
    let file = tool("LMSYNC_TEST_WINE").join("drive_c").join(path.replace('\\', "/"));
    let list: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert!(!list["providers"]["lmstudio"]["models"].as_array().unwrap().is_empty());
}
