//! What lists say of their models, server by server: the rows that follow, and what is left out by the server's word.
//!
//! The answers are written from each server's published code or from public reports, with other names and values.

use serde_json::{Value, json};
use simulator::Scenario;

use super::incomplete::{answer, run};
use crate::support::schema::assert_is;
use crate::support::studio::Studio;
use crate::support::world::World;

/// An answer, and what is right for it.
struct Case {
    server: &'static str,
    body: String,
    /// Their ids, names, contextWindow, contextTokens, maxTokens, input, reasoning.
    rows: Vec<Value>,
    left_out: &'static [(&'static str, &'static str)],
}

impl Case {
    /// A list of these entries.
    fn of(server: &'static str, entries: Value, rows: Vec<Value>) -> Self {
        let body = json!({ "object": "list", "data": entries }).to_string();
        Self { server, body, rows, left_out: &[] }
    }

    fn without(self, left_out: &'static [(&'static str, &'static str)]) -> Self {
        Self { left_out, ..self }
    }
}

/// A row of a model of which nothing is stated.
pub(super) fn unknown(id: &str) -> Value {
    json!([id, id, 128_000, null, 8_192, ["text"], false])
}

/// What other servers answer, as their published code says.
fn published() -> Vec<Case> {
    let images = json!(["text", "image"]);
    vec![
        Case::of(
            "llama-server's router",
            json!([
                { "id": "qwen3", "object": "model", "owned_by": "llamacpp", "created": 1,
                  "status": { "value": "unloaded", "args": ["llama-server", "--ctx-size", "24576", "-ngl", "99"] } },
                { "id": "broken", "object": "model", "status": { "value": "unloaded", "failed": true, "exit_code": 1 } },
            ]),
            vec![json!(["qwen3", "qwen3", 24_576, 24_576, 8_192, ["text"], false]), unknown("broken")],
        ),
        Case::of(
            "TabbyAPI",
            json!([{ "id": "m", "object": "model", "owned_by": "tabbyAPI", "logging": null,
                "parameters": { "max_seq_len": 8192, "rope_scale": 1.0, "use_vision": true } }]),
            vec![json!(["m", "m", 8_192, 8_192, 8_192, images, false])],
        ),
        Case::of(
            "Foundry Local",
            json!([{ "id": "phi-4-cpu", "vision": false, "toolCalling": true, "maxInputTokens": 16_384,
                "maxOutputTokens": 2_048, "parent": null }]),
            vec![json!(["phi-4-cpu", "phi-4-cpu", 16_384, 16_384, 2_048, ["text"], false])],
        ),
        Case::of(
            "GPUStack",
            json!([
                { "id": "q", "categories": ["llm"],
                  "meta": { "n_ctx": 32_768, "n_ctx_train": 40_960, "support_vision": true, "support_reasoning": true } },
                { "id": "e", "categories": ["embedding"], "meta": {} },
            ]),
            vec![json!(["q", "q", 40_960, 32_768, 8_192, images, true])],
        )
        .without(&[("e", "an embedding model")]),
        Case::of(
            "Groq",
            json!([{ "id": "m", "active": true, "context_window": 131_072, "max_completion_tokens": 32_768 }]),
            vec![json!(["m", "m", 131_072, 131_072, 32_768, ["text"], false])],
        ),
        Case::of(
            "Mistral",
            json!([
                { "id": "large", "capabilities": { "completion_chat": true, "vision": true, "function_calling": true },
                  "max_context_length": 131_072, "type": "base" },
                { "id": "embed", "capabilities": { "completion_chat": false, "vision": false },
                  "max_context_length": 8_192, "type": "base" },
            ]),
            vec![json!(["large", "large", 131_072, 131_072, 8_192, images, false])],
        )
        .without(&[("embed", "something else than chat")]),
        Case::of(
            "OpenRouter",
            json!([
                { "id": "a/b", "name": "A: B", "context_length": 200_000,
                  "architecture": { "input_modalities": ["text", "image"], "output_modalities": ["text"] },
                  "pricing": { "prompt": "0.0000025", "completion": "0.00001" },
                  "top_provider": { "context_length": 128_000, "max_completion_tokens": 16_384 },
                  "supported_parameters": ["tools", "reasoning"] },
                { "id": "a/image", "architecture": { "output_modalities": ["image"] } },
            ]),
            vec![json!(["a/b", "A: B", 128_000, 128_000, 16_384, images, true])],
        )
        .without(&[("a/image", "an image model")]),
        Case::of(
            "exo",
            json!([
                { "id": "m", "name": "Llama", "context_length": 8_192, "tasks": ["TextGeneration"], "tags": [] },
                { "id": "flux", "tasks": ["TextToImage", "ImageToImage"] },
            ]),
            vec![json!(["m", "Llama", 8_192, 8_192, 8_192, ["text"], false])],
        )
        .without(&[("flux", "an image model")]),
        Case::of(
            "Xinference",
            json!([
                { "id": "q", "model_type": "LLM", "context_length": 32_768, "model_ability": ["chat", "vision"] },
                { "id": "r", "model_type": "rerank" },
                { "id": "s", "model_type": "audio" },
            ]),
            vec![json!(["q", "q", 32_768, 32_768, 8_192, images, false])],
        )
        .without(&[("r", "a reranking model"), ("s", "a speech model")]),
        Case::of(
            "new-api",
            json!([
                { "id": "c", "supported_endpoint_types": ["anthropic", "openai"] },
                { "id": "i", "supported_endpoint_types": ["image-generation"] },
                { "id": "r", "supported_endpoint_types": ["jina-rerank"] },
            ]),
            vec![unknown("c")],
        )
        .without(&[("i", "an image model"), ("r", "a reranking model")]),
        Case::of(
            "LiteLLM with modes",
            json!([
                { "id": "c", "mode": "chat", "max_input_tokens": 8_192, "max_output_tokens": 8_192 },
                { "id": "i", "mode": "image_generation" },
                { "id": "t", "mode": "audio_transcription" },
                { "id": "s", "mode": "audio_speech" },
                { "id": "m", "mode": "moderation" },
            ]),
            vec![json!(["c", "c", 8_192, 8_192, 8_192, ["text"], false])],
        )
        .without(&[
            ("i", "an image model"),
            ("t", "a transcription model"),
            ("s", "a speech model"),
            ("m", "a moderation model"),
        ]),
        Case::of(
            "Fireworks",
            json!([
                { "id": "q", "object": "model", "owned_by": "fireworks", "kind": "HF_BASE_MODEL", "supports_chat": true,
                  "supports_image_input": true, "supports_tools": true, "context_length": 262_144 },
                { "id": "e", "kind": "EMBEDDING_MODEL", "supports_chat": true, "context_length": 40_960 },
                { "id": "f", "kind": "FLUMINA_BASE_MODEL", "supports_chat": false },
            ]),
            vec![json!(["q", "q", 262_144, 262_144, 8_192, images, false])],
        )
        .without(&[("e", "an embedding model"), ("f", "something else than chat")]),
        Case::of(
            "Novita",
            json!([
                { "id": "a/b", "title": "A", "display_name": "A B", "context_size": 131_072, "max_output_tokens": 32_768,
                  "model_type": "chat", "features": ["function-calling", "reasoning"], "endpoints": ["chat/completions"],
                  "input_modalities": ["text", "image"], "output_modalities": ["text"],
                  "input_token_price_per_m": 2700, "output_token_price_per_m": 11_200, "status": 1 },
                { "id": "a/voice", "output_modalities": ["audio"], "status": 1 },
            ]),
            vec![json!(["a/b", "A B", 131_072, 131_072, 32_768, images, true])],
        )
        .without(&[("a/voice", "a speech model")]),
        Case::of(
            "Venice",
            json!([{ "id": "v", "type": "text", "owned_by": "venice.ai", "object": "model", "model_spec": {
                "name": "Venice V", "availableContextTokens": 32_768, "maxCompletionTokens": 4_096, "offline": false,
                "capabilities": { "supportsVision": true, "supportsReasoning": true },
                "pricing": { "input": { "usd": 0.5, "diem": 0.5 }, "output": { "usd": 2 } } } }]),
            vec![json!(["v", "Venice V", 32_768, 32_768, 4_096, images, true])],
        ),
        Case::of(
            "Hugging Face's router",
            json!([{ "id": "h", "architecture": { "input_modalities": ["text"], "output_modalities": ["text"] },
                "providers": [
                    { "provider": "one", "status": "live", "context_length": 262_144, "pricing": { "input": 0.1 } },
                    { "provider": "two", "status": "live", "context_length": 131_072 },
                    { "provider": "three", "status": "live" },
                ] }]),
            vec![json!(["h", "h", 131_072, 131_072, 8_192, ["text"], false])],
        ),
        Case::of(
            "nonsense",
            json!([
                { "id": "m", "max_model_len": 1e30, "context_length": -1, "context_window": "much", "max_input_tokens": 0,
                  "capabilities": 7, "labels": [[]], "type": {}, "name": 5, "architecture": null, "pricing": [] },
                { "id": "n", "max_model_len": -5, "context_length": 4_096 },
            ]),
            vec![unknown("m"), json!(["n", "n", 4_096, 4_096, 4_096, ["text"], false])],
        ),
    ]
}

#[tokio::test]
async fn each_server_s_list_gives_the_rows_that_it_states() {
    for case in published() {
        let (world, studio) = (World::new(), Studio::start(&[]).await);
        studio.world().scenario(Scenario::OtherServer);
        answer(&studio, case.body);
        gives(case.server, &world, &studio, &case.rows, case.left_out).await;
    }
}

#[tokio::test]
async fn a_list_that_says_all_is_the_only_request() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    studio.world().scenario(Scenario::OtherServer);
    answer(&studio, include_str!("01-vllm-max-model-len.json"));
    run(&world, &studio, &["sync"]).await.success();
    let asked: Vec<String> = studio.world().requests().iter().map(|request| request.path.clone()).collect();
    assert_eq!(asked, ["/v1/models"]);
}

#[tokio::test]
async fn explain_names_the_key_and_its_servers() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    studio.world().scenario(Scenario::OtherServer);
    answer(&studio, include_str!("02-llama-server-single-multimodal.json"));
    let told = run(&world, &studio, &["explain", "gemma-4-12b-it-Q4_K_XL.gguf"]).await.success().stdout;
    for said in
        ["`meta.n_ctx`, as llama-server", "`meta.n_ctx_train`, as llama-server", "`architecture.input_modalities`"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
    answer(&studio, include_str!("01-vllm-max-model-len.json"));
    let told = run(&world, &studio, &["explain", "sql-lora"]).await.success().stdout;
    assert!(told.contains("`max_model_len`, as vLLM, SGLang"), "{told}");
}

#[tokio::test]
async fn prices_of_a_token_are_written_per_million_and_each_odd_one_costs_itself_alone() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    studio.world().scenario(Scenario::OtherServer);
    let priced = |id: &str, pricing: Value| json!({ "id": id, "context_length": 65_536, "pricing": pricing });
    let entries = json!([
        priced(
            "openrouter",
            json!({ "prompt": "0.0000025", "completion": "0.00001", "request": "0",
            "input_cache_read": "0.00000025", "input_cache_write": "0.000003125" })
        ),
        priced("numbers", json!({ "prompt": 1e-6, "completion": 0.000_002 })),
        priced("free", json!({ "prompt": "0", "completion": "0" })),
        priced("varies", json!({ "prompt": "-1", "completion": "-1" })),
        priced("odd", json!({ "prompt": "1e30", "completion": "0.000001", "input_cache_read": ["0.1"] })),
        priced("together", json!({ "input": 0.88, "output": 0.88, "hourly": 0 })),
        priced("none", json!("text")),
    ]);
    answer(&studio, json!({ "data": entries }).to_string());
    run(&world, &studio, &["sync"]).await.success();
    let cost = |row: &Value| {
        ["id", "input", "output", "cacheRead", "cacheWrite"]
            .map(|field| if field == "id" { row["id"].clone() } else { row["cost"][field].clone() })
    };
    let file: Value = serde_json::from_slice(&std::fs::read(world.models_json()).unwrap()).unwrap();
    let rows = file["providers"]["lmstudio"]["models"].as_array().unwrap();
    let costs: Vec<Value> = rows.iter().map(|row| cost(row).to_vec().into()).collect();
    let expected = [
        json!(["openrouter", 2.5, 10, 0.25, 3.125]),
        json!(["numbers", 1, 2, 0, 0]),
        json!(["free", 0, 0, 0, 0]),
        json!(["varies", 0, 0, 0, 0]),
        json!(["odd", 0, 1, 0, 0]),
        json!(["together", 0, 0, 0, 0]),
        json!(["none", 0, 0, 0, 0]),
    ];
    assert_eq!(costs, expected);
    let again = run(&world, &studio, &["sync"]).await.success().stdout;
    assert!(again.contains("up to date") || again.contains("nothing"), "{again}");

    let told = run(&world, &studio, &["explain", "openrouter"]).await.success().stdout;
    assert!(told.contains("2.5/10 $ per million tokens") && told.contains("`pricing.prompt`"), "{told}");
    let told = run(&world, &studio, &["explain", "openrouter", "--json"]).await.success().stdout;
    assert_is(&serde_json::from_str(&told).unwrap(), "explain");
    let told = run(&world, &studio, &["doctor"]).await.stdout;
    assert!(told.contains("openrouter, numbers, odd are not free: lmsync writes the prices"), "{told}");
    assert!(told.contains("together is not free, and the unit of a price"), "{told}");
}

#[tokio::test]
async fn doctor_puts_no_tick_on_a_context_that_nobody_stated() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    studio.world().scenario(Scenario::OtherServer);
    answer(&studio, include_str!("21-jan.json"));
    let told = run(&world, &studio, &["doctor"]).await.stdout;
    assert!(!told.contains("enough context"), "{told}");
    assert!(told.contains("the context of Jan-v1-4B-Q4_K_M is not known"), "{told}");
    assert!(told.contains("context_window = 32768"), "{told}");

    answer(
        &studio,
        r#"{"data":[{"id":"a/b","context_length":65536,"pricing":{"prompt":"0.000001"}},
        {"id":"c","context_length":65536,"status":{"failed":true}}]}"#,
    );
    let told = run(&world, &studio, &["doctor"]).await.stdout;
    assert!(told.contains("a/b is not free: lmsync writes the prices"), "{told}");
    assert!(told.contains("cannot serve c"), "{told}");
    assert!(told.contains("enough context"), "{told}");
}

/// What the server lists gives these rows, in this order, and these ids are left out for these reasons.
pub(super) async fn gives(name: &str, world: &World, studio: &Studio, expected: &[Value], left_out: &[(&str, &str)]) {
    run(world, studio, &["sync"]).await.success();
    let file: Value = serde_json::from_slice(&std::fs::read(world.models_json()).unwrap()).unwrap();
    let rows = file["providers"]["lmstudio"]["models"].as_array().cloned().unwrap_or_default();
    let fields = ["id", "name", "contextWindow", "contextTokens", "maxTokens", "input", "reasoning"];
    let rows: Vec<Value> = rows.iter().map(|row| fields.map(|field| row[field].clone()).to_vec().into()).collect();
    assert_eq!(rows, expected, "{name}");
    for (id, why) in left_out {
        let told = run(world, studio, &["explain", id]).await.success().stdout;
        assert!(told.contains("offered   no") && told.contains(why), "{name}: {told}");
    }
}
