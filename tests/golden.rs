//! What LM Studio's documented answers become in models.json, version by version, over real HTTP.

use std::fs;

use crate::support::PATIENCE;
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::world::World;
use serde_json::{Value, json};
use simulator::Simulator;

const V1: &str = include_str!("../crates/adapters-http/tests/fixtures/api-v1-models.json");
const V0: &str = include_str!("../crates/adapters-http/tests/fixtures/api-v0-models.json");
const OPENROUTER: &str = include_str!("../crates/adapters-http/tests/fixtures/api-v1-models-openrouter.json");
const UNKNOWN: &str = r#"{"error":"Unexpected endpoint or method."}"#;

/// Syncs from a server that lists these ids and answers its own two paths with these texts; tells the rows.
async fn rows(ids: &[&str], v1: &str, v0: &str) -> Vec<Value> {
    let (world, simulator) = (World::new(), Simulator::local().await.unwrap());
    let entries: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "object": "model" })).collect();
    let answers = simulator.world();
    answers.answer("/v1/models", 200, json!({ "data": entries, "object": "list" }).to_string());
    answers.answer("/api/v1/models", 200, v1);
    answers.answer("/api/v0/models", 200, v0);
    Running::start(lmsync(&world, &simulator.base_url()).arg("sync")).finish(PATIENCE).await.success();
    let file: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    file["providers"]["lmstudio"]["models"].as_array().unwrap().clone()
}

/// Id, name, window, context to work with, longest answer, input, reasoning.
fn told(row: &Value) -> Value {
    json!([
        row["id"],
        row["name"],
        row["contextWindow"],
        row["contextTokens"],
        row["maxTokens"],
        row["input"],
        row["reasoning"]
    ])
}

#[tokio::test]
async fn lm_studio_0_4_tells_the_truth_of_each_instance() {
    let ids = [
        "google/gemma-4-26b-a4b",
        "qwen/qwen3-8b",
        "qwen/qwen3-8b:2",
        "my coder",
        "next/holo-1",
        "text-embedding-nomic-embed-text-v1.5-embedding",
        "deepseek-r1-unlisted",
    ];
    let rows = rows(&ids, V1, UNKNOWN).await;
    let expected = [
        json!(["google/gemma-4-26b-a4b", "Gemma 4 26B A4B", 262_144, 4_096, 4_096, ["text", "image"], true]),
        // Its one reasoning option is `off`. Each instance has its own context, the key the smallest of them.
        json!(["qwen/qwen3-8b", "Qwen3 8B", 40_960, 4_096, 4_096, ["text"], false]),
        json!(["qwen/qwen3-8b:2", "Qwen3 8B", 40_960, 32_768, 8_192, ["text"], false]),
        json!(["my coder", "Qwen3 8B", 40_960, 4_096, 4_096, ["text"], false]),
        // A kind from the future, nulls and nonsense cost a fact each, never the model.
        json!(["next/holo-1", "next/holo-1", 128_000, null, 8_192, ["text"], false]),
        json!(["deepseek-r1-unlisted", "deepseek-r1-unlisted", 128_000, null, 8_192, ["text"], true]),
    ];
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn lm_studio_0_3_tells_what_it_can() {
    let ids = ["google/gemma-3-4b", "qwen2.5-7b-instruct@4bit", "text-embedding-nomic-embed-text-v1.5"];
    let rows = rows(&ids, UNKNOWN, V0).await;
    let expected = [
        json!(["google/gemma-3-4b", "google/gemma-3-4b", 131_072, 12_918, 8_192, ["text", "image"], false]),
        json!(["qwen2.5-7b-instruct@4bit", "qwen2.5-7b-instruct@4bit", 32_768, 32_768, 8_192, ["text"], false]),
    ];
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn of_another_server_nothing_is_guessed() {
    let ids = ["qwen/qwen3-8b", "text-embedding-nomic-embed-text-v1.5"];
    for v1 in [OPENROUTER, UNKNOWN, "<html>not here</html>"] {
        let rows = rows(&ids, v1, UNKNOWN).await;
        let expected = ids.map(|id| json!([id, id, 128_000, null, 8_192, ["text"], false]));
        assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected, "{v1}");
    }
}
