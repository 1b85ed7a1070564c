//! Servers that are not there, are another program, refuse the key, are slow, or serve nothing that chats.

use std::time::Duration;

use simulator::{Scenario, SimModel, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::simulator;
use crate::support::answer_server::AnswerServer;
use crate::support::doctor::{Told, doctor};
use crate::support::world::World;

/// What is found of a server at that address in an empty home.
async fn told(base: &str, environment: &[(&str, &str)]) -> Told {
    doctor(&World::new(), base, environment).await
}

async fn told_of(simulator: &Simulator) -> Told {
    told(&simulator.base_url(), &[]).await
}

/// A server that is no HTTP server: it says this to every client.
async fn greets_with(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.write_all(bytes).await;
                let _ = stream.read(&mut [0; 1024]).await;
            });
        }
    });
    format!("http://{address}/v1")
}

#[tokio::test]
async fn a_server_that_does_not_run() {
    let simulator = simulator(&[]).await;
    let base = simulator.base_url();
    simulator.stop().await;
    told(&base, &[]).await.finds("failure", "server.reachable", "", "");
}

#[tokio::test]
async fn a_server_that_listens_on_the_loopback_address_alone() {
    let simulator = simulator(&["a"]).await;
    let port = simulator.address().port();
    let told = told(&format!("http://127.0.0.2:{port}/v1"), &[]).await;
    let start = format!("lms server start --bind 0.0.0.0 --port {port}");
    told.finds("failure", "server.reachable", &format!("127.0.0.1:{port} alone"), &start);
    let other = AnswerServer::always(("200 OK", r#"{"data":[{"id":"a"}]}"#)).await;
    let told = self::told(&other.at("/v1").replace("127.0.0.1", "127.0.0.2"), &[]).await;
    told.finds("failure", "server.reachable", "alone", &format!("OPENAI_API_BASE={}", other.at("/v1")));
    assert!(!told.of_check("server.reachable")[0].to_string().contains("lms "), "{}", told.json);
}

#[tokio::test]
async fn a_name_that_is_not_known() {
    let told = told("http://no-such-host.invalid:1234/v1", &[("LMSYNC_TIMEOUT", "30s")]).await;
    told.finds(
        "failure",
        "server.name",
        "no-such-host.invalid is not known",
        "OPENAI_API_BASE=http://localhost:1234/v1",
    );
}

#[tokio::test]
async fn https_where_the_server_speaks_http() {
    let simulator = simulator(&["a"]).await;
    let port = simulator.address().port();
    let told = told(&format!("https://127.0.0.1:{port}/v1"), &[]).await;
    let set = format!("OPENAI_API_BASE=http://127.0.0.1:{port}/v1");
    told.finds("failure", "server.tls", "speaks http, not https", &set);
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong() {
    let simulator = simulator(&["a"]).await;
    simulator.world().require_token(Some("sk-lm-AbCd1234:01234567890123456789".into()));
    let none = told_of(&simulator).await;
    let menu = "LM Studio: Developer";
    none.finds("failure", "server.key", "refuses the key (HTTP 401)", menu);
    none.finds("failure", "server.key", "no key of yours is set", "OPENAI_API_KEY=sk-lm-");
    let key = "sk-lm-XyZw9876:98765432109876543210";
    let wrong = told(&simulator.base_url(), &[("OPENAI_API_KEY", key)]).await;
    wrong.finds("failure", "server.key", "refuses the key (HTTP 401)", "OPENAI_API_KEY=");
    assert!(!wrong.json.to_string().contains("XyZw"), "{}", wrong.json);
    let empty = told(&simulator.base_url(), &[("OPENAI_API_KEY", "")]).await;
    empty.finds("failure", "server.key", "wants a key (HTTP 401)", menu);
}

#[tokio::test]
async fn another_program_on_the_port() {
    let ssh = greets_with(b"SSH-2.0-OpenSSH_9.7\r\n").await;
    told(&ssh, &[]).await.finds("failure", "server.reachable", "another program", "which program has port");
    // A server that hangs up may be one that is starting.
    let silent = greets_with(b"").await;
    let told = told(&silent, &[("LMSYNC_TIMEOUT", "1s")]).await;
    assert!(!told.json.to_string().contains("is answered by another program"), "{}", told.json);
}

#[tokio::test]
async fn a_server_that_hangs_and_one_that_is_slow() {
    let simulator = simulator(&["a"]).await;
    simulator.world().scenario(Scenario::Slow(Duration::from_millis(1_100)));
    told_of(&simulator).await.finds("warning", "server.latency", "ms to answer", "LMSYNC_TIMEOUT=15s");
    simulator.world().scenario(Scenario::Hang);
    let told = told(&simulator.base_url(), &[("LMSYNC_TIMEOUT", "300ms")]).await;
    told.finds("failure", "server.reachable", "does not answer within 0.3 s", "LMSYNC_TIMEOUT=30s");
}

#[tokio::test]
async fn an_early_lm_studio_and_another_server_are_known_for_what_they_are() {
    let simulator = simulator(&["nomic-embed-text", "llama"]).await;
    simulator.world().version(0, 3, 6);
    told_of(&simulator).await.finds("good", "server.kind", "LM Studio 0.3.6; its own API (/api/v0)", "");
    simulator.world().version(0, 3, 5);
    told_of(&simulator).await.finds("warning", "server.kind", "nothing of its models", "update LM Studio");
    simulator.world().scenario(Scenario::OtherServer);
    told_of(&simulator).await.finds("good", "server.kind", "it is Ollama", "").finds(
        "warning",
        "models.not-for-chat",
        "nomic-embed-text (an embedding model)",
        "exclude = [\"nomic-embed-text\"]",
    );
}

#[tokio::test]
async fn a_server_without_models() {
    let simulator = simulator(&[]).await;
    told_of(&simulator).await.finds("failure", "server.models", "none is downloaded", "lms get");
}

#[tokio::test]
async fn just_in_time_loading_that_is_off() {
    let simulator = simulator(&[]).await;
    simulator.world().set_models([SimModel::chat("loaded").loaded(65_536), SimModel::chat("z/not-loaded")]);
    simulator.world().scenario(Scenario::JitOff);
    let some = told_of(&simulator).await;
    some.finds("warning", "server.jit", "1 model is not loaded", "lms load z/not-loaded");
    simulator.world().unload("loaded");
    let none = told_of(&simulator).await;
    none.finds("failure", "server.models", "none of 2 models is loaded", "lms load loaded");
}

#[tokio::test]
async fn models_that_all_embed() {
    let simulator = simulator(&[]).await;
    simulator.world().set_models([SimModel::embedding("text-embedding-nomic-embed-text-v1.5")]);
    told_of(&simulator).await.finds(
        "failure",
        "server.models",
        "1 model for embeddings and none that chats",
        "lms get",
    );
}

#[tokio::test]
async fn models_with_too_little_context_or_an_id_that_cannot_be_selected() {
    let simulator = simulator(&[]).await;
    simulator.world().set_models([
        SimModel::chat("short").max_context(2_048),
        SimModel::chat("tight").loaded(4_096),
        SimModel::chat("my model").loaded(65_536),
        SimModel::chat("qwen@q4_k_m").loaded(65_536),
    ]);
    told_of(&simulator)
        .await
        .finds("failure", "models.context", "OpenClaw refuses short: its context is 2048", "exclude = [\"short\"]")
        .finds("warning", "models.context", "tight has a context of 4096", "lms load tight --context-length 32768")
        .finds("warning", "models.ids", "1 model cannot be selected", "lms load 'my model' --identifier my-model")
        .finds("warning", "models.ids", "qwen@q4_k_m", "--identifier qwen-q4_k_m");
}
