//! Addresses that mean different things at different servers: as they are written where OpenAI's list is there, else
//! `/v1` before them.

use domain::ports::{ModelSource, SourceError};
use lmsync_adapters_http::{LmStudio, ServerAddress, Tls};

use crate::server::{Hear, Say, Server, answer};
use crate::{AMPLE, ids};

const NATIVE_V1: &str = include_str!("../fixtures/api-v1-models.json");
const NATIVE_V0: &str = include_str!("../fixtures/api-v0-models.json");
const OPENROUTER: &str = include_str!("../fixtures/api-v1-models-openrouter.json");

/// LM Studio's answer to a path that it does not know.
const UNEXPECTED: &str = r#"{"error":"Unexpected endpoint or method. (GET /api/models)"}"#;

/// A server that gives these answers in turn, the last one for ever, and a client of it at these paths.
async fn asked(answers: &[(&str, &str)], paths: &[&str]) -> (Server, LmStudio) {
    let script = |(status, body): &(&str, &str)| vec![Hear, Say(answer(status, body))];
    let server = Server::playing(answers.iter().map(script).collect()).await;
    let mut bases = paths.iter().map(|path| format!("{}{path}", server.root()).parse().unwrap());
    let address = ServerAddress {
        api: bases.next().unwrap(),
        others: bases.collect(),
        root: Some(server.root().parse().unwrap()),
    };
    let client = LmStudio::new(address, None, AMPLE, Tls::new(None).unwrap());
    (server, client)
}

fn paths(server: &Server) -> Vec<String> {
    server.heard().iter().map(|(_, head)| head.split(' ').nth(1).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lm_studio_s_own_lists_lead_to_its_openai_compatible_one_and_that_is_remembered() {
    let list = r#"{"data":[{"id":"a"}]}"#;
    for (own, path) in [
        (NATIVE_V1, "/api/v1"),
        (NATIVE_V0, "/api/v0"),
        (r#"{"error":"Unexpected endpoint or method. (GET /api/v1/models)"}"#, "/api/v1"),
    ] {
        let (server, client) = asked(&[("200 OK", own), ("200 OK", list)], &[path, "/v1"]).await;
        assert_eq!(client.base(), None, "nothing is known yet");
        for _ in 0..2 {
            assert_eq!(ids(&client.models().await.unwrap()), ["a"]);
            assert_eq!(client.base(), Some(format!("{}/v1", server.root())));
        }
        assert_eq!(paths(&server), [&format!("{path}/models"), "/v1/models", "/v1/models"]);
    }
}

#[tokio::test]
async fn openai_s_list_is_taken_where_it_is_written() {
    let (server, client) = asked(&[("200 OK", OPENROUTER)], &["/api/v1", "/v1"]).await;
    client.models().await.unwrap();
    assert_eq!(client.base(), Some(format!("{}/api/v1", server.root())));
    assert_eq!(paths(&server), ["/api/v1/models"]);

    // Open WebUI.
    let (server, client) = asked(&[("200 OK", r#"{"data":[{"id":"a"}]}"#)], &["/api", "/api/v1", "/v1"]).await;
    client.models().await.unwrap();
    assert_eq!(client.base(), Some(format!("{}/api", server.root())));
    assert_eq!(paths(&server), ["/api/models"]);
}

#[tokio::test]
async fn api_alone_is_tried_as_each_server_has_it() {
    let answers = [("200 OK", UNEXPECTED), ("200 OK", NATIVE_V1), ("200 OK", r#"{"data":[{"id":"a"}]}"#)];
    let (server, client) = asked(&answers, &["/api", "/api/v1", "/v1"]).await;
    assert_eq!(ids(&client.models().await.unwrap()), ["a"]);
    assert_eq!(paths(&server), ["/api/models", "/api/v1/models", "/v1/models"]);
}

#[tokio::test]
async fn a_list_in_lm_studio_s_early_shape_counts_where_there_is_no_other() {
    let answers = [("200 OK", NATIVE_V0), ("404 Not Found", "not found"), ("200 OK", NATIVE_V0)];
    let (server, client) = asked(&answers, &["/api/v0", "/v1"]).await;
    assert!(!client.models().await.unwrap().ids().is_empty());
    assert_eq!(client.base(), Some(format!("{}/api/v0", server.root())));
}

#[tokio::test]
async fn a_server_that_is_in_trouble_is_not_taken_for_another() {
    for (status, body) in [("503 Service Unavailable", "Loading model"), ("401 Unauthorized", "")] {
        let (server, client) = asked(&[(status, body)], &["/api/v1", "/v1"]).await;
        let error = client.models().await.unwrap_err();
        assert!(!matches!(error, SourceError::Unreachable { .. }), "{error:?}");
        assert_eq!((paths(&server).len(), client.base()), (1, None), "{status}");
    }
    // And what was known is not believed any more when it fails.
    let answers =
        [("200 OK", NATIVE_V1), ("200 OK", r#"{"data":[{"id":"a"}]}"#), ("404 Not Found", ""), ("200 OK", OPENROUTER)];
    let (server, client) = asked(&answers, &["/api/v1", "/v1"]).await;
    client.models().await.unwrap();
    client.models().await.unwrap_err();
    client.models().await.unwrap();
    assert_eq!(client.base(), Some(format!("{}/api/v1", server.root())));
}

#[tokio::test]
async fn where_no_address_has_a_list_the_one_that_was_written_is_named() {
    let (server, client) = asked(&[("404 Not Found", "not found")], &["/api", "/api/v1", "/v1"]).await;
    let error = crate::chain(&client.models().await.unwrap_err());
    assert!(error.starts_with(&format!("{}/api/models has no list", server.root())), "{error}");
}
