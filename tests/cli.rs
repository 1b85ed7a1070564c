//! The program as a person meets it: commands, exit codes, what is said, and what is left alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::PATIENCE;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::schema::assert_is;
use crate::support::world::World;
use rustix::process::Signal;
use serde_json::{Value, json};
use simulator::{Scenario, SimModel, Simulator};

async fn simulator(ids: &[&str]) -> Simulator {
    let simulator = Simulator::local().await.unwrap();
    simulator.world().set_models(ids.iter().map(|id| SimModel::chat(id)));
    simulator
}

/// Runs a command to its end.
async fn run(world: &World, base: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut command = lmsync(world, base);
    command.args(arguments).envs(environment.iter().copied());
    Running::start(&mut command).finish(PATIENCE).await
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

fn code(finished: &Finished) -> Option<i32> {
    finished.status.code()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_sync_writes_the_list_and_the_next_one_finds_it_true() {
    let (world, simulator) = (World::new(), simulator(&["a/b", "deepseek-r1"]).await);
    let base = simulator.base_url();
    let first = run(&world, &base, &["sync"], &[]).await.success();
    assert!(first.stdout.contains("  + a/b\n  + deepseek-r1\n"), "{}", first.stdout);
    assert_eq!(world.ids(), ["a/b", "deepseek-r1"]);
    let second = run(&world, &base, &["sync"], &[]).await.success();
    assert!(second.stdout.contains("is up to date"), "{}", second.stdout);

    let models = run(&world, &base, &["models"], &[]).await.success();
    let lines: Vec<&str> = models.stdout.lines().collect();
    assert!(lines[0].starts_with("ID") && lines[2].contains("deepseek-r1") && lines[2].contains("yes"), "{lines:?}");
    let models = json(&run(&world, &base, &["models", "--json"], &[]).await.success());
    assert_eq!(models["models"][1]["reasoning"], true);
    assert_eq!(models["models"][0]["maxTokens"], 8192);
}

#[tokio::test]
async fn a_persons_own_entry_keeps_its_api_and_what_is_replaced_is_named() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let base = simulator.base_url();
    let sync = async |base_url: &str, api: &str| {
        let entry = format!(
            r#"{{"providers": {{"lmstudio": {{"baseUrl": "{base_url}", "apiKey": "sk-SECRET", "api": "{api}",
                "headers": {{"x-mine": "1"}}, "models": []}}}}}}"#
        );
        write(&world.models_json(), &entry);
        let told = run(&world, &base, &["sync", "--dry-run", "--json"], &[]).await.success();
        let replaced = json(&told)["servers"][0]["files"][0]["replaced"].clone();
        let told = run(&world, &base, &["sync"], &[]).await.success();
        assert!(!told.stdout.contains("SECRET"), "{}", told.stdout);
        let file: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
        let entry = file["providers"]["lmstudio"].clone();
        assert_eq!(entry["headers"]["x-mine"], "1");
        (told.stdout, replaced, entry["api"].clone())
    };
    let (told, replaced, api) = sync(&base, "openai-responses").await;
    assert!(told.contains("  = apiKey, another one → lmstudio-local"), "{told}");
    assert!(!told.contains("= api ") && !told.contains("= baseUrl"), "{told}");
    assert_eq!((replaced, api), (json!(["apiKey"]), Value::from("openai-responses")));
    let (told, replaced, api) = sync("http://10.0.0.9/v1", "ollama").await;
    assert!(told.contains(&format!("  = baseUrl http://10.0.0.9/v1 → {base}\n")), "{told}");
    assert!(told.contains("  = api ollama → openai-completions\n"), "{told}");
    assert_eq!((replaced, api), (json!(["baseUrl", "apiKey", "api"]), Value::from("openai-completions")));
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_shows_the_diff_when_asked() {
    let (world, simulator) = (World::new(), simulator(&["a", "b"]).await);
    let base = simulator.base_url();
    let told = run(&world, &base, &["sync", "--dry-run"], &[]).await.success().stdout;
    assert!(told.ends_with("2 models would be added. Run `lmsync sync` to do it.\n"), "{told}");
    assert!(told.contains("  + a\n  + b\n") && !told.contains("\"id\""), "{told}");
    let told = run(&world, &base, &["sync", "--dry-run", "--diff"], &[]).await.success().stdout;
    assert!(told.contains("+          \"id\": \"a\",") && told.contains("2 models would be added."), "{told}");
    assert!(!world.models_json().exists());
    let told = json(&run(&world, &base, &["sync", "--dry-run", "--json"], &[]).await.success());
    assert_eq!((&told["written"], &told["added"][0]), (&Value::Bool(false), &Value::from("a")));
    run(&world, &base, &["sync"], &[]).await.success();
    let told = run(&world, &base, &["sync", "--dry-run"], &[]).await.success().stdout;
    assert!(told.ends_with("nothing would change\n"), "{told}");
    simulator.world().set_models([SimModel::chat("b"), SimModel::chat("c")]);
    let told = run(&world, &base, &["sync", "--dry-run"], &[]).await.success().stdout;
    assert!(told.ends_with("1 model would be added, 1 removed. Run `lmsync sync` to do it.\n"), "{told}");
}

#[tokio::test]
async fn a_quiet_command_prints_only_what_failed_and_what_it_was_asked_for() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let base = simulator.base_url();
    for (arguments, is_answer) in [
        (["sync", "--dry-run"].as_slice(), true),
        (&["sync"], false),
        (&["models"], true),
        (&["sync", "--json"], true),
        (&["remove", "--dry-run"], true),
        (&["remove"], false),
    ] {
        let told = run(&world, &base, &[&["-q"], arguments].concat(), &[]).await.success();
        assert_eq!(!told.stdout.is_empty(), is_answer, "{arguments:?}: {}", told.stdout);
        assert_eq!(told.stderr, "", "{arguments:?}");
    }
    simulator.stop().await;
    let told = run(&world, &base, &["sync", "-q"], &[]).await;
    assert!(code(&told) == Some(69) && told.stderr.contains("refused"), "{}", told.stderr);
}

#[tokio::test]
async fn a_change_that_several_agents_get_is_shown_once() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    write(&world.state().join("lmsync.toml"), "agents = [\"main\", \"work\"]");
    let told = run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    assert_eq!(told.stdout.matches("  + a\n").count(), 1, "{}", told.stdout);
    assert_eq!(told.stdout.matches("\nwrote ").count(), 2, "{}", told.stdout);
}

#[tokio::test]
async fn one_sync_confirms_a_removal_itself() {
    let (world, simulator) = (World::new(), simulator(&["a", "b"]).await);
    run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    simulator.world().remove("b");
    let told = run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    assert!(told.stdout.contains("asking again") && told.stdout.contains("  - b\n"), "{}", told.stdout);
    assert_eq!(world.ids(), ["a"]);
}

#[tokio::test]
async fn an_empty_list_removes_nothing() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    let before = fs::read(world.models_json()).unwrap();
    simulator.world().scenario(Scenario::EmptyList);
    let told = run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    assert!(told.stdout.contains("an empty list removes nothing"), "{}", told.stdout);
    assert_eq!(fs::read(world.models_json()).unwrap(), before);
}

#[tokio::test]
async fn only_what_is_ours_changes_in_a_shared_file() {
    let (world, simulator) = (World::new(), simulator(&["new"]).await);
    let text = r#"{"generatedBy":"me", "odd": [1.0, 1e5, -0, 12345678901234567890123, 0.1000],
        "providers": {
            "openai": {"baseUrl": "https://api", "models": [{"id": "x", "price": 1.50}]},
            "lmstudio": {"headers": {"a": "\u00e9"}, "models": [
                {"id": "new", "mine": 1.0, "compat": {"supportsStore": true, "more": null}}, {"id": "gone"}]},
            "ollama": {"models": []}, "zai": {"text": "\ud800 lone"}}, "last": null}"#;
    write(&world.models_json(), text);
    run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    let after = fs::read_to_string(world.models_json()).unwrap();
    for foreign in ["1.0", "1e5", "-0", "12345678901234567890123", "0.1000", "1.50", r"\u00e9", r"\ud800 lone"] {
        assert!(after.contains(foreign), "{foreign} is gone:\n{after}");
    }
    // A reader that knows no lone surrogates may read all but that one text.
    let read = |text: &str| serde_json::from_str::<Value>(&text.replace(r"\ud800", "")).unwrap();
    let (mut before, mut after) = (read(text), read(&after));
    let ours = after["providers"]["lmstudio"].take();
    before["providers"]["lmstudio"].take();
    assert_eq!(before, after);
    assert_eq!(ours["headers"]["a"], "é");
    assert_eq!(ours["models"].as_array().unwrap().len(), 1);
    let row = &ours["models"][0];
    assert_eq!((&row["mine"], &row["contextWindow"]), (&Value::from(1.0), &Value::from(131_072)));
    assert_eq!((&row["compat"]["supportsStore"], &row["compat"]["more"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(row["compat"]["maxTokensField"], "max_tokens");
}

#[tokio::test]
async fn a_file_that_does_not_parse_is_left_alone_and_not_quoted() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let text = "{ // mine\n \"apiKey\": \"hunter2\" }";
    write(&world.models_json(), text);
    let told = run(&world, &simulator.base_url(), &["sync"], &[]).await;
    assert_eq!(code(&told), Some(74), "{}", told.stderr);
    assert!(told.stderr.contains("line 1") && !told.stderr.contains("hunter2"), "{}", told.stderr);
    assert_eq!(fs::read_to_string(world.models_json()).unwrap(), text);
}

#[tokio::test]
async fn a_symbolic_link_is_reported_and_not_replaced() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let real = world.home().join("real.json");
    write(&real, "{\"providers\": {}}");
    fs::create_dir_all(world.models_json().parent().unwrap()).unwrap();
    symlink(&real, world.models_json()).unwrap();
    let told = run(&world, &simulator.base_url(), &["sync"], &[]).await;
    assert_eq!(code(&told), Some(73), "{}", told.stderr);
    assert!(told.stderr.contains("symlink"), "{}", told.stderr);
    assert!(fs::symlink_metadata(world.models_json()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "{\"providers\": {}}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let world = World::new();
    let simulator = simulator(&[]).await;
    let base = simulator.base_url();
    simulator.stop().await;
    let told = run(&world, &base, &["sync"], &[]).await;
    assert_eq!(code(&told), Some(69));
    for text in [base.as_str(), "refused", "is the server started", "`lmsync doctor`"] {
        assert!(told.stderr.contains(text), "{text} is missing: {}", told.stderr);
    }
    assert!(!world.state().exists());
}

#[tokio::test]
async fn a_refused_key_is_told_of_and_shown_nowhere() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    simulator.world().require_token(Some("sk-lm-AbCd1234:01234567890123456789".into()));
    let key = "sk-lm-XyZw9876:98765432109876543210";
    let told = run(&world, &simulator.base_url(), &["sync"], &[("OPENAI_API_KEY", key)]).await;
    assert_eq!(code(&told), Some(69));
    assert!(told.stderr.contains("OPENAI_API_KEY"), "{}", told.stderr);
    let all = format!("{}{}", told.stdout, told.stderr);
    assert!(!all.contains("XyZw") && !all.contains("9876"), "{all}");
    let config = run(&world, &simulator.base_url(), &["config"], &[("OPENAI_API_KEY", key)]).await.success();
    assert!(config.stdout.contains("(redacted)") && !config.stdout.contains("XyZw"), "{}", config.stdout);
}

#[tokio::test]
async fn an_error_body_and_another_program_are_no_empty_lists() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    let before = fs::read(world.models_json()).unwrap();
    for scenario in [Scenario::ErrorBody, Scenario::Html, Scenario::NotJson, Scenario::ServerError, Scenario::Oversized]
    {
        let shown = format!("{scenario:?}");
        simulator.world().scenario(scenario);
        let told = run(&world, &simulator.base_url(), &["sync"], &[]).await;
        assert_eq!(code(&told), Some(69), "{shown}: {}", told.stderr);
        assert_eq!(fs::read(world.models_json()).unwrap(), before, "{shown}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_ends_the_program_before_anything_happens() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let base = simulator.base_url();
    let told = run(&world, &base, &["run"], &[("LMSYNC_INTERVAL", "soon")]).await;
    assert_eq!(code(&told), Some(78));
    assert!(told.stderr.contains("LMSYNC_INTERVAL (from environment)"), "{}", told.stderr);
    let told = run(&world, &base, &["sync", "--interval", "1ms"], &[]).await;
    assert_eq!(code(&told), Some(78));
    assert!(told.stderr.contains("from --interval"), "{}", told.stderr);
    let told = run(&world, &base, &["sync"], &[("LMSYNC_AGENT", "../x")]).await;
    assert_eq!(code(&told), Some(78));
    assert_eq!(code(&run(&world, &base, &["sync", "--bogus"], &[]).await), Some(64));
    assert!(simulator.world().requests().is_empty() && !world.state().exists());
}

#[tokio::test]
async fn the_dotenv_file_is_a_layer_below_the_environment() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    fs::write(world.home().join(".env"), "LMSYNC_PROVIDER=mine\nLMSYNC_TIMEOUT=3s\nLMSYNC_INTERVALL=1s\n").unwrap();
    let told = run(&world, &simulator.base_url(), &["config", "--json"], &[("LMSYNC_TIMEOUT", "4s")]).await.success();
    let config = json(&told);
    assert_eq!(config["settings"]["LMSYNC_PROVIDER"]["origin"], ".env");
    assert_eq!(config["settings"]["LMSYNC_TIMEOUT"]["value"], "4s");
    assert_eq!(config["settings"]["LMSYNC_TIMEOUT"]["origin"], "environment");
    assert!(
        told.stderr.contains("LMSYNC_INTERVALL") && told.stderr.contains("mean LMSYNC_INTERVAL?"),
        "{}",
        told.stderr
    );
}

#[tokio::test]
async fn the_daemon_tells_each_change_of_state_once_and_stops_when_asked() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let base = simulator.base_url();
    let mut command = lmsync(&world, &base);
    command.args(["--interval", "100ms", "--log-format", "json"]);
    let mut daemon = Running::start(&mut command);
    daemon.wait_for_line("lmsync started", PATIENCE).await;
    let line = daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["added"], &line["added_count"]), (&json!(["a"]), &json!(1)));
    simulator.world().add(SimModel::chat("b"));
    daemon.wait_for_line(r#""added":["b"]"#, PATIENCE).await;
    simulator.world().scenario(Scenario::ErrorBody);
    let seen = simulator.world().requests().len();
    daemon.wait_for_line("does not list its models", PATIENCE).await;
    simulator.world().wait_for(|requests| requests.len() > seen + 5).await;
    simulator.world().scenario(Scenario::Normal);
    daemon.wait_for_line("answers again", PATIENCE).await;
    assert_eq!(daemon.transcript().matches("does not list its models").count(), 1, "{}", daemon.transcript());
    daemon.signal(Signal::TERM);
    let ended = daemon.finish(PATIENCE).await;
    assert_eq!(code(&ended), Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    assert_eq!(world.ids(), ["a", "b"]);
}

#[tokio::test]
async fn what_explain_says_is_what_the_file_has() {
    let (world, simulator) = (World::new(), simulator(&[]).await);
    simulator.world().set_models([
        SimModel::chat("plain"),
        SimModel::chat("vision/model").vision().max_context(131_072).loaded(32_768),
        SimModel::chat("deepseek-r1").max_context(8_000),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ]);
    let base = simulator.base_url();
    run(&world, &base, &["sync"], &[]).await.success();
    let file: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    let rows = file["providers"]["lmstudio"]["models"].as_array().unwrap();
    for id in ["plain", "vision/model", "deepseek-r1", "text-embedding-nomic-embed-text-v1.5"] {
        let told = json(&run(&world, &base, &["explain", "--json", id], &[]).await.success());
        let told = &told["in"][0];
        let row = rows.iter().find(|row| row["id"] == id);
        assert_eq!(told["offered"], row.is_some(), "{told:#}");
        assert_eq!(told["inFile"], row.is_some(), "{told:#}");
        for (field, said) in told["fields"].as_object().into_iter().flatten() {
            assert_eq!(said["value"], row.unwrap()[field], "{id} {field}");
            assert_ne!(said["why"], "", "{id} {field}");
        }
    }
    assert_eq!(world.ids().len(), 3);
}

#[tokio::test]
async fn explain_says_once_what_holds_for_several_agents_and_servers() {
    let (world, first, second) = (World::new(), simulator(&["a"]).await, simulator(&["a", "b"]).await);
    let rules = format!(
        "agents = [\"main\", \"work\"]\n[[server]]\nbase_url = \"{}\"\nprovider = \"attic\"\n",
        second.base_url()
    );
    write(&world.state().join("lmsync.toml"), &rules);
    let base = first.base_url();
    run(&world, &base, &["sync"], &[]).await.success();
    let told = run(&world, &base, &["explain", "a"], &[]).await.success().stdout;
    assert!(told.starts_with("a\n  provider  lmstudio, attic\n  agents    main, work\n  listed    yes\n"), "{told}");
    assert_eq!(told.matches("provider").count(), 1, "{told}");
    let told = run(&world, &base, &["explain", "b"], &[]).await.success().stdout;
    assert_eq!(told.matches("  agents    main, work\n").count(), 2, "{told}");
}

#[tokio::test]
async fn explain_says_what_the_file_and_the_daemon_know_while_the_server_is_down() {
    let (world, simulator) = (World::new(), simulator(&["a"]).await);
    let base = simulator.base_url();
    write(&world.state().join("lmsync.toml"), "exclude = [\"b*\"]");
    simulator.world().add(SimModel::chat("b/old"));
    let mut command = lmsync(&world, &base);
    command.args(["run", "--interval", "100ms", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    let mut daemon = Running::start(&mut command);
    daemon.wait_for_line("models_refreshed", PATIENCE).await;
    simulator.stop().await;
    daemon.wait_for_line("server_fails", PATIENCE).await;
    for (id, said) in [
        ("a", ["in file   yes", "daemon    offers it"]),
        ("b/old", ["in file   no", "daemon    left it out when the server last listed it: excluded by \"b*\""]),
        ("a2", ["in file   no", "the nearest that there are: a"]),
    ] {
        let told = run(&world, &base, &["explain", id], &[]).await;
        assert!(code(&told) == Some(69) && told.stderr.contains("refused"), "{}", told.stderr);
        for said in said.into_iter().chain(["listed    not known"]) {
            assert!(told.stdout.contains(said), "{said}: {}", told.stdout);
        }
    }
    let told = json(&run(&world, &base, &["explain", "a", "--json"], &[]).await);
    assert_eq!((&told["in"][0]["inFile"], &told["in"][0]["daemon"]["state"]), (&json!(true), &json!("offered")));
    assert_is(&told, "explain");
}

#[tokio::test]
async fn the_demo_shows_an_addition_in_a_real_file() {
    let (world, simulator) = (World::new(), simulator(&[]).await);
    let told =
        run(&world, &simulator.base_url(), &["demo", "--for", "1s"], &[("TMPDIR", world.home().to_str().unwrap())])
            .await;
    let told = told.success();
    let path = told.stdout.lines().find_map(|line| line.strip_prefix("lmsync keeps ")).unwrap();
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(file["providers"]["lmstudio"]["models"][0]["id"], "openai/gpt-oss-20b");
    assert!(told.stdout.contains("  + openai/gpt-oss-20b\n"), "{}", told.stdout);
    assert!(told.stdout.contains("\nIts page is http://127.0.0.1:"), "{}", told.stdout);
    assert!(told.stdout.contains("`lmsync doctor`"), "what next: {}", told.stdout);
}

#[tokio::test]
async fn completions_and_help_name_every_command() {
    let (world, simulator) = (World::new(), simulator(&[]).await);
    let help = run(&world, &simulator.base_url(), &["--help"], &[]).await.success().stdout;
    let completions = run(&world, &simulator.base_url(), &["completions", "bash"], &[]).await.success().stdout;
    for command in ["run", "sync", "models", "explain", "config", "demo", "completions"] {
        assert!(help.contains(&format!("  {command}")) && completions.contains(command), "{command}");
    }
}

#[tokio::test]
async fn the_manual_page_tells_of_every_command() {
    let world = World::new();
    let page = run(&world, "http://127.0.0.1:9/v1", &["man"], &[]).await.success().stdout;
    assert!(page.contains(".TH lmsync 1"), "{page}");
    for command in ["run", "sync", "explain", "doctor"] {
        assert!(page.contains(&format!("lmsync\\-{command}(1)")), "{command}: {page}");
    }
}
