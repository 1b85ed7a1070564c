//! The daemon, running and gone.

use std::fs;
use std::time::{Duration, SystemTime};

use super::support::PATIENCE;
use super::support::doctor::doctor;
use super::support::lmsync::lmsync;
use super::support::running::Running;
use super::{simulator, synced};

#[tokio::test]
async fn a_daemon_that_runs_and_one_that_was_killed() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    let base = simulator.base_url();
    let mut command = lmsync(&world, &base);
    command.args(["--interval", "100ms", "--log-format", "json"]).env("OPENCLAW_GATEWAY_PORT", "9");
    let mut daemon = Running::start(&mut command);
    daemon.wait_for_line("lmstudio answers", PATIENCE).await;
    doctor(&world, &base, &[]).await.works().finds("good", "daemon.running", "runs (process", "");

    daemon.signal(rustix::process::Signal::KILL);
    daemon.finish(PATIENCE).await;
    let note = world.state().join("lmsync/daemon.json");
    let file = fs::File::options().write(true).open(note).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(600)).unwrap();
    let told = doctor(&world, &base, &[]).await;
    told.finds("failure", "daemon.running", "was killed, or hangs", "lmsync run");
}
