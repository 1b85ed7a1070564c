//! What `lmsync doctor` finds of the server, the files and the daemon: each thing broken in earnest, and told with what
//! helps.

mod answers;
mod daemon;
#[allow(dead_code, reason = "it belongs to the adapter's tests, which use all of it")]
mod files;
mod fix;
mod gateway;
mod openclaw;
mod server;
mod tls;

use std::fs;
use std::path::Path;

use crate::support::doctor::{doctor, run};
use crate::support::world::World;
use simulator::{SimModel, Simulator};

async fn simulator(ids: &[&str]) -> Simulator {
    let simulator = Simulator::local().await.unwrap();
    simulator.world().set_models(ids.iter().map(|id| SimModel::chat(id).loaded(65_536)));
    simulator
}

/// A world in which OpenClaw is set up, and the models of a server are written.
async fn synced(simulator: &Simulator, openclaw_json: &str) -> World {
    let world = World::new();
    write(&world.state().join("openclaw.json"), openclaw_json);
    run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    world
}

/// Writes a file for its owner alone, as OpenClaw does.
fn write(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn where_all_is_well_but_for_the_gateway_nothing_fails() {
    let simulator = simulator(&["qwen/qwen3-8b"]).await;
    let world = synced(&simulator, "{}").await;
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.works()
        .finds("good", "configuration.settings", "OPENAI_API_BASE (environment)", "")
        .finds("good", "server.reachable", "answers with a list", "")
        .finds("good", "server.kind", "LM Studio 0.4.24", "")
        .finds("good", "server.latency", "ms", "")
        .finds("good", "server.models", "lists 1 model", "")
        .finds("good", "models.context", "enough context", "")
        .finds("good", "models.ids", "", "")
        .finds("good", "state.folder", "may be written", "")
        .finds("good", "models-json.schema", "accept all", "")
        .finds("good", "models-json.current", "holds what the server offers", "")
        .finds("good", "openclaw.default-model", "no default model is set", "")
        .finds("warning", "gateway.reachable", "no gateway listens", "openclaw gateway run")
        .finds("warning", "daemon.running", "no daemon runs", "lmsync run")
        .finds("good", "host.clock", "", "")
        .finds("good", "host.disk", "free", "");
    let text = run(&world, &simulator.base_url(), &["doctor"], &[]).await.success();
    assert!(text.stdout.contains("\nServer\n  ✓ http://127.0.0.1:"), "{}", text.stdout);
    assert!(text.stdout.contains("\n\nWaiting for OpenClaw. 1 model is written. "), "{}", text.stdout);
    assert!(text.stdout.ends_with("\n2 things are worth a look.\n"), "{}", text.stdout);
    assert_eq!(text.stderr, "", "no progress in a pipe");
    assert!(!text.stdout.contains('\x1b'), "no colours in a pipe");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_a_finding_and_a_misspelled_one_is_another() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    doctor(&world, &simulator.base_url(), &[("LMSYNC_INTERVAL", "soon")]).await.finds(
        "failure",
        "configuration.settings",
        "LMSYNC_INTERVAL (from environment)",
        "lmsync config",
    );
    let told = doctor(&world, &simulator.base_url(), &[("LMSYNC_INTERVALL", "1s")]).await;
    told.works().finds("warning", "configuration.variables", "LMSYNC_INTERVALL", "LMSYNC_INTERVAL=");
    let file = world.state().join("lmsync.toml");
    write(&file, "intervall = 3");
    doctor(&world, &simulator.base_url(), &[]).await.finds("failure", "configuration.settings", "lmsync.toml", "");
}
