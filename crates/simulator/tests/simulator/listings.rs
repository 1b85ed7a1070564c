//! Listings, tokens and oddities, as LM Studio is documented to answer.

use std::time::Duration;

use lmsync_simulator::{Credential, Options, Scenario, SimModel, Simulator, World, demo_models};
use serde_json::json;

use crate::client::{Client, get, get_as, simulator};

const TOKEN: &str = "sk-lm-AAAAAAAA:BBBBBBBBBBBBBBBBBBBB";

#[tokio::test]
async fn v1_models_is_lm_studios_text_to_the_letter() {
    let (_simulator, mut client) =
        simulator([SimModel::chat("liquid/lfm2-1.2b"), SimModel::embedding("text-embedding-nomic-embed-text-v1.5")])
            .await;
    let answer = client.get("/v1/models").await;
    assert_eq!(
        answer.body,
        r#"{
  "data": [
    {
      "id": "liquid/lfm2-1.2b",
      "object": "model",
      "owned_by": "organization_owner"
    },
    {
      "id": "text-embedding-nomic-embed-text-v1.5",
      "object": "model",
      "owned_by": "organization_owner"
    }
  ],
  "object": "list"
}"#
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-powered-by"], "Express");
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(answer.headers["keep-alive"], "timeout=5");
}

#[tokio::test]
async fn loaded_models_are_listed_by_the_names_of_their_instances() {
    let (simulator, mut client) = simulator([
        SimModel::chat("llama-3.2-1b-instruct").loaded(4_096).loaded(8_192),
        SimModel::chat("qwen/qwen3-8b").loaded_as("mine", 4_096),
    ])
    .await;
    let ids = |answer: serde_json::Value| -> Vec<String> {
        let data = answer["data"].as_array().unwrap();
        data.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
    };
    let listed = ids(client.get("/v1/models").await.json());
    assert_eq!(listed, ["llama-3.2-1b-instruct", "llama-3.2-1b-instruct:2", "mine"]);

    assert!(simulator.world().unload("mine"));
    assert_eq!(simulator.world().load("llama-3.2-1b-instruct", 1).unwrap(), "llama-3.2-1b-instruct:3");
    let listed = ids(client.get("/v1/models").await.json());
    assert_eq!(listed[2..], ["llama-3.2-1b-instruct:3", "qwen/qwen3-8b"]);
}

#[tokio::test]
async fn the_v0_listing_tells_type_state_and_context() {
    let (_simulator, mut client) = simulator([
        SimModel::chat("google/gemma-3-4b").vision().without_tools().loaded(12_918),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ])
    .await;
    let answer = client.get("/api/v0/models").await.json();
    assert_eq!(
        answer,
        json!({"data": [
            {"id": "google/gemma-3-4b", "object": "model", "type": "vlm", "publisher": "google",
             "arch": "gemma", "compatibility_type": "gguf", "quantization": "Q4_K_M", "state": "loaded",
             "max_context_length": 131_072, "loaded_context_length": 12_918},
            {"id": "text-embedding-nomic-embed-text-v1.5", "object": "model", "type": "embeddings",
             "publisher": "lmstudio-community", "arch": "text", "compatibility_type": "gguf",
             "quantization": "F16", "state": "not-loaded", "max_context_length": 2_048}
        ], "object": "list"})
    );
}

#[tokio::test]
async fn the_v1_listing_tells_instances_capabilities_and_variants() {
    let (_simulator, mut client) = simulator([
        SimModel::chat("google/gemma-4-26b-a4b")
            .display_name("Gemma 4 26B A4B")
            .max_context(262_144)
            .vision()
            .reasoning(&["off", "on"])
            .variants(&["google/gemma-4-26b-a4b@q4_k_m"])
            .loaded(4_096),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ])
    .await;
    let answer = client.get("/api/v1/models").await.json();
    assert_eq!(
        answer["models"][0],
        json!({"type": "llm", "publisher": "google", "key": "google/gemma-4-26b-a4b",
            "display_name": "Gemma 4 26B A4B", "architecture": "gemma",
            "quantization": {"name": "Q4_K_M", "bits_per_weight": 4}, "size_bytes": 5_027_783_488_u64,
            "params_string": null,
            "loaded_instances": [{"id": "google/gemma-4-26b-a4b",
                "config": {"context_length": 4_096, "flash_attention": true}}],
            "max_context_length": 262_144, "format": "gguf",
            "capabilities": {"vision": true, "trained_for_tool_use": true,
                "reasoning": {"allowed_options": ["off", "on"], "default": "on"}},
            "description": null, "variants": ["google/gemma-4-26b-a4b@q4_k_m"],
            "selected_variant": "google/gemma-4-26b-a4b@q4_k_m"})
    );
    let embedding = answer["models"][1].as_object().unwrap();
    assert_eq!(embedding["type"], "embedding");
    for absent in ["architecture", "capabilities", "description", "variants", "selected_variant"] {
        assert!(!embedding.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn unknown_paths_are_answered_with_200_and_an_error() {
    let (simulator, mut client) = simulator(demo_models()).await;
    for path in ["/props", "/models", "/v1//models", "/v1/models/", "/"] {
        let answer = client.get(path).await;
        let error = format!(r#"{{"error":"Unexpected endpoint or method. (GET {path})"}}"#);
        assert_eq!((answer.status.as_u16(), answer.body), (200, error));
    }
    assert_eq!(client.get("/api/v1/models/list").await.status, 404);
    assert_eq!(client.get("/lmstudio-greeting").await.body, r#"{"lmstudio":true}"#);

    simulator.world().version(0, 3, 5);
    for path in ["/api/v0/models", "/api/v1/models"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200);
        assert!(answer.json()["error"].is_string(), "{path} came later: {}", answer.body);
    }
}

#[tokio::test]
async fn a_required_token_is_asked_for_in_lm_studios_words() {
    let (simulator, mut client) = simulator(demo_models()).await;
    simulator.world().require_token(Some(TOKEN.to_owned()));

    let answer = client.get("/v1/models").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["error"]["type"], "invalid_request");
    assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
    assert_eq!(
        answer.json()["error"]["message"],
        "An LM Studio API token is required to make requests to this server, but none was provided using \
         the Authorization header using the 'Bearer' scheme (i.e., 'Authorization: Bearer $LM_API_TOKEN'). \
         Learn more at: https://lmstudio.ai/docs/developer/core/authentication."
    );
    let answer = client.whole(get_as("/v1/models", "Bearer sk-bogus-E12345678901234")).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.json()["error"]["message"],
        "Malformed LM Studio API token provided: sk-bogus-E**************. Ensure you are using a valid token."
    );
    let answer = client.whole(get_as("/v1/models", &format!("Bearer {TOKEN}"))).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(client.get("/lmstudio-greeting").await.status, 200, "open to everybody");
    assert_eq!(client.get("/nonsense").await.status, 401);

    let requests = simulator.world().requests();
    let credentials: Vec<_> = requests.iter().map(|request| request.credential).collect();
    use Credential::{Absent, Accepted, Refused};
    assert_eq!(credentials, [Absent, Refused, Accepted, Absent, Absent]);
    assert!(!format!("{simulator:?} {requests:?}").contains("BBBB"), "no token shows itself");
}

#[tokio::test]
async fn requests_are_logged_with_their_client_and_connection() {
    let (simulator, mut client) = simulator([]).await;
    let seen = simulator.world().wait_for(|requests| requests.iter().any(|request| request.path == "/b?c"));
    client.get("/v1/models").await;
    let mut other = Client::connect(simulator.address()).await;
    tokio::join!(seen, other.get("/b?c"));

    let requests = simulator.world().requests();
    let lines: Vec<_> =
        requests.iter().map(|request| (request.path.as_str(), request.connection, request.is_listing())).collect();
    assert_eq!(lines, [("/v1/models", 1, true), ("/b?c", 2, false)]);
    assert_eq!(requests[0].user_agent.as_deref(), Some("test/1"));
    assert!(requests[0].at_ms <= requests[1].at_ms && requests[0].at_ms > 1_700_000_000_000);
}

#[tokio::test]
async fn scenarios_change_what_a_listing_is() {
    let (simulator, mut client) =
        simulator([SimModel::chat("a"), SimModel::chat("b").loaded(1), SimModel::chat("c")]).await;
    let listed = [
        (Scenario::Normal, vec!["a", "b", "c"]),
        (Scenario::Slow(Duration::from_millis(1)), vec!["a", "b", "c"]),
        (Scenario::JitOff, vec!["b"]),
        (Scenario::PartialList(2), vec!["a", "b"]),
        (Scenario::EmptyList, vec![]),
        (Scenario::OtherServer, vec!["a", "b", "c"]),
    ];
    for (scenario, expected) in listed {
        simulator.world().scenario(scenario.clone());
        let answer = client.get("/v1/models").await.json();
        let ids: Vec<_> = answer["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
        assert_eq!(ids, expected, "{scenario:?}");
    }
    assert_eq!(client.get("/api/v0/models").await.status, 404, "another server has no such path");

    simulator.world().scenario(Scenario::ServerError);
    assert_eq!(client.get("/v1/models").await.status, 500);
    simulator.world().scenario(Scenario::ErrorBody);
    let answer = client.get("/v1/models").await;
    assert_eq!(answer.body, r#"{"error":"Unexpected endpoint or method. (GET /v1/models)"}"#);
    simulator.world().scenario(Scenario::Html);
    assert!(client.get("/v1/models").await.body.starts_with("<!DOCTYPE html>"));
    simulator.world().scenario(Scenario::NotJson);
    assert!(serde_json::from_str::<serde_json::Value>(&client.get("/v1/models").await.body).is_err());
    simulator.world().scenario(Scenario::Oversized);
    assert!(client.get("/v1/models").await.body.len() > 10 * 1024 * 1024);
    simulator.world().scenario(Scenario::Redirect("http://elsewhere.test/".to_owned()));
    assert_eq!(client.get("/v1/models").await.headers["location"], "http://elsewhere.test/");

    simulator.world().answer("/api/v1/models", 200, r#"{"models":[null]}"#);
    assert_eq!(client.get("/api/v1/models").await.body, r#"{"models":[null]}"#);
}

#[tokio::test]
async fn scenarios_break_connections() {
    let (simulator, mut client) = simulator(demo_models()).await;
    simulator.world().scenario(Scenario::KeepAliveEnds);
    assert_eq!(client.get("/v1/models").await.status, 200);
    assert!(client.whole(get("/v1/models")).await.is_err(), "the second one on this connection");

    simulator.world().scenario(Scenario::ResetMidBody);
    let mut client = Client::connect(simulator.address()).await;
    let response = client.send(get("/v1/models")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(http_body_util::BodyExt::collect(response).await.is_err(), "the body ends early");

    simulator.world().scenario(Scenario::Hang);
    let mut client = Client::connect(simulator.address()).await;
    tokio::select! {
        _ = client.whole(get("/v1/models")) => panic!("it answered"),
        () = simulator.world().wait_for(|requests| requests.len() == 4) => {}
    }
}

#[tokio::test]
async fn idle_connections_are_closed_and_a_busy_one_is_not() {
    let options = Options { keep_alive: Duration::from_millis(50), ..Options::default() };
    let world = World::default();
    let simulator = Simulator::start_with(([127, 0, 0, 1], 0).into(), world.clone(), options).await.unwrap();
    let mut client = Client::connect(simulator.address()).await;
    world.scenario(Scenario::Slow(Duration::from_millis(200)));
    assert_eq!(client.get("/v1/models").await.status, 200, "slower than the idle limit");
    assert_eq!(world.open_connections(), 1);
    let closed = tokio::time::timeout(Duration::from_secs(5), client.closed()).await;
    assert!(closed.is_ok(), "far sooner than any other limit would");
    world.wait_until(|world| world.open_connections() == 0).await;
}

#[tokio::test]
async fn a_stopped_simulator_refuses_and_can_come_back_at_its_address() {
    let (simulator, mut client) = simulator(demo_models()).await;
    client.get("/v1/models").await;
    let (address, world) = (simulator.address(), simulator.world().clone());
    simulator.stop().await;
    client.closed().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());

    let simulator = Simulator::start_with(address, world, Options::default()).await.unwrap();
    assert_eq!(simulator.base_url(), format!("http://{address}/v1"));
    let mut client = Client::connect(address).await;
    assert_eq!(client.get("/v1/models").await.json()["data"].as_array().unwrap().len(), 5);
    assert_eq!(simulator.world().requests().len(), 2, "the log goes on");
}

#[tokio::test]
async fn garbage_ends_its_connection_and_nothing_else() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (simulator, mut client) = simulator(demo_models()).await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1_000_000));
    for garbage in ["\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01", &long] {
        let mut stream = tokio::net::TcpStream::connect(simulator.address()).await.unwrap();
        // The server may close while it is being written to.
        let _ = stream.write_all(garbage.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{:?}", &garbage[..3]);
    }
    assert_eq!(client.get("/v1/models").await.status, 200);
}
