//! What the other suites rely on without noticing: programs are heard, and none outlives its test.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::support::PATIENCE;
use crate::support::running::Running;

/// A program with a child of its own that would stay for long.
fn shell(script: &str) -> Running {
    Running::start(Command::new("sh").args(["-c", script]))
}

#[tokio::test]
async fn programs_end_when_the_process_that_started_them_does() {
    let mut running = shell("sleep 600 & echo up; wait");
    running.wait_for_line("up", PATIENCE).await;
    running.abandon();
    let finished = running.finish(PATIENCE).await;
    assert_eq!(finished.status.signal(), Some(9));
}

#[tokio::test]
async fn whatever_a_program_leaves_behind_is_ended() {
    // The child holds the output: it would not be over before that ends.
    let finished = shell("sleep 600 & echo gone; echo why >&2; exit 3").finish(PATIENCE).await;
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(3), "gone\n"));
    assert_eq!(finished.stderr, "why\n");
}

#[tokio::test]
async fn a_line_is_awaited_once() {
    let mut running = shell("echo tick 1; echo tick 2");
    assert_eq!(running.wait_for_line("tick", PATIENCE).await, "tick 1");
    assert_eq!(running.wait_for_line("tick", PATIENCE).await, "tick 2");
}

#[tokio::test]
async fn a_line_that_cannot_come_any_more_is_not_waited_for() {
    let why = shell("echo other").next_line(&["never"], PATIENCE).await.unwrap_err();
    assert!(why.contains("ended without saying"), "{why}");
}
