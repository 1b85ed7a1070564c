//! The daemon, running, held up and gone.

use std::fs;
use std::time::{Duration, SystemTime};

use simulator::{Phase, Scenario};

use super::{simulator, synced};
use crate::support::PATIENCE;
use crate::support::doctor::doctor;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;

#[tokio::test]
async fn a_daemon_that_runs_and_one_that_was_killed() {
    let simulator = simulator(&["a", "b"]).await;
    let world = synced(&simulator, "{}").await;
    let base = simulator.base_url();
    let mut command = lmsync(&world, &base);
    command.args(["--interval", "100ms", "--log-format", "json", "--empty-after", "1h"]);
    command.env("OPENCLAW_GATEWAY_PORT", "9").env("LMSYNC_LISTEN", "127.0.0.1:0");
    let mut daemon = Running::start(&mut command);
    daemon.wait_for_line("lmstudio answers", PATIENCE).await;
    doctor(&world, &base, &[])
        .await
        .works()
        .finds("good", "daemon.running", "runs (process", "")
        .finds("good", "daemon.pass", "as it should be", "")
        .finds("good", "daemon.pause", "no inference keeps it waiting", "");

    simulator.world().scenario(Scenario::EmptyList);
    daemon.wait_for_line("lmstudio lists no model", PATIENCE).await;
    let told = doctor(&world, &base, &[]).await;
    told.finds("warning", "daemon.held", "2 removals are held back (a, b)", "LMSYNC_EMPTY_AFTER=");

    simulator.world().scenario(Scenario::ServerError);
    daemon.wait_for_line("does not list its models", PATIENCE).await;
    doctor(&world, &base, &[]).await.finds("failure", "daemon.pass", "its last pass failed", "lmsync status");

    simulator.world().scenario(Scenario::Normal);
    daemon.wait_for_line("answers again", PATIENCE).await;
    simulator.world().hold(Some(Phase::Generating));
    let port = simulator.address().port();
    let chat = r#"{"model":"a","stream":true,"messages":[{"role":"user","content":"?"}]}"#;
    let mut client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", chat.len());
    tokio::io::AsyncWriteExt::write_all(&mut client, format!("{head}{chat}").as_bytes()).await.unwrap();
    daemon.wait_for_line("paused while inference runs", PATIENCE).await;
    doctor(&world, &base, &[]).await.finds("good", "daemon.pause", "is generating, says lmstudio", "");

    daemon.signal(rustix::process::Signal::KILL);
    daemon.finish(PATIENCE).await;
    let note = world.state().join("lmsync/daemon.json");
    let file = fs::File::options().write(true).open(note).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(600)).unwrap();
    let told = doctor(&world, &base, &[]).await;
    told.finds("failure", "daemon.running", "was killed, or hangs", "lmsync run");
}
