//! What LM Studio says of its models, and how lmsync tells it from other servers.

use domain::ports::{ModelSource, SourceError};
use domain::{FactSheet, Facts, ModelId};
use lmsync_adapters_http::{LmStudio, ServerAddress, Tls};

use crate::server::{Act, Hear, Say, Server, Wait, answer};
use crate::{AMPLE, chain, client};

const V1: &str = include_str!("../fixtures/api-v1-models.json");
const V0: &str = include_str!("../fixtures/api-v0-models.json");
const OPENROUTER: &str = include_str!("../fixtures/api-v1-models-openrouter.json");
const UNKNOWN_PATH: &str = r#"{"error":"Unexpected endpoint or method. (GET /api/v1/models)"}"#;

/// A server that gives these answers in turn, over one connection.
async fn answering(answers: &[(&str, &str)]) -> Server {
    let acts = answers.iter().flat_map(|(status, body)| [Hear, Say(answer(status, body))]);
    Server::playing(vec![acts.chain([Wait]).collect::<Vec<Act>>()]).await
}

fn known(facts: Result<Facts, SourceError>) -> FactSheet {
    match facts {
        Ok(Facts::Known(sheet)) => sheet,
        other => panic!("{other:?}"),
    }
}

fn max_context(sheet: &FactSheet, id: &str) -> Option<u64> {
    sheet.get(&ModelId::new(id).unwrap()).and_then(|facts| facts.max_context)
}

fn paths(server: &Server) -> Vec<String> {
    server.heard().iter().map(|(_, head)| head.split(' ').nth(1).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_present_lm_studio_is_asked_once() {
    let server = answering(&[("200 OK", V1)]).await;
    let sheet = known(client(&server.root(), AMPLE).facts().await);
    assert_eq!(max_context(&sheet, "qwen/qwen3-8b:2"), Some(40_960));
    assert_eq!(paths(&server), ["/api/v1/models"]);
}

#[tokio::test]
async fn an_older_lm_studio_is_asked_by_its_own_path_and_then_by_that_first() {
    for status in ["200 OK", "404 Not Found"] {
        let server = answering(&[(status, UNKNOWN_PATH), ("200 OK", V0), ("200 OK", V0)]).await;
        let client = client(&server.root(), AMPLE);
        for _ in 0..2 {
            let sheet = known(client.facts().await);
            assert_eq!(max_context(&sheet, "google/gemma-3-4b"), Some(131_072));
        }
        assert_eq!(paths(&server), ["/api/v1/models", "/api/v0/models", "/api/v0/models"]);
    }
}

#[tokio::test]
async fn an_lm_studio_that_was_away_is_asked_by_the_new_path_again() {
    let old = vec![Hear, Say(answer("200 OK", UNKNOWN_PATH)), Hear, Say(answer("200 OK", V0))];
    let new = vec![Hear, Say(answer("200 OK", V1)), Wait];
    let server = Server::playing(vec![old, vec![Hear], new]).await;
    let client = client(&server.root(), AMPLE);
    known(client.facts().await);
    client.models().await.unwrap_err();
    known(client.facts().await);
    assert_eq!(paths(&server), ["/api/v1/models", "/api/v0/models", "/v1/models", "/api/v1/models"]);
}

#[tokio::test]
async fn another_server_offers_no_facts() {
    let html = "<html>not found</html>";
    for answers in [
        [("200 OK", OPENROUTER), ("404 Not Found", r#"{"error":{"message":"Not found"}}"#)],
        [("404 Not Found", html), ("404 Not Found", html)],
        [("200 OK", UNKNOWN_PATH), ("200 OK", UNKNOWN_PATH)],
        [("403 Forbidden", ""), ("403 Forbidden", "")],
        [("302 Found\r\nlocation: http://login.invalid/", ""), ("404 Not Found", "")],
        [("404 Not Found", V1), ("404 Not Found", V0)],
    ] {
        // A refusal's body is not read, so the connection is not kept: the answers come over two.
        let scripts =
            answers.map(|(status, body)| vec![Hear, Say(answer(&format!("{status}\r\nconnection: close"), body))]);
        let server = Server::playing(scripts.to_vec()).await;
        let facts = client(&server.root(), AMPLE).facts().await;
        assert!(matches!(facts, Ok(Facts::NotOffered)), "{answers:?}: {facts:?}");
        assert_eq!(paths(&server), ["/api/v1/models", "/api/v0/models", "/api/tags"]);
    }
}

#[tokio::test]
async fn ollama_is_asked_for_each_build_once_and_never_for_what_loads_a_model() {
    let tag = |id: &str, digest: &str| format!(r#"{{"name":"{id}","model":"{id}","digest":"{digest}"}}"#);
    let tags = format!(r#"{{"models":[{},{}]}}"#, tag("qwen3:8b", "d1"), tag("embed:latest", "d2"));
    let show = r#"{"capabilities":["completion","vision"],
        "model_info":{"general.architecture":"q","q.context_length":40960}}"#;
    let embed = r#"{"capabilities":["embedding"],"model_info":{}}"#;
    let ps = r#"{"models":[{"name":"qwen3:8b","model":"qwen3:8b","context_length":4096}]}"#;
    let nothing = ("404 Not Found", "404 page not found");
    let server = answering(&[
        nothing,
        nothing,
        ("200 OK", &tags),
        ("200 OK", show),
        ("200 OK", embed),
        ("200 OK", ps),
        ("200 OK", &tags),
        ("200 OK", r#"{"models":[]}"#),
    ])
    .await;
    let client = client(&server.root(), AMPLE);
    let sheet = known(client.facts().await);
    let facts = |sheet: &domain::FactSheet, id: &str| sheet.get(&ModelId::new(id).unwrap()).unwrap().clone();
    let qwen = facts(&sheet, "qwen3:8b");
    assert_eq!((qwen.max_context, qwen.loaded_context, qwen.vision), (Some(40_960), Some(4_096), Some(true)));
    assert_eq!(facts(&sheet, "embed:latest").kind, Some(domain::ModelKind::Embedding));
    assert_eq!(qwen.key(domain::Fact::LoadedContext).server, "Ollama's /api/ps");

    // It was unloaded; neither LM Studio's paths nor what is known already is asked for again.
    let sheet = known(client.facts().await);
    assert_eq!(facts(&sheet, "qwen3:8b").loaded_context, None);
    let asked: Vec<String> = server
        .heard()
        .iter()
        .map(|(_, head)| head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned())
        .collect();
    let question = |id: &str, next: &str| format!(r#"{{"model":"{id}"}}{next}"#);
    let expected = [
        "GET /api/v1/models",
        "GET /api/v0/models",
        "GET /api/tags",
        "POST /api/show",
        &question("qwen3:8b", "POST /api/show"),
        &question("embed:latest", "GET /api/ps"),
        "GET /api/tags",
        "GET /api/ps",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_refused_key_is_an_error_and_no_reason_to_try_the_other_path() {
    let body = r#"{"error":{"code":"invalid_api_key","message":"Malformed: sk-lm-SECR****"}}"#;
    for status in ["401 Unauthorized", "200 OK"] {
        let server = answering(&[(status, body)]).await;
        let error = client(&server.root(), AMPLE).facts().await.unwrap_err();
        assert!(matches!(error, SourceError::Unauthorized { .. }), "{error:?}");
        chain(&error);
        assert_eq!(paths(&server), ["/api/v1/models"]);
    }
}

#[tokio::test]
async fn a_server_in_trouble_says_nothing_of_what_it_is() {
    for (status, body) in [("502 Bad Gateway", "<html>"), ("503 Service Unavailable", V1), ("500 No", "{}")] {
        let server = answering(&[(status, body)]).await;
        let error = client(&server.root(), AMPLE).facts().await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error:?}");
        assert!(chain(&error).contains(&status[..3]), "{}", chain(&error));
    }
}

#[tokio::test]
async fn without_a_place_for_lm_studios_own_paths_nothing_is_asked() {
    let server = answering(&[("200 OK", V1)]).await;
    let address =
        ServerAddress { api: format!("{}/openai", server.root()).parse().unwrap(), others: Vec::new(), root: None };
    let client = LmStudio::new(address, None, AMPLE, Tls::new(None).unwrap());
    assert!(matches!(client.facts().await, Ok(Facts::NotOffered)));
    assert!(server.heard().is_empty());
}
