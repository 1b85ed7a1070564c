//! Every `--json` output is what `docs/schemas` says: no member more, none less, none of another kind.

use std::fs;

use crate::support::PATIENCE;
use crate::support::daemon::{ANSWERS, ANYWHERE, Daemon, PAUSED, REFRESHED};
use crate::support::http::get;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::schema::assert_is;
use crate::support::studio::Studio;
use crate::support::world::World;
use serde_json::{Value, json};
use simulator::{Phase, Scenario, SimModel};

/// Runs a command to its end, and holds what it prints against the schema.
async fn held(world: &World, base: &str, arguments: &[&str], name: &str) -> Value {
    let mut command = lmsync(world, base);
    command.args(arguments);
    let finished = Running::start(&mut command).finish(PATIENCE).await;
    let told = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}{}", finished.stdout, finished.stderr));
    assert_is(&told, name);
    told
}

fn models() -> [SimModel; 3] {
    [SimModel::chat("a").vision(), SimModel::chat("b").max_context(4_096), SimModel::embedding("text-embedding-x")]
}

#[tokio::test]
async fn what_the_commands_print_is_what_the_schemas_say() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    let base = studio.base();
    studio.world().set_models(models());
    let planned = held(&world, &base, &["sync", "--dry-run", "--json"], "sync").await;
    assert_eq!(planned["added"], json!(["a", "b"]));
    held(&world, &base, &["sync", "--json"], "sync").await;
    studio.world().set_models([SimModel::chat("a"), SimModel::chat("c").loaded(2_048)]);
    assert_eq!(held(&world, &base, &["explain", "b", "--json"], "explain").await["in"][0]["offered"], false);
    let synced = held(&world, &base, &["sync", "--json"], "sync").await;
    assert_eq!((&synced["removed"], &synced["changed"][0]["id"]), (&json!(["b"]), &json!("a")));
    studio.world().scenario(Scenario::EmptyList);
    assert_ne!(held(&world, &base, &["sync", "--json"], "sync").await["servers"][0]["held"], json!([]));
    studio.world().scenario(Scenario::Normal);
    studio.world().set_models(models());
    for id in ["a", "text-embedding-x", "nobody"] {
        held(&world, &base, &["explain", id, "--json"], "explain").await;
    }
    assert_eq!(held(&world, &base, &["models", "--json"], "models").await["models"][0]["id"], "a");
    held(&world, &base, &["config", "--json"], "config").await;
    held(&world, &base, &["remove", "--dry-run", "--json"], "remove").await;
    studio.world().scenario(Scenario::ServerError);
    assert_ne!(held(&world, &base, &["sync", "--json"], "sync").await["servers"][0]["error"], Value::Null);
    held(&world, &base, &["explain", "a", "--json"], "explain").await;
    fs::write(world.models_json(), "{").unwrap();
    studio.world().scenario(Scenario::Normal);
    assert_ne!(held(&world, &base, &["sync", "--json"], "sync").await["servers"][0]["files"][0]["error"], Value::Null);
}

/// Asks for the status as a program does, and by the command.
async fn status(world: &World, base: &str, page: &str) -> Value {
    let answer = get(page, "api/status").await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    let status: Value = serde_json::from_str(&answer.body).unwrap();
    assert_is(&status, "status");
    let told = status_command(world, base).await;
    assert_eq!((&told["running"], &told["trouble"]), (&json!(true), &Value::Null));
    status
}

async fn status_command(world: &World, base: &str) -> Value {
    let mut command = lmsync(world, base);
    let finished = Running::start(command.args(["status", "--json"])).finish(PATIENCE).await;
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_is(&told, "status-command");
    assert_eq!(finished.status.success(), told["trouble"].is_null(), "{}", finished.stderr);
    told
}

#[tokio::test]
async fn what_the_daemon_knows_is_what_the_schema_says_in_every_state() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    let base = studio.base();
    assert_eq!(status_command(&world, &base).await["running"], false);
    studio.world().set_models(models());
    let environment = [ANYWHERE, ("LMSYNC_INTERVAL", "200ms"), ("LMSYNC_BUSY_SOURCES", "lmstudio")];
    let mut daemon = Daemon::start(&world, &studio, None, &environment);
    let page = daemon.page().await;
    daemon.wait_for(ANSWERS).await;
    daemon.wait_for(REFRESHED).await;
    let known = status(&world, &base, &page).await;
    assert_eq!(known["servers"][0]["models"][0]["id"], "a", "{known:#}");
    assert_eq!(known["servers"][0]["models"][2]["state"], "left-out", "{known:#}");
    let origins = known["servers"][0]["models"][0]["origins"].as_u64().unwrap() as usize;
    let from = &known["servers"][0]["origins"][origins];
    assert!(from["maxTokens"].as_str().is_some_and(|why| !why.is_empty()), "{known:#}");
    assert_eq!(known["servers"][0]["lastTrouble"], Value::Null, "{known:#}");

    studio.world().hold(Some(Phase::Generating));
    let chat = studio.ask("a").await;
    daemon.wait_for(PAUSED).await;
    assert_eq!(status(&world, &base, &page).await["state"], "paused");
    drop(chat);
    studio.world().hold(None);

    studio.world().scenario(Scenario::EmptyList);
    daemon.wait_for("lists no model").await;
    let known = status(&world, &base, &page).await;
    assert_eq!(known["servers"][0]["models"][0]["state"], "held", "{known:#}");
    studio.world().scenario(Scenario::ServerError);
    daemon.wait_for("does not list its models").await;
    assert_eq!(status(&world, &base, &page).await["state"], "server-down");
    fs::write(world.models_json(), "{").unwrap();
    studio.world().scenario(Scenario::Normal);
    daemon.wait_for("cannot be updated").await;
    let known = status(&world, &base, &page).await;
    assert_eq!(known["servers"][0]["files"][0]["lacks"], json!(["a", "b"]), "{known:#}");
    assert!(known["servers"][0]["lastTrouble"]["error"].is_string(), "it failed before: {known:#}");
    assert!(!known.to_string().contains("lm-studio\""), "no key is in it: {known:#}");
    daemon.stop().await;
    assert_eq!(status_command(&world, &base).await["running"], false);
}

#[tokio::test]
async fn a_daemon_that_shows_nothing_still_runs_and_one_that_was_killed_does_not() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let mut daemon = Daemon::start(&world, &studio, None, &[]);
    daemon.wait_for(REFRESHED).await;
    let told = status_command(&world, &studio.base()).await;
    assert_eq!((&told["running"], &told["status"]), (&json!(true), &Value::Null));
    assert_eq!(told["daemon"]["listens"], Value::Null);
    drop(daemon);
    let note = world.state().join("lmsync/daemon.json");
    let hour = std::time::Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(&note).unwrap();
    file.set_modified(std::time::SystemTime::now() - hour).unwrap();
    let told = status_command(&world, &studio.base()).await;
    assert_eq!(told["running"], false);
    assert!(told["trouble"].as_str().unwrap().contains("has not been active for"), "{told}");
}
