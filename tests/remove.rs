//! `lmsync remove`: models.json as it was before lmsync came.

use std::fs;

use crate::support::PATIENCE;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::studio::Studio;
use crate::support::world::World;
use serde_json::{Value, json};
use simulator::SimModel;

async fn run(world: &World, studio: &Studio, arguments: &[&str]) -> Finished {
    let mut command = lmsync(world, &studio.base());
    command.args(arguments);
    Running::start(&mut command).finish(PATIENCE).await.success()
}

fn read(world: &World) -> Value {
    serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap()
}

/// Syncs over this file, twice with another list, and removes; gives the file after that.
async fn synced_and_removed(before: &Value) -> Value {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    fs::create_dir_all(world.models_json().parent().unwrap()).unwrap();
    fs::write(world.models_json(), before.to_string()).unwrap();
    run(&world, &studio, &["sync"]).await;
    studio.world().set_models([SimModel::chat("a"), SimModel::chat("c")]);
    run(&world, &studio, &["sync"]).await;
    assert_eq!(world.ids(), ["a", "c"]);
    let synced = read(&world);
    let told = run(&world, &studio, &["remove", "--dry-run"]).await;
    assert!(told.stdout.contains("would"), "{}", told.stdout);
    assert_eq!(read(&world), synced, "a dry run changes nothing");
    run(&world, &studio, &["remove"]).await;
    let removed = read(&world);
    let again = run(&world, &studio, &["remove"]).await;
    assert!(again.stdout.contains("has nothing of lmstudio"), "{}", again.stdout);
    assert_eq!(read(&world), removed);
    removed
}

#[tokio::test]
async fn an_entry_that_a_person_wrote_is_put_back() {
    for entry in [
        json!({
            "baseUrl": "http://elsewhere:1234/v1", "apiKey": "sk-of-a-person", "headers": { "x": "1" },
            "models": [{ "id": "mine", "contextWindow": 4_096, "custom": [1, 2] }, { "id": "a", "name": "Mine" }],
        }),
        json!({ "baseUrl": "http://127.0.0.1:1234/v1", "models": [] }),
    ] {
        let before = json!({ "providers": { "other": { "baseUrl": "http://o", "models": [] }, "lmstudio": entry } });
        assert_eq!(synced_and_removed(&before).await, before);
    }
}

#[tokio::test]
async fn an_entry_that_lmsync_made_goes_and_all_else_stays() {
    let before = json!({ "providers": { "other": { "baseUrl": "http://o", "models": [] } }, "mine": 1 });
    assert_eq!(synced_and_removed(&before).await, before);
}

#[tokio::test]
async fn a_file_that_lmsync_made_goes_and_its_own_folder_remembers_nothing_of_it() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    run(&world, &studio, &["sync"]).await;
    run(&world, &studio, &["remove"]).await;
    assert!(!world.models_json().exists());
    let own = world.state().join("lmsync/models-before.json");
    assert!(!own.exists(), "{}", fs::read_to_string(own).unwrap());
}
