//! The npm package: a plugin of this OpenClaw, whichever version it is, and a command.

mod registry;
mod stage;

use std::time::{Duration, Instant};

use crate::support::scenarios::seconds;
use crate::support::{PATIENCE, figure, tool};
use registry::Registry;
use rustix::process::{Signal, getpgid};
use serde_json::json;
use stage::{KNOWN, Stage};

const ADDED: &str = "google/gemma-3-12b:2";

/// What the program's log says when it has begun, and when it has written models.json.
const STARTED: &str = "lmsync: lmsync started";
const WRITTEN: &str = "lmsync: lmstudio models refreshed";

/// What one of two programs says.
const STANDS_BY: &str = "another lmsync keeps the models here: this one stands by until it ends";
const TAKES_OVER: &str = "the other lmsync has ended: this one keeps the models now";

/// No program outlives its gateway by more.
const ORPHAN: Duration = Duration::from_secs(10);

/// How much longer than usual a gateway may take to stop beside a program that hangs: a second on a quiet machine. A
/// plugin that waited for the program would hold it up for minutes.
const SLOWER: Duration = Duration::from_secs(5);

#[tokio::test]
async fn from_the_archive_it_starts_with_the_gateway_and_never_outlives_it() {
    let mut stage = Stage::set().await;
    stage.install(tool("LMSYNC_TEST_PLUGIN").to_str().unwrap()).await.success();
    stage.configure_plugin(json!({ "interval": "1s" }));

    let began = Instant::now();
    stage.start_gateway().await;
    stage.wait_for_line(STARTED).await;
    figure(&stage.name("gateway's start to the program's"), seconds(began.elapsed()), "the gateway's own start");
    // 2026.2.12 reads the file once, for the first client that asks.
    stage.wait_for_line(WRITTEN).await;
    let took = stage.until_shown(&[KNOWN]).await;
    figure(&stage.name("first picker, from the gateway's start"), seconds(took), "2 s after it is ready");
    let programs = stage.programs();
    assert_eq!(programs.len(), 1, "{programs:?}");
    let arguments = stage.arguments(programs[0]);
    assert_eq!(&arguments[1..], ["run", "--stop-with-stdin"], "no credential is public");
    let group = getpgid(Some(programs[0])).unwrap();
    assert_eq!(group, programs[0], "Ctrl-C at the gateway's terminal does not reach it");

    stage.a_turn_reaches_lm_studio(KNOWN).await;
    stage.studio.add(ADDED);
    stage.until_written(&[KNOWN, ADDED]).await;
    stage.studio.world().remove(ADDED);
    stage.until_written(&[KNOWN]).await;
    stage.a_person_is_told_of_the_plugin().await;

    // A version either replaces the plugin's service, or restarts its gateway within the same process.
    stage.configure_plugin(json!({ "interval": "2s" }));
    // 2026.6.6 replaces it also at the first change of the models in its configuration.
    stage.wait_for_line("interval_seconds=2").await;
    stage.until_programs(1, ORPHAN).await;
    assert_ne!(stage.programs(), programs);

    let usual = stage.stop_gateway().await;
    figure(&stage.name("gateway's stop"), seconds(usual), "as without the plugin");
    assert_eq!(stage.programs(), [], "it has ended with the gateway");

    stage.start_gateway().await;
    stage.wait_for_line(STARTED).await;
    let mut sidecar = stage.start_sidecar();
    let waits = sidecar.wait_for_line(STANDS_BY, PATIENCE).await;
    let program = stage.programs()[0].as_raw_nonzero();
    assert!(waits.contains(&format!("process {program} on ")), "{waits}");
    stage.kill_gateway();
    let killed = Instant::now();
    let took = stage.until_programs(0, ORPHAN).await;
    figure(&stage.name("the program's end after kill -9 of the gateway"), seconds(took), "1 s");
    sidecar.wait_for_line(TAKES_OVER, ORPHAN).await;
    figure(&stage.name("kill -9 of the gateway to a sidecar in its place"), seconds(killed.elapsed()), "10 s");
    sidecar.signal(Signal::TERM);
    sidecar.finish(PATIENCE).await.success();
    stage.gateway_is_gone().await;

    a_program_that_is_of_no_use_harms_nothing(&mut stage, usual).await;
    stage.disabled_and_uninstalled().await;
}

async fn a_program_that_is_of_no_use_harms_nothing(stage: &mut Stage, usual: Duration) {
    let ends_at_once = "#!/bin/sh\necho >>\"$OPENCLAW_STATE_DIR/starts\"\nexit 7\n";
    let hangs = "#!/bin/sh\ntrap '' TERM\necho >>\"$OPENCLAW_STATE_DIR/starts\"\nwhile :; do sleep 1; done\n";
    for (what, program, starts, says) in [
        ("one that ends at once", Some(ends_at_once), 3, "the program has ended (exit 7)"),
        ("one that hangs", Some(hangs), 1, ""),
        ("none", None, 0, "this package has no program for"),
    ] {
        stage.replace_program(program);
        stage.start_gateway().await;
        // A late version starts its services before it says that it is ready.
        stage.until_logged(says).await;
        stage.until_started(starts).await;
        stage.gateway_answers().await;
        let warnings = stage.count_lines(says);
        assert!(says.is_empty() || warnings == 1, "{says}: {warnings}");
        let took = stage.stop_gateway().await;
        let name = stage.name(&format!("gateway's stop beside {what}"));
        figure(&name, seconds(took), "1 s more than usual");
        assert!(took < usual + SLOWER, "{took:?}, usually {usual:?}");
        stage.until_programs(0, ORPHAN).await;
    }
}

#[tokio::test]
async fn from_a_registry_it_is_installed_and_run_as_a_command() {
    let mut stage = Stage::set().await;
    let registry = Registry::start(&stage.world).await;
    registry.publish(&tool("LMSYNC_TEST_PLUGIN")).await;
    stage.registry = Some(registry);
    stage.install("lmsync").await.success();
    let mut sidecar = stage.start_sidecar();
    sidecar.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    stage.start_gateway().await;
    let waits = stage.until_logged(STANDS_BY).await;
    assert!(waits.contains(&format!("process {} on ", sidecar.id())), "{waits}");
    stage.until_shown(&[KNOWN]).await;
    sidecar.signal(Signal::TERM);
    sidecar.finish(PATIENCE).await.success();
    stage.wait_for_line(TAKES_OVER).await;
    stage.studio.add(ADDED);
    stage.until_written(&[KNOWN, ADDED]).await;
    stage.stop_gateway().await;

    for node in ["LMSYNC_TEST_NODE", "LMSYNC_TEST_NODE_20"] {
        let synced = stage.npx(&tool(node), &["sync"]).await.success();
        // 2026.6.6 has taken our provider out of models.json.
        let is_there = ["is up to date", "wrote "].iter().any(|says| synced.stdout.contains(says));
        assert!(is_there, "{}", synced.stdout);
        let doctor = stage.npx(&tool(node), &["doctor", "--json"]).await;
        let found: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
        let failures = found["failures"].as_u64().unwrap();
        assert_eq!(doctor.status.code(), Some(i32::from(failures > 0)), "the program's own exit code");
    }
}
