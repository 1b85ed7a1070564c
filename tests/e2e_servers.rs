//! What real servers, which others wrote, say of their models is what lmsync writes.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, http, tool};

/// A model with limits, one that only embeds, and every model of OpenAI that LiteLLM knows. The providers are never
/// asked: nobody listens at their address.
const LITELLM: &str = r#"
model_list:
  - model_name: local-qwen3
    litellm_params: { model: openai/qwen3, api_base: "http://127.0.0.1:9/v1", api_key: k }
    model_info: { mode: chat, max_input_tokens: 32768, max_output_tokens: 4096 }
  - model_name: embedder
    litellm_params: { model: openai/nomic, api_base: "http://127.0.0.1:9/v1", api_key: k }
    model_info: { mode: embedding }
  - model_name: "openai/*"
    litellm_params: { model: "openai/*", api_base: "http://127.0.0.1:9/v1", api_key: k }
"#;

/// Two routes that are names, of which one says what it can, and two that are patterns.
const LM_PROXY: &str = r#"
host = "127.0.0.1"
port = 0
[connections.mine]
api_type = "openai"
api_base = "http://127.0.0.1:9/v1"
api_key = "k"
[routing]
"qwen3-8b" = "mine.*"
"gpt*" = "mine.*"
"plain" = "mine.*"
"*" = "mine.*"
[model_info."qwen3-8b"]
context_length = 40960
max_output_tokens = 2048
[groups.default]
api_keys = ["letmein"]
"#;

#[tokio::test]
async fn litellm_s_limits_are_written_and_what_is_not_for_chat_is_left_out() {
    let world = World::new();
    let config = world.home().join("litellm.yaml");
    fs::write(&config, LITELLM).unwrap();
    let mut command = python("LMSYNC_TEST_LITELLM", &world);
    command
        // It starts without a key, and knows its prices without a download.
        .env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true")
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .args(["-c", "from litellm import run_server; run_server()"])
        .args(["--host", "127.0.0.1", "--port", "0", "--config"])
        .arg(&config);
    let (_server, base) = serving(&mut command, "Uvicorn running on ").await;
    let rows = synced(&world, &base, &[]).await;
    assert_eq!(limits(&rows, "local-qwen3"), json!([32_768, 32_768, 4_096]));
    let told = explained(&world, &base, "local-qwen3").await;
    assert!(told.contains("`max_input_tokens`, as LiteLLM"), "{told}");

    let listed = listed(&base).await;
    let of = |mode: &str| listed.iter().filter(|entry| entry["mode"] == mode).collect::<Vec<_>>();
    assert!(of("chat").len() > 50 && of("image_generation").len() > 20, "{} are listed", listed.len());
    for entry in of("chat") {
        let id = entry["id"].as_str().unwrap();
        if let (Some(context), Some(answer)) = (entry["max_input_tokens"].as_u64(), entry["max_output_tokens"].as_u64())
        {
            let answer = if answer < context { answer } else { context.min(8_192) };
            assert_eq!(limits(&rows, id), json!([context, context, answer]), "{entry}");
        }
    }
    for mode in ["embedding", "image_generation", "audio_transcription", "audio_speech", "moderation", "realtime"] {
        assert!(!of(mode).is_empty(), "{mode}");
        for entry in of(mode) {
            assert!(!rows.iter().any(|row| row["id"] == entry["id"]), "{entry}");
        }
    }
}

#[tokio::test]
async fn llama_cpp_s_context_is_the_one_that_it_runs_with() {
    let world = World::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/servers/llama_cpp.py");
    let mut command = python("LMSYNC_TEST_LLAMA_CPP", &world);
    command.arg(script).arg(world.home()).args(["4096", "2048"]);
    let (_server, base) = serving(&mut command, "listening on ").await;
    let rows = synced(&world, &base, &[]).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(limits(&rows, "tiny"), json!([4_096, 2_048, 2_048]));
    assert_eq!(rows[0]["input"], json!(["text"]));
    let told = explained(&world, &base, "tiny").await;
    for key in ["`meta.n_ctx`, as llama-server", "`meta.n_ctx_train`, as llama-server"] {
        assert!(told.contains(key), "{key}: {told}");
    }
}

#[tokio::test]
async fn lm_proxy_s_patterns_are_no_models() {
    let world = World::new();
    let config = world.home().join("lm-proxy.toml");
    fs::write(&config, LM_PROXY).unwrap();
    let mut command = python("LMSYNC_TEST_LM_PROXY", &world);
    command.args(["-m", "lm_proxy", "--config"]).arg(&config);
    let (_server, base) = serving(&mut command, "Uvicorn running on ").await;
    let rows = synced(&world, &base, &[("OPENAI_API_KEY", "letmein")]).await;
    assert_eq!(rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ["qwen3-8b", "plain"]);
    assert_eq!(limits(&rows, "qwen3-8b"), json!([40_960, 40_960, 2_048]));
    assert_eq!(limits(&rows, "plain"), json!([128_000, null, 8_192]));
}

/// A Python of `cargo xtask test`'s, with nothing of this machine's environment.
fn python(variable: &str, world: &World) -> Command {
    let mut command = Command::new(tool(variable));
    command
        .env_clear()
        .current_dir(world.home())
        .env("HOME", world.home())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("PYTHONUNBUFFERED", "1");
    command
}

/// Starts a server, and waits until it says where it listens: its address as a base.
async fn serving(command: &mut Command, says: &str) -> (Running, String) {
    let mut server = Running::start(command);
    let line = server.wait_for_line(&format!("{says}http://"), PATIENCE).await;
    let address = line.split(says).nth(1).unwrap().split_whitespace().next().unwrap();
    (server, format!("{address}/v1"))
}

/// The rows after one pass.
async fn synced(world: &World, base: &str, variables: &[(&str, &str)]) -> Vec<Value> {
    let mut command = lmsync(world, base);
    command.envs(variables.iter().copied()).arg("sync");
    Running::start(&mut command).finish(PATIENCE).await.success();
    let file: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    file["providers"]["lmstudio"]["models"].as_array().unwrap().clone()
}

async fn explained(world: &World, base: &str, id: &str) -> String {
    Running::start(lmsync(world, base).args(["explain", id])).finish(PATIENCE).await.success().stdout
}

/// The entries of the server's own list.
async fn listed(base: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&http::get(base.trim_end_matches("/v1"), "v1/models").await.body).unwrap();
    answer["data"].as_array().unwrap().clone()
}

/// A row's window, its context to work with, and its longest answer.
fn limits(rows: &[Value], id: &str) -> Value {
    let row = rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id} has no row"));
    ["contextWindow", "contextTokens", "maxTokens"].map(|field| row[field].clone()).to_vec().into()
}
