//! The WebSocket frames, as the vendor's own server transport exchanges them.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use lmsync_simulator::{Call, Phase, Progress, SimModel, Simulator, World};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, post, simulator};

struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the simulator listens");
        let url = format!("ws://{address}{path}");
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("a WebSocket");
        Self(socket)
    }

    async fn open_as_guest(address: SocketAddr, path: &str) -> Self {
        let mut socket = Self::open(address, path).await;
        assert_eq!(socket.ask(auth("guest:V5EkmOG6", "694F1VWUdeeUBlUiDIocUT8m")).await, json!({"success": true}));
        socket
    }

    async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.expect("the connection is open");
    }

    /// The next frame; none once the server has closed.
    async fn next(&mut self) -> Option<Value> {
        match self.0.next().await? {
            Ok(Message::Text(text)) => Some(serde_json::from_str(text.as_str()).expect("JSON")),
            _ => None,
        }
    }

    async fn ask(&mut self, frame: Value) -> Value {
        self.send(frame).await;
        self.next().await.expect("an answer")
    }

    async fn state_of(&mut self, specifier: Value) -> Value {
        let parameter = json!({"specifier": specifier, "throwIfNotFound": true});
        let call = json!({"type": "rpcCall", "endpoint": "getInstanceProcessingState", "callId": 7,
            "parameter": parameter});
        self.ask(call).await
    }
}

fn auth(identifier: &str, passkey: &str) -> Value {
    json!({"authVersion": 1, "clientIdentifier": identifier, "clientPasskey": passkey})
}

fn by_name(identifier: &str) -> Value {
    json!({"type": "query", "query": {"identifier": identifier}})
}

fn state(status: &str, queued: usize) -> Value {
    json!({"type": "rpcResult", "callId": 7, "result": {"status": status, "queued": queued}})
}

fn list() -> Value {
    json!({"type": "rpcCall", "endpoint": "listLoaded", "callId": 0})
}

#[tokio::test]
async fn loaded_models_are_listed_in_their_namespace() {
    let (simulator, _client) = simulator([
        SimModel::chat("qwen/qwen3-8b").max_context(40_960).loaded(4_096),
        SimModel::chat("unloaded"),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5").loaded(2_048),
    ])
    .await;
    let mut llm = Socket::open_as_guest(simulator.address(), "/llm").await;
    let answer = llm.ask(list()).await;
    let reference = simulator.world().models()[0].instances[0].reference.clone();
    assert_eq!(
        answer,
        json!({"type": "rpcResult", "callId": 0, "result": [{
            "type": "llm", "modelKey": "qwen/qwen3-8b", "format": "gguf", "displayName": "Qwen3 8b",
            "publisher": "qwen", "path": "qwen/qwen3-8b", "sizeBytes": 5_027_783_488_u64,
            "indexedModelIdentifier": "qwen/qwen3-8b", "deviceIdentifier": null, "architecture": "qwen3",
            "vision": false, "trainedForToolUse": true, "maxContextLength": 40_960,
            "identifier": "qwen/qwen3-8b", "instanceReference": reference, "ttlMs": 3_600_000,
            "lastUsedTime": null, "contextLength": 4_096,
        }]})
    );
    let mut embedding = Socket::open_as_guest(simulator.address(), "/embedding").await;
    let answer = embedding.ask(list()).await;
    assert_eq!(answer["result"][0]["identifier"], "text-embedding-nomic-embed-text-v1.5");
    assert_eq!(answer["result"].as_array().unwrap().len(), 1);

    let calls: Vec<_> = simulator.world().requests().into_iter().map(|call| (call.path, call.call)).collect();
    let call = Some(Call::Rpc { endpoint: "listLoaded".to_owned() });
    assert_eq!(calls, [("/llm".to_owned(), call.clone()), ("/embedding".to_owned(), call)]);
}

#[tokio::test]
async fn the_processing_state_follows_a_real_chat() {
    let (simulator, mut client) = simulator([SimModel::chat("m").loaded(4_096)]).await;
    let world = simulator.world();
    let mut socket = Socket::open_as_guest(simulator.address(), "/llm").await;
    assert_eq!(socket.state_of(by_name("m")).await, state("idle", 0));

    let waiting = world.begin("m", Phase::ProcessingPrompt);
    world.hold(Some(Phase::ProcessingPrompt));
    let chat = json!({"model": "m", "stream": true});
    let body = client.send(post("/v1/chat/completions", &chat)).await.unwrap();
    let reference = json!({"type": "instanceReference",
        "instanceReference": world.models()[0].instances[0].reference});
    assert_eq!(socket.state_of(reference.clone()).await, state("processingPrompt", 2));

    world.hold(Some(Phase::Generating));
    let generating = |world: &World| world.generations()[1].progress == Progress::Running(Phase::Generating);
    world.wait_until(generating).await;
    assert_eq!(socket.state_of(reference.clone()).await, state("generating", 2));

    drop(waiting);
    world.hold(None);
    http_body_util::BodyExt::collect(body).await.unwrap();
    assert_eq!(socket.state_of(reference.clone()).await, state("idle", 0));

    world.unload("m");
    world.load("m", 4_096);
    let answer = socket.state_of(reference).await;
    assert_eq!((&answer["type"], &answer["callId"]), (&json!("rpcError"), &json!(7)));
    assert_eq!(answer["error"]["title"], "Model not found");
    assert_eq!(socket.state_of(by_name("m")).await, state("idle", 0), "loaded again, under another reference");
}

#[tokio::test]
async fn an_embedding_in_the_making_shows_on_its_own_socket() {
    let (simulator, _client) = simulator([SimModel::embedding("e").loaded(2_048)]).await;
    let mut socket = Socket::open_as_guest(simulator.address(), "/embedding").await;
    let running = simulator.world().begin("e", Phase::ComputingEmbedding);
    assert_eq!(socket.state_of(by_name("e")).await, state("computingEmbedding", 1));
    running.finish();
    assert_eq!(socket.state_of(by_name("e")).await, state("idle", 0));
}

#[tokio::test]
async fn unknown_endpoints_and_bad_parameters_get_five_warnings_and_no_answer() {
    let (simulator, _client) = simulator([]).await;
    let mut socket = Socket::open_as_guest(simulator.address(), "/llm").await;
    let nope = json!({"type": "rpcCall", "endpoint": "nope", "callId": 3});
    let warning = socket.ask(nope.clone()).await;
    assert_eq!(
        warning,
        json!({"type": "communicationWarning", "kind": "rpcEndpointUnknown",
            "warning": "Received rpcCall for unknown endpoint, endpoint = nope"})
    );
    for parameter in [json!({}), json!(null)] {
        let mut call = list();
        call["parameter"] = parameter;
        assert_eq!(socket.ask(call).await["type"], "communicationWarning");
    }
    for _ in 0..2 {
        assert_eq!(socket.ask(nope.clone()).await["type"], "communicationWarning");
    }
    socket.send(nope).await;
    assert_eq!(socket.ask(json!({"type": "keepAlive"})).await, json!({"type": "keepAliveAck"}), "no sixth");
}

#[tokio::test]
async fn an_old_server_has_no_processing_state() {
    let (simulator, _client) = simulator([SimModel::chat("m").loaded(4_096)]).await;
    simulator.world().version(0, 3, 26);
    let mut socket = Socket::open_as_guest(simulator.address(), "/llm").await;
    assert_eq!(socket.state_of(by_name("m")).await["kind"], "rpcEndpointUnknown");
    let mut system = Socket::open_as_guest(simulator.address(), "/system").await;
    let version = system.ask(json!({"type": "rpcCall", "endpoint": "version", "callId": 1})).await;
    assert_eq!(version["result"], json!({"version": "0.3.26", "build": 1}));
}

#[tokio::test]
async fn a_required_token_is_required_on_sockets_too() {
    let (simulator, _client) = simulator([]).await;
    simulator.world().require_token(Some("sk-lm-AAAAAAAA:BBBBBBBBBBBBBBBBBBBB".to_owned()));
    let mut socket = Socket::open(simulator.address(), "/llm").await;
    let refused = socket.ask(auth("guest:1", "x")).await;
    assert_eq!(refused, json!({"success": false, "error": {"title": "Invalid API token"}}));
    assert_eq!(socket.next().await, None, "it is closed");

    let mut socket = Socket::open(simulator.address(), "/llm").await;
    assert_eq!(socket.ask(auth("AAAAAAAA", "BBBBBBBBBBBBBBBBBBBB")).await, json!({"success": true}));
}

#[tokio::test]
async fn the_alive_channel_ends_with_the_server() {
    let simulator = Simulator::local().await.unwrap();
    let mut socket = Socket::open_as_guest(simulator.address(), "/system").await;
    let create = json!({"type": "channelCreate", "endpoint": "alive", "channelId": 0});
    socket.send(create).await;
    assert_eq!(socket.ask(json!({"type": "keepAlive"})).await, json!({"type": "keepAliveAck"}));
    drop(simulator);
    assert_eq!(socket.next().await, None);
}

#[tokio::test]
async fn hanging_sockets_connect_and_say_nothing_until_they_no_longer_hang() {
    let (simulator, _client) = simulator([]).await;
    simulator.world().hang_sockets(true);
    let mut socket = Socket::open(simulator.address(), "/llm").await;
    socket.send(auth("guest:1", "x")).await;
    let mut other = Client::connect(simulator.address()).await;
    tokio::select! {
        frame = socket.next() => panic!("{frame:?}"),
        answer = other.get("/v1/models") => assert_eq!(answer.status, 200),
    }
    simulator.world().hang_sockets(false);
    assert_eq!(socket.next().await, Some(json!({"success": true})));
}

#[tokio::test]
async fn a_frame_that_is_too_long_or_no_json_ends_the_connection() {
    let (simulator, _client) = simulator([]).await;
    for text in ["x".repeat(100_000), "{".to_owned()] {
        let mut socket = Socket::open_as_guest(simulator.address(), "/llm").await;
        // The server may close while it is being written to.
        let _ = socket.0.send(Message::text(text)).await;
        assert_eq!(socket.next().await, None);
    }
    simulator.world().wait_until(|world| world.open_connections() == 1).await;
}
