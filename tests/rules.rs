//! The user's own rules, several agents and several servers: each obeyed, each failing alone, and explained as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::PATIENCE;
use crate::support::daemon::{Daemon, REFRESHED};
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::studio::Studio;
use crate::support::world::World;
use serde_json::{Value, json};
use simulator::{Credential, Scenario, SimModel};

const INTERVAL: (&str, &str) = ("LMSYNC_INTERVAL", "100ms");

/// What the log says when `lmsync.toml` has changed.
const READ_AGAIN: &str = "are read again from lmsync.toml";
const NOT_USED: &str = "lmsync.toml cannot be used";

/// Runs a command to its end.
async fn run(world: &World, studio: &Studio, arguments: &[&str]) -> Finished {
    Running::start(lmsync(world, &studio.base()).args(arguments)).finish(PATIENCE).await
}

async fn run_json(world: &World, studio: &Studio, arguments: &[&str]) -> Value {
    let finished = run(world, studio, arguments).await.success();
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

/// Writes a file whole, as editors do, so that nobody ever reads half of it.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let whole = path.with_extension("new");
    fs::write(&whole, text).unwrap();
    fs::rename(whole, path).unwrap();
}

/// The user's rules.
fn write_rules(world: &World, text: &str) {
    write(&world.state().join("lmsync.toml"), text);
}

fn models_json(world: &World, agent: &str) -> PathBuf {
    world.state().join("agents").join(agent).join("agent/models.json")
}

/// An agent's file as JSON.
fn file(world: &World, agent: &str) -> Value {
    serde_json::from_slice(&fs::read(models_json(world, agent)).unwrap()).unwrap()
}

/// The rows of a provider in an agent's file; none where there is no such provider, or no file yet.
fn rows(world: &World, agent: &str, provider: &str) -> Vec<Value> {
    let Ok(text) = fs::read(models_json(world, agent)) else { return Vec::new() };
    let file: Value = serde_json::from_slice(&text).unwrap();
    file["providers"][provider]["models"].as_array().cloned().unwrap_or_default()
}

fn ids(world: &World, agent: &str, provider: &str) -> Vec<String> {
    rows(world, agent, provider).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The row of a model in the main agent's file.
fn row(world: &World, id: &str) -> Value {
    let rows = rows(world, "main", "lmstudio");
    rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id}: {rows:#?}")).clone()
}

/// What `explain` says of an id, in one place and held against that place's file.
fn assert_explained(world: &World, agent: &str, told: &Value, id: &str) {
    let provider = told["provider"].as_str().unwrap();
    assert_eq!(told["file"], models_json(world, agent).to_str().unwrap());
    let rows = rows(world, agent, provider);
    let row = rows.iter().find(|row| row["id"] == id);
    assert_eq!(told["inFile"], row.is_some(), "{id} in {agent}: {told:#}");
    assert_eq!(told["offered"], row.is_some(), "{id} in {agent}: {told:#}");
    let fields = told["fields"].as_object();
    assert_eq!(fields.is_some(), row.is_some(), "{id} in {agent}: {told:#}");
    for (field, said) in fields.into_iter().flatten() {
        assert_eq!(said["value"], row.unwrap()[field], "{id} {field}");
        assert_ne!(said["why"], "", "{id} {field}");
    }
}

#[tokio::test]
async fn rules_decide_what_is_offered_and_what_is_said_of_it_and_explain_tells() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    studio.world().set_models([
        SimModel::chat("qwen/qwen3-8b").loaded(32_768),
        SimModel::chat("qwen/qwen3-vl").vision().max_context(262_144),
        SimModel::chat("qwen/qwen3-draft"),
        SimModel::chat("mistralai/devstral"),
        SimModel::chat("deepseek-r1").max_context(4_096),
        SimModel::embedding("text-embedding-qwen3"),
    ]);
    write_rules(
        &world,
        r#"
        include = ["qwen/*", "deepseek-r?", "text-*"]
        exclude = ["*-draft"]
        [[override]]
        match = "qwen/*"
        name = "Qwen at home"
        context_tokens = 16_384
        [[override]]
        match = "*-8b"
        name = "Qwen, the smaller"
        max_tokens = 2_048
        reasoning = true
        input = ["text", "image"]
        "#,
    );
    let told = run(&world, &studio, &["sync"]).await.success();
    assert!(told.stdout.contains("lists 6 models, 3 left out"), "{}", told.stdout);
    assert_eq!(world.ids(), ["qwen/qwen3-8b", "qwen/qwen3-vl", "deepseek-r1"]);

    let fields = |id: &str| {
        let row = row(&world, id);
        ["name", "contextWindow", "contextTokens", "maxTokens", "reasoning", "input"].map(|field| row[field].clone())
    };
    // The later entry wins, field by field; what no entry says is as the server says.
    let both = json!(["text", "image"]);
    assert_eq!(json!(fields("qwen/qwen3-8b")), json!(["Qwen, the smaller", 131_072, 16_384, 2_048, true, both]));
    assert_eq!(json!(fields("qwen/qwen3-vl")), json!(["Qwen at home", 262_144, 16_384, 8_192, false, both]));
    assert_eq!(json!(fields("deepseek-r1")), json!(["Deepseek R1", 4_096, 4_096, 4_096, true, ["text"]]));

    for (id, left_out) in [
        ("qwen/qwen3-8b", None),
        ("qwen/qwen3-vl", None),
        ("deepseek-r1", None),
        ("qwen/qwen3-draft", Some(r#"excluded by "*-draft""#)),
        ("mistralai/devstral", Some("not among what you include")),
        ("text-embedding-qwen3", Some("the server says that it is an embedding model")),
    ] {
        let told = run_json(&world, &studio, &["explain", "--json", id]).await;
        let told = &told["in"][0];
        assert_explained(&world, "main", told, id);
        assert_eq!(told["leftOut"].as_str(), left_out, "{told:#}");
        assert_eq!(told["listed"], true, "{told:#}");
    }
    let told = run_json(&world, &studio, &["explain", "--json", "qwen/qwen3-8b"]).await;
    let why = |field: &str| told["in"][0]["fields"][field]["why"].as_str().unwrap().to_owned();
    assert_eq!(why("name"), r#"by your override 2 (match = "*-8b")"#);
    assert_eq!(why("contextTokens"), r#"by your override 1 (match = "qwen/*")"#);
    assert!(why("contextWindow").starts_with("as the server says"), "{}", why("contextWindow"));
    let told = run(&world, &studio, &["explain", "qwen/qwen3-8b"]).await.success().stdout;
    for text in ["listed    yes", "in file   yes", "loaded with 32768 tokens", "16384"] {
        assert!(told.contains(text), "{text} is missing:\n{told}");
    }
}

#[tokio::test]
async fn rules_are_read_anew_and_a_bad_edit_leaves_the_last_good_ones_in_force() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    let mut daemon = Daemon::start(&world, &studio, None, &[INTERVAL]);
    daemon.wait_for_change("added", "b").await;

    // What the user leaves out goes at once: that is no rumour.
    write_rules(&world, "exclude = [\"b\"]\n");
    daemon.wait_for(READ_AGAIN).await;
    daemon.wait_for_change("removed", "b").await;
    assert_eq!(world.ids(), ["a"]);

    let secret = "sk-lm-AbCd1234:01234567890123456789";
    for (line, key, text) in [
        (2, "inclde", "\ninclde = [\"a\"]\n".into()),
        (3, "override.max_tokens", "[[override]]\nmatch = \"a\"\nmax_tokens = \"many\"\n".into()),
        (4, "server.key", format!("[[server]]\nbase_url = \"h:1\"\nprovider = \"p\"\nkey = \"{secret}\"\n")),
    ] {
        write_rules(&world, &text);
        let warning = daemon.wait_for(NOT_USED).await;
        let error = warning["error"].as_str().unwrap();
        for part in ["lmsync.toml", &format!("line {line}: `{key}`")] {
            assert!(error.contains(part), "{part} is missing: {warning}");
        }
    }
    studio.add("c");
    daemon.wait_for_change("added", "c").await;
    assert_eq!(world.ids(), ["a", "c"], "b is still left out");
    assert_eq!(warnings(&daemon, NOT_USED), 3, "each bad edit once: {:#?}", daemon.warnings());
    assert!(!daemon.transcript().contains("AbCd1234"), "{}", daemon.transcript());

    // The same text at the start ends the program instead.
    let told = run(&world, &studio, &["sync"]).await;
    assert_eq!(told.status.code(), Some(78), "{}", told.stderr);
    assert!(told.stderr.contains("line 4: `server.key`") && !told.stderr.contains("AbCd"), "{}", told.stderr);

    write_rules(&world, "[[override]]\nmatch = \"a\"\nname = \"Mine\"\n");
    daemon.wait_for(READ_AGAIN).await;
    daemon.wait_for_change("added", "b").await;
    assert_eq!((world.ids(), &row(&world, "a")["name"]), (vec_of(["a", "b", "c"]), &json!("Mine")));

    fs::remove_file(world.state().join("lmsync.toml")).unwrap();
    daemon.wait_for(READ_AGAIN).await;
    daemon.wait_for_change("changed", "a").await;
    assert_eq!(row(&world, "a")["name"], "A");
    daemon.stop().await;
}

#[tokio::test]
async fn with_a_broken_file_and_a_server_down_all_others_stay_true() {
    const KEY: &str = "sk-lm-AbCd1234:01234567890123456789";
    const BROKEN: &str = "{ \"providers\": { // mine\n";
    let world = World::new();
    let (first, second) = (Studio::start(&["a", "b"]).await, Studio::start(&["llama-1", "other"]).await);
    second.world().require_token(Some(KEY.into()));
    let down = Studio::start(&["unheard"]).await;
    let down_base = down.base();
    drop(down);

    let attic = json!({ "baseUrl": down_base, "apiKey": "k", "api": "openai-completions",
        "models": [{ "id": "kept", "name": "Kept" }] });
    let foreign = json!({ "baseUrl": "http://127.0.0.1:9/v1", "models": [] });
    let text = json!({ "providers": { "attic": attic, "ollama": foreign } }).to_string();
    write(&models_json(&world, "main"), &text);
    write(&models_json(&world, "broken"), BROKEN);
    fs::create_dir_all(models_json(&world, "work").parent().unwrap()).unwrap();
    write_rules(
        &world,
        &format!(
            "agents = \"*\"\n\
             [[server]]\nbase_url = \"{}\"\nprovider = \"workstation\"\nkey_env = \"WORKSTATION_KEY\"\n\
             include = [\"llama*\"]\n\
             [[server]]\nbase_url = \"{down_base}\"\nprovider = \"attic\"\n",
            second.base(),
        ),
    );
    let mut daemon = Daemon::start(&world, &first, None, &[INTERVAL, ("WORKSTATION_KEY", KEY)]);
    for agent in ["main", "work"] {
        until(&mut daemon, REFRESHED, || {
            ids(&world, agent, "lmstudio") == ["a", "b"] && ids(&world, agent, "workstation") == ["llama-1"]
        })
        .await;
    }
    let main = &file(&world, "main")["providers"];
    assert_eq!((&main["attic"], &main["ollama"]), (&attic, &foreign), "nobody knows better");
    assert_eq!(main["workstation"]["baseUrl"], second.base());
    assert_eq!(rows(&world, "work", "attic"), Vec::<Value>::new());
    assert_eq!(fs::read_to_string(models_json(&world, "broken")).unwrap(), BROKEN);

    // Each has its own key, and no other's.
    let credentials = |studio: &Studio| studio.world().requests().iter().map(|r| r.credential).collect::<Vec<_>>();
    assert!(credentials(&second).iter().all(|shown| *shown == Credential::Accepted), "{:?}", credentials(&second));

    // One that comes later is served too, and a change reaches everybody.
    fs::create_dir_all(models_json(&world, "later").parent().unwrap()).unwrap();
    until(&mut daemon, REFRESHED, || ids(&world, "later", "workstation") == ["llama-1"]).await;
    second.add("llama-2");
    for agent in ["main", "work", "later"] {
        until(&mut daemon, REFRESHED, || ids(&world, agent, "workstation") == ["llama-1", "llama-2"]).await;
    }
    // Repaired, it is served as well.
    write(&models_json(&world, "broken"), "{}");
    until(&mut daemon, REFRESHED, || {
        ids(&world, "broken", "lmstudio") == ["a", "b"]
            && ids(&world, "broken", "workstation") == ["llama-1", "llama-2"]
    })
    .await;
    for (told, times) in [("does not list its models", 1), ("cannot be updated", 2)] {
        assert_eq!(warnings(&daemon, told), times, "{told}: {:#?}", daemon.warnings());
    }
    assert!(!daemon.transcript().contains("AbCd1234"), "{}", daemon.transcript());
    daemon.stop().await;
}

#[tokio::test]
async fn explain_is_right_about_every_id_in_every_file_and_says_where_it_cannot_know() {
    let world = World::new();
    let (first, second) = (Studio::start(&["a", "llama-1"]).await, Studio::start(&["llama-1", "other"]).await);
    let down = Studio::start(&[]).await;
    let rules = format!(
        "agents = [\"main\", \"broken\", \"work\"]\nexclude = [\"llama*\"]\n\
         [[server]]\nbase_url = \"{}\"\nprovider = \"workstation\"\ninclude = [\"llama*\"]\n\
         [[server]]\nbase_url = \"{}\"\nprovider = \"attic\"\n",
        second.base(),
        down.base(),
    );
    drop(down);
    write_rules(&world, &rules);
    write(&models_json(&world, "broken"), "{");
    let told = run(&world, &first, &["sync"]).await;
    assert!(!told.status.success(), "the exit code says that something failed: {}", told.stdout);
    for agent in ["main", "work"] {
        assert_eq!(
            (ids(&world, agent, "lmstudio"), ids(&world, agent, "workstation")),
            (vec_of(["a"]), vec_of(["llama-1"]))
        );
    }

    for id in ["a", "llama-1", "other", "nobody"] {
        let told = run(&world, &first, &["explain", "--json", id]).await;
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        let places = told["in"].as_array().unwrap();
        // Three agents of three servers, one of which is down.
        assert_eq!(places.len(), 9, "{told:#}");
        let broken = models_json(&world, "broken");
        for place in places {
            if place["file"] == broken.to_str().unwrap() {
                assert!(place["error"].as_str().unwrap().contains("line 1"), "{place}");
            } else if place["provider"] == "attic" {
                assert!(place["error"].as_str().unwrap().contains("refused"), "{place}");
            } else {
                let agent = if place["file"].as_str().unwrap().contains("agents/work/") { "work" } else { "main" };
                assert_explained(&world, agent, place, id);
            }
        }
        let told = run(&world, &first, &["explain", id]).await;
        assert_eq!(told.status.code(), Some(74), "a file cannot be read: {}", told.stderr);
        let text = told.stdout;
        assert!(text.contains(broken.to_str().unwrap()) && text.contains("attic\n  agents    main, work\n"), "{text}");
    }
}

#[tokio::test]
async fn what_others_added_to_our_entries_survives_every_sync() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    run(&world, &studio, &["sync"]).await.success();
    let mut file = file(&world, "main");
    let entry = &mut file["providers"]["lmstudio"];
    entry["headers"] = json!({ "x-title": "mine" });
    let row = &mut entry["models"][0];
    row["headers"] = json!({ "x-model": "a" });
    row["params"] = json!({ "temperature": 0.2 });
    row["compat"]["thinkingFormat"] = json!("qwen");
    row["compat"]["supportsDeveloperRole"] = json!(true);
    let before = row.clone();
    write(&world.models_json(), &file.to_string());

    // Another field of the row, another row, and one less.
    write_rules(&world, "exclude = [\"b\"]\n[[override]]\nmatch = \"*\"\nmax_tokens = 1024\n");
    studio.add("c");
    run(&world, &studio, &["sync"]).await.success();
    assert_eq!(world.ids(), ["a", "c"]);
    let mut after = crate::rules::row(&world, "a");
    assert_eq!(after["maxTokens"], 1_024);
    after["maxTokens"] = before["maxTokens"].clone();
    assert_eq!(after, before, "nothing else has changed");
    assert_eq!(crate::rules::file(&world, "main")["providers"]["lmstudio"]["headers"]["x-title"], "mine");
    let told = run(&world, &studio, &["sync"]).await.success();
    assert!(told.stdout.contains("is up to date"), "{}", told.stdout);
}

#[tokio::test]
async fn a_model_that_is_loaded_with_another_context_is_written_anew() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let mut daemon = Daemon::start(&world, &studio, None, &[INTERVAL]);
    daemon.wait_for_change("added", "a").await;
    assert_eq!(row(&world, "a")["contextTokens"], 64_000);
    studio.world().load("a", 32_768).unwrap();
    // Other ids are a reason to ask for facts again; else it is done once a minute.
    studio.add("b");
    daemon.wait_for_change("changed", "a").await;
    assert_eq!(row(&world, "a")["contextTokens"], 32_768);
    daemon.stop().await;
}

#[tokio::test]
async fn a_removal_is_held_until_it_is_confirmed_and_told_of_meanwhile() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    let mut daemon = Daemon::start(&world, &studio, None, &[("LMSYNC_INTERVAL", "1s")]);
    daemon.wait_for_change("added", "b").await;
    studio.world().remove("b");
    let held = daemon.wait_for("missing from its list; asking again").await;
    assert_eq!((&held["held"], &held["held_count"]), (&json!(["b"]), &json!(1)), "{held}");
    assert_eq!(world.ids(), ["a", "b"], "held");
    let held = SystemTime::now();
    daemon.wait_for_change("removed", "b").await;
    assert_eq!(world.ids(), ["a"]);
    assert!(held.elapsed().unwrap() >= Duration::from_secs(1), "not before it was confirmed");
    daemon.stop().await;
}

#[tokio::test]
async fn an_empty_list_is_believed_after_as_long_as_the_user_says() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    let mut daemon = Daemon::start(&world, &studio, None, &[INTERVAL, ("LMSYNC_EMPTY_AFTER", "3s")]);
    daemon.wait_for_change("added", "b").await;
    studio.world().scenario(Scenario::EmptyList);
    let warning = daemon.wait_for("lists no model; what is known stays").await;
    let empty = SystemTime::now();
    assert_eq!(warning["held_count"], 2, "{warning}");
    let told = run_json(&world, &studio, &["sync", "--json"]).await;
    let held = json!([{ "id": "a", "reason": "list-empty" }, { "id": "b", "reason": "list-empty" }]);
    assert_eq!((&told["servers"][0]["held"], &told["written"]), (&held, &json!(false)), "{told:#}");
    let told = run_json(&world, &studio, &["explain", "--json", "a"]).await;
    assert!(told["in"][0]["held"].as_str().unwrap().contains("empty"), "{told:#}");
    assert_eq!(world.ids(), ["a", "b"]);

    daemon.wait_for_change("removed", "a").await;
    let lasted = empty.elapsed().unwrap();
    let told = Duration::from_secs(2)..Duration::from_secs(30);
    assert!(told.contains(&lasted), "neither before its time nor a minute later, as by default: {lasted:?}");
    assert_eq!(world.ids(), Vec::<String>::new());
    studio.world().scenario(Scenario::Normal);
    daemon.wait_for_change("added", "a").await;
    assert_eq!(world.ids(), ["a", "b"]);
    assert_eq!(warnings(&daemon, "lists no model"), 1, "{:#?}", daemon.warnings());
    daemon.stop().await;
}

/// How many warnings say that.
fn warnings(daemon: &Daemon, told: &str) -> usize {
    daemon.warnings().iter().filter(|warning| warning.contains(told)).count()
}

/// Waits for as many lines of the log as it takes until something is so.
async fn until(daemon: &mut Daemon, sentence: &str, so: impl Fn() -> bool) {
    while !so() {
        daemon.wait_for(sentence).await;
    }
}

fn vec_of<const N: usize>(ids: [&str; N]) -> Vec<String> {
    ids.map(str::to_owned).into()
}
