//! Files and folders in states that people's machines have them in.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use super::{simulator, synced, write};
use crate::support::doctor::doctor;
use crate::support::world::World;

#[tokio::test]
async fn a_state_folder_that_is_not_there_or_none() {
    let simulator = simulator(&["a"]).await;
    let world = World::new();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("warning", "state.folder", "is not there", "OPENCLAW_STATE_DIR=")
        .finds("failure", "models-json.current", "1 model is not in it yet", "lmsync sync")
        .finds("warning", "openclaw.config", "is not there", "openclaw onboard");
    fs::write(world.state(), "a file").unwrap();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "state.folder", "is no folder", "OPENCLAW_STATE_DIR=");
}

#[tokio::test]
async fn links_in_a_circle_cannot_be_read() {
    let simulator = simulator(&["a"]).await;
    let world = World::new();
    fs::create_dir(world.state()).unwrap();
    symlink("other", world.state().join("agents")).unwrap();
    symlink("agents", world.state().join("other")).unwrap();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    let link = world.state().join("agents");
    let (why, line) = (format!("symlink {} leads in a circle", link.display()), format!("rm {}", link.display()));
    told.finds("failure", "state.file", &why, &line);
}

#[tokio::test]
async fn a_state_folder_that_leads_nowhere() {
    let simulator = simulator(&["a"]).await;
    let base = simulator.base_url();
    let world = World::new();
    let state = world.state();
    symlink(&state, &state).unwrap();
    let told = doctor(&world, &base, &[]).await;
    let link = format!("rm {}", state.display());
    told.finds("failure", "configuration.settings", "Too many levels of symbolic links", &link);
    fs::remove_file(&state).unwrap();

    symlink("none", &state).unwrap();
    let told = doctor(&world, &base, &[]).await;
    told.finds("failure", "state.folder", "leads to nothing", &link);
    fs::remove_file(&state).unwrap();

    fs::write(&state, "a file").unwrap();
    let within = state.join("within");
    let told = doctor(&world, &base, &[("OPENCLAW_STATE_DIR", within.to_str().unwrap())]).await;
    let away = format!("mv {0} {0}.old", state.display());
    told.finds("failure", "state.folder", "is a file, where a folder has to be", &away);

    let long = world.home().join("long".repeat(100));
    let told = doctor(&world, &base, &[("OPENCLAW_STATE_DIR", long.to_str().unwrap())]).await;
    told.finds("failure", "configuration.settings", "File name too long", "OPENCLAW_STATE_DIR=/path");
}

#[tokio::test]
async fn modes_that_let_others_in() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    let open = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    open(&world.state(), 0o777);
    open(&world.models_json(), 0o644);
    open(&world.state().join("openclaw.json"), 0o644);
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    let chmod = |mode: &str, path: &std::path::Path| format!("chmod {mode} {}", path.display());
    told.works()
        .finds("warning", "state.mode", "has mode 777", &chmod("700", &world.state()))
        .finds("warning", "state.mode", "has mode 644", &chmod("600", &world.models_json()))
        .finds("warning", "state.mode", "openclaw.json has mode 644", "chmod 600");
}

#[tokio::test]
async fn a_symlink_a_hard_link_and_a_folder_in_the_file_s_place() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    let (file, elsewhere) = (world.models_json(), world.home().join("elsewhere.json"));
    fs::hard_link(&file, &elsewhere).unwrap();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "state.kind", "one of 2 hard links", "cp -pL ");
    fs::remove_file(&file).unwrap();
    symlink(&elsewhere, &file).unwrap();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "state.kind", "symlink to", "cp -pL ");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "state.kind", "no plain file", "mv ");
}

#[tokio::test]
async fn a_file_that_does_not_parse() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    write(&world.models_json(), "{\n  // mine\n  \"providers\": {\"x\": {\"apiKey\": \"hunter2\"}} }");
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "models-json.parses", "line 2, column 3: a comment", "JSON.parse");
    assert!(!told.json.to_string().contains("hunter2"));
}

#[tokio::test]
async fn another_provider_s_wrong_entry_by_which_everything_goes() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    file["providers"]["other"] = serde_json::json!({
        "baseUrl": "http://h/v1", "api": "openai-completions", "models": [{"id": "x", "reasoning": "yes"}],
    });
    write(&world.models_json(), &file.to_string());
    doctor(&world, &simulator.base_url(), &[])
        .await
        .finds("failure", "models-json.schema", "providers.other.models.0.reasoning must be true or false", "mend")
        .finds("warning", "models-json.schema", "providers.other.apiKey is missing", "mend");
    let config = world.state().join("openclaw.json");
    write(&config, r#"{"meta": {"lastTouchedVersion": "2026.2.12"}}"#);
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "models-json.schema", "providers.other.apiKey is missing", "mend");
}

#[tokio::test]
async fn a_file_that_is_behind_its_server() {
    let simulator = simulator(&["a", "b"]).await;
    let world = synced(&simulator, "{}").await;
    simulator.world().add(simulator::SimModel::chat("c"));
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "models-json.current", "1 model is not in it yet", "lmsync sync");
    simulator.world().remove("c");
    simulator.world().remove("b");
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.works().finds("warning", "models-json.current", "1 model is no longer listed", "lmsync sync");
}

#[tokio::test]
async fn a_clock_that_was_wrong_when_a_file_was_written() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{}").await;
    let file = fs::File::options().write(true).open(world.models_json()).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3 * 3_600)).unwrap();
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.works().finds("warning", "host.clock", "in the future", "set the clock");
}
