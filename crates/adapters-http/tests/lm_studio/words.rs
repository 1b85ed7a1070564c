//! Answers that are not lists, each told by its kind and in the server's own words.

use domain::ports::{AnswerKind, ModelSource, SourceError, Wants};

use lmsync_adapters_http::{LmStudio, Tls};

use crate::server::{Hear, Say, Server, Wait, answer};
use crate::{AMPLE, address, chain, key, models};

/// What llama-server answers while it loads its model.
const LOADING: &str = include_str!("../../../../tests/cases/04-llama-server-loading-503.json");

async fn told(bytes: Vec<u8>) -> (AnswerKind, String) {
    let server = Server::saying(bytes).await;
    match models(&server.root()).await.unwrap_err() {
        error @ SourceError::Malformed { kind, .. } => (kind, chain(&error).replace(&server.root(), "")),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn each_kind_of_answer_is_told_in_the_server_s_own_words() {
    let login = "302 Found\r\nlocation: https://sso.example/login?rd=x";
    for (status, body, kind, told_so) in [
        (
            "503 Service Unavailable",
            LOADING,
            AnswerKind::Loading,
            "/v1/models is there, and not ready yet: HTTP 503: the server says: Loading model",
        ),
        (
            "502 Bad Gateway",
            "<html>\r\n<head><title>502 Bad Gateway</title></head><center>nginx</center></html>",
            AnswerKind::Proxy,
            "/v1/models is answered by a proxy, and the server behind it does not answer: HTTP 502: the answer is an \
             HTML page (`502 Bad Gateway`)",
        ),
        (login, "", AnswerKind::Login, "/v1/models leads to a login page: it redirects to https://sso.example"),
        (
            "403 Forbidden",
            "Invalid host header",
            AnswerKind::HostName,
            "/v1/models does not accept the host name in this address: HTTP 403: text (`Invalid host header`)",
        ),
        (
            "404 Not Found",
            "404 page not found\n",
            AnswerKind::NotFound,
            "/v1/models has no list of models at this path: HTTP 404: text (`404 page not found`)",
        ),
        (
            "404 Not Found",
            "not found",
            AnswerKind::NotFound,
            "/v1/models has no list of models at this path: HTTP 404: text (`not found`)",
        ),
        (
            "200 OK",
            "<!doctype html><html><head><title>Open WebUI</title>",
            AnswerKind::WebPage,
            "/v1/models answered with a web page instead of a list of models: the answer is an HTML \
            page (`Open WebUI`)",
        ),
        (
            "422 Unprocessable Entity",
            r#"{"detail":[{"loc":["query","limit"],"msg":"field required","type":"value_error.missing"}]}"#,
            AnswerKind::Refused,
            "/v1/models refuses the request: HTTP 422: the server says: limit: field required",
        ),
        (
            "200 OK",
            r#"{"success":false,"message":"no such group"}"#,
            AnswerKind::Other,
            "/v1/models answered with something other than a list of models: the server says: no such group",
        ),
        (
            "500 Internal Server Error",
            r#"{"error":{"msg":"out of memory"}}"#,
            AnswerKind::Failed,
            "/v1/models answered with an error of its own: HTTP 500: the server says: out of memory",
        ),
        (
            "429 Too Many Requests",
            "slow down",
            AnswerKind::Busy,
            "/v1/models is there, and has no list of models for now: HTTP 429: text (`slow down`)",
        ),
        (
            "200 OK",
            "42",
            AnswerKind::Other,
            "/v1/models answered with something other than a list of models: the answer is a number, not an \
            object with a \"data\" array",
        ),
    ] {
        assert_eq!(told(answer(status, body)).await, (kind, told_so.to_owned()), "{status} {body}");
    }
    let (kind, told_so) = told(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()).await;
    assert_eq!(kind, AnswerKind::NotHttp);
    assert!(told_so.starts_with("/v1/models is answered by another program, which does not speak HTTP"), "{told_so}");
}

async fn refusal(bytes: Vec<u8>, secret: &str) -> (Wants, String) {
    let server = Server::saying(bytes).await;
    let client = LmStudio::new(address(&server.root()), key(secret), AMPLE, Tls::new(None).unwrap());
    match client.models().await.unwrap_err() {
        error @ SourceError::Unauthorized { wants, .. } => {
            assert!(!format!("{error:?}").contains("sk-lm"), "{error:?}");
            (wants, chain(&error).replace(&server.root(), ""))
        }
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn what_a_server_wants_is_told_with_its_words() {
    let basic = "401 Unauthorized\r\nwww-authenticate: Basic realm=\"models\"";
    let says = "the server says: ";
    for (status, body, secret, wants, told_so) in [
        ("401 Unauthorized", "", "", Wants::Key, "wants a key (HTTP 401)".to_owned()),
        ("401 Unauthorized", "", "abc", Wants::AnotherKey, "refuses the key (HTTP 401)".to_owned()),
        (
            "401 Unauthorized",
            r#"{"detail":"No such group"}"#,
            "",
            Wants::Key,
            format!("wants a key (HTTP 401): {says}No such group"),
        ),
        (
            "403 Forbidden",
            r#"{"error":{"message":"Invalid API key"}}"#,
            "qqqqqqq",
            Wants::AnotherKey,
            format!("refuses the key (HTTP 403): {says}Invalid API key"),
        ),
        (
            basic,
            "<title>401 Authorization Required</title>",
            "qqqqqqq",
            Wants::Password,
            "wants a user name and a password (HTTP 401): the answer is an HTML page (`401 Authorization Required`)"
                .to_owned(),
        ),
        (
            "401 Unauthorized",
            r#"{"error":{"message":"Incorrect API key provided: sk-proj-****WXYZ"}}"#,
            "sk-proj-0123456789abcdefWXYZ",
            Wants::AnotherKey,
            format!("refuses the key (HTTP 401): {says}(it repeats part of the key)"),
        ),
    ] {
        let expected = (wants, format!("/v1/models {told_so}"));
        assert_eq!(refusal(answer(status, body), secret).await, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn a_refusal_whose_body_is_late_or_long_is_a_refusal_without_words() {
    let head = "HTTP/1.1 401 Unauthorized\r\n";
    let late = Server::playing(vec![vec![Hear, Say(format!("{head}\r\n").into()), Wait]]).await;
    let long = Server::saying(answer("401 Unauthorized", "x".repeat(1 << 20))).await;
    for server in [late, long] {
        let error = models(&server.root()).await.unwrap_err();
        assert_eq!(chain(&error), format!("{}/v1/models refuses the key (HTTP 401)", server.root()));
    }
}
