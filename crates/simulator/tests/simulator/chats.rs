//! Chats and loading, and what the log knows of them.

use std::time::Duration;

use http_body_util::BodyExt;
use lmsync_simulator::{Call, Pace, Phase, Progress, Scenario, SimModel};
use serde_json::{Value, json};

use crate::client::{Client, post, simulator};

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "ping"}]})
}

/// The data of each event of a stream.
fn events(stream: &str) -> Vec<&str> {
    stream.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect()
}

#[tokio::test]
async fn a_streamed_chat_has_role_tokens_stop_usage_and_done_in_this_order() {
    let (simulator, mut client) = simulator([SimModel::chat("qwen/qwen3-8b")]).await;
    let pace = Pace { tokens: 2, prefill: Duration::from_millis(1), per_token: Duration::from_millis(1) };
    simulator.world().pace(pace);
    let mut request = chat("qwen/qwen3-8b", true);
    request["stream_options"] = json!({"include_usage": true});
    let answer = client.whole(post("/v1/chat/completions", &request)).await.unwrap();
    assert_eq!(answer.headers["content-type"], "text/event-stream");

    let events = events(&answer.body);
    let (done, chunks) = events.split_last().unwrap();
    let chunks: Vec<Value> = chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    let choices: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"]).collect();
    assert_eq!(
        choices,
        [
            &json!([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]),
            &json!([{"index": 0, "delta": {"content": "tok0 "}, "finish_reason": null}]),
            &json!([{"index": 0, "delta": {"content": "tok1 "}, "finish_reason": null}]),
            &json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]),
            &json!([]),
        ]
    );
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk"));
    let read = chat("qwen/qwen3-8b", true)["messages"].to_string().len() / 4;
    let usage = json!({"prompt_tokens": read, "completion_tokens": 2, "total_tokens": read + 2});
    assert_eq!(chunks[4]["usage"], usage);
    assert_eq!(*done, "[DONE]");
    assert_eq!(simulator.world().generations()[0].progress, Progress::Finished);

    let answer = client.whole(post("/v1/chat/completions", &chat("qwen/qwen3-8b", true))).await.unwrap();
    assert!(!answer.body.contains("usage"), "only when asked for");
}

#[tokio::test]
async fn a_chat_that_is_not_streamed_is_answered_whole() {
    let (_simulator, mut client) = simulator([SimModel::chat("qwen/qwen3-8b").loaded_as("mine", 4_096)]).await;
    for name in ["qwen/qwen3-8b", "mine"] {
        let answer = client.whole(post("/v1/chat/completions", &chat(name, false))).await.unwrap().json();
        assert_eq!(answer["object"], "chat.completion");
        assert_eq!(answer["model"], name);
        assert_eq!(answer["choices"][0]["message"]["content"], "tok0 tok1 tok2 tok3 tok4 ");
        let usage = &answer["usage"];
        assert_eq!(usage["completion_tokens"], 5);
        assert_eq!(usage["total_tokens"], usage["prompt_tokens"].as_u64().unwrap() + 5);
    }
}

#[tokio::test]
async fn an_unknown_model_is_not_found_and_an_unloaded_one_is_loaded() {
    let (simulator, mut client) = simulator([SimModel::chat("here")]).await;
    let answer = client.whole(post("/v1/chat/completions", &chat("gone", true))).await.unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"]["code"], "model_not_found");

    simulator.world().scenario(Scenario::JitOff);
    let answer = client.whole(post("/v1/chat/completions", &chat("here", true))).await.unwrap();
    assert_eq!(answer.status, 404);
    simulator.world().scenario(Scenario::Normal);
    let answer = client.whole(post("/v1/chat/completions", &chat("here", true))).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(simulator.world().models()[0].instances[0].context, 4_096);

    let answer = client.whole(post("/v1/chat/completions", &json!([]))).await.unwrap();
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_held_generation_runs_until_it_is_let_go() {
    let (simulator, mut client) = simulator([SimModel::chat("qwen/qwen3-8b")]).await;
    let world = simulator.world();
    world.hold(Some(Phase::ProcessingPrompt));
    let mut body = client.send(post("/v1/chat/completions", &chat("qwen/qwen3-8b", true))).await.unwrap();
    let progress = || world.generations()[0].progress;
    assert_eq!(progress(), Progress::Running(Phase::ProcessingPrompt));

    world.hold(Some(Phase::Generating));
    let role = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(role.starts_with(b"data: {"), "{role:?}");
    world.wait_until(|world| world.generations()[0].progress == Progress::Running(Phase::Generating)).await;
    assert_eq!(world.active_generations(), 1);

    world.hold(None);
    let rest = body.collect().await.unwrap().to_bytes();
    assert!(rest.ends_with(b"data: [DONE]\n\n"));
    assert_eq!((progress(), world.active_generations()), (Progress::Finished, 0));
}

#[tokio::test]
async fn a_generation_whose_client_leaves_is_aborted() {
    let (simulator, client) = simulator([SimModel::chat("qwen/qwen3-8b")]).await;
    let world = simulator.world();
    world.hold(Some(Phase::Generating));
    for stream in [true, false] {
        let mut client = Client::connect(simulator.address()).await;
        let before = world.generations().len();
        let request = post("/v1/chat/completions", &chat("qwen/qwen3-8b", stream));
        tokio::select! {
            _ = async { client.whole(request).await } => panic!("it ended"),
            () = world.wait_until(|world| world.generations().len() > before) => {}
        }
        drop(client);
        world.wait_until(|world| world.active_generations() == 0).await;
        assert_eq!(world.generations()[before].progress, Progress::Aborted, "streamed: {stream}");
    }
    drop(client);
}

#[tokio::test]
async fn the_log_has_what_a_chat_asked_for() {
    let (simulator, mut client) = simulator([SimModel::chat("m")]).await;
    let request = json!({
        "model": "m", "max_tokens": 8_192, "store": false, "reasoning_effort": "low",
        "messages": [{"role": "system", "content": "secret"}, {"role": "user"}, {}],
    });
    client.whole(post("/v1/chat/completions", &request)).await.unwrap();
    client.whole(post("/v1/chat/completions", &json!({"max_completion_tokens": 7}))).await.unwrap();
    let calls: Vec<_> = simulator.world().requests().into_iter().map(|request| request.call.unwrap()).collect();
    let full = Call::Chat {
        model: Some("m".to_owned()),
        stream: None,
        max_tokens: Some(8_192),
        max_completion_tokens: None,
        roles: vec!["system".to_owned(), "user".to_owned(), String::new()],
        characters: request["messages"].to_string().len(),
        store: Some(false),
        reasoning_effort: Some("low".to_owned()),
    };
    let bare = Call::Chat {
        model: None,
        stream: None,
        max_tokens: None,
        max_completion_tokens: Some(7),
        roles: Vec::new(),
        characters: 0,
        store: None,
        reasoning_effort: None,
    };
    assert_eq!(calls, [full, bare]);
}

#[tokio::test]
async fn loading_over_http_loads_and_is_logged() {
    let (simulator, mut client) = simulator([SimModel::chat("m").max_context(8_192)]).await;
    let request = json!({"model": "m", "context_length": 100_000, "echo_load_config": true});
    let answer = client.whole(post("/api/v1/models/load", &request)).await.unwrap().json();
    assert_eq!(answer["instance_id"], "m");
    assert_eq!(answer["load_config"], json!({"context_length": 8_192}));
    let listed = client.get("/api/v1/models").await.json();
    assert_eq!(listed["models"][0]["loaded_instances"][0]["config"]["context_length"], 8_192);

    let answer = client.whole(post("/api/v1/models/load", &json!({"model": "gone"}))).await.unwrap();
    assert_eq!(answer.status, 404);
    client.whole(post("/api/v1/models/unload", &json!({"instance_id": "m"}))).await.unwrap();
    assert!(simulator.world().models()[0].instances.is_empty());

    let call = simulator.world().requests()[0].call.clone();
    assert_eq!(call, Some(Call::Load { model: Some("m".to_owned()), context_length: Some(100_000) }));
}
