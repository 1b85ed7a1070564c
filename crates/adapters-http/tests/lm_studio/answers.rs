//! What is asked, and which answers are lists.

use domain::ports::{Failure, ModelSource, SourceError};

use lmsync_adapters_http::{LmStudio, ServerAddress, Tls};

use crate::server::{Hear, Say, Server, Wait, answer, one_model};
use crate::{AMPLE, address, chain, ids, models};

#[tokio::test]
async fn the_request_says_what_it_must_and_no_more() {
    let server = Server::saying(one_model("a")).await;
    models(&server.root()).await.unwrap();
    let (_, head) = server.heard().remove(0);
    let mut lines: Vec<_> = head.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "GET /v1/models HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", server.port());
    let agent = concat!("user-agent: lmsync/", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines, ["accept: application/json", "authorization: Bearer sk-lm-SECRETab", &host, agent]);
}

#[tokio::test]
async fn without_a_key_none_is_sent() {
    let server = Server::saying(one_model("a")).await;
    let client = LmStudio::new(address(&server.root()), None, AMPLE, Tls::new(None).unwrap());
    client.models().await.unwrap();
    assert!(!server.heard()[0].1.to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_path_prefix_is_kept_and_a_user_name_is_not_shown() {
    let server = Server::saying(answer("200 OK", "{}")).await;
    let api = format!("http://user:word@127.0.0.1:{}/base/v1", server.port()).parse().unwrap();
    let client =
        LmStudio::new(ServerAddress { api, others: Vec::new(), root: None }, None, AMPLE, Tls::new(None).unwrap());
    let error = client.models().await.unwrap_err();
    assert!(server.heard()[0].1.starts_with("GET /base/v1/models HTTP/1.1\r\n"));
    let shown = chain(&error);
    assert!(shown.starts_with(&format!("{}/base/v1/models answered", server.root())), "{shown}");
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_an_error_that_does_not_show_it() {
    let server = Server::saying(one_model("a")).await;
    let key = crate::key("sk-lm-SECRET\nx-injected: yes");
    let client = LmStudio::new(address(&server.root()), key, AMPLE, Tls::new(None).unwrap());
    let error = client.models().await.unwrap_err();
    assert!(chain(&error).contains("cannot be sent in a header"));
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn the_lists_of_real_servers_are_understood() {
    let servers = [
        (
            include_str!("../fixtures/models-lm-studio.json"),
            &[
                "liquid/lfm2-1.2b",
                "llama-3.2-1b-instruct",
                "llama-3.2-1b-instruct:2",
                "text-embedding-nomic-embed-text-v1.5",
            ][..],
        ),
        (
            include_str!("../fixtures/models-aichat.json"),
            &["default", "lmstudio:qwen/qwen3-8b@q4_k_m", "lmstudio:text-embedding-nomic-embed-text-v1.5"],
        ),
        (include_str!("../fixtures/models-aimock.json"), &["qwen/qwen3-8b", "日本語/モデル-7b"]),
        (include_str!("../fixtures/models-llm-katan.json"), &["qwen/qwen3-8b@q4_k_m"]),
    ];
    for (body, expected) in servers {
        let server = Server::saying(answer("200 OK", body)).await;
        let listing = models(&server.root()).await.unwrap();
        assert_eq!(ids(&listing), expected);
        assert_eq!(listing.incomplete(), None);
    }
}

#[tokio::test]
async fn a_body_may_come_in_chunks_or_end_with_the_connection() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                   10\r\n{\"data\":[{\"id\":\"\r\n5;x=y\r\na\"}]}\r\n0\r\nx-trailer: 1\r\n\r\n";
    let until_close = "HTTP/1.0 200 OK\r\n\r\n{\"data\":[{\"id\":\"a\"}]}";
    for bytes in [chunked, until_close] {
        let server = Server::saying(bytes).await;
        assert_eq!(ids(&models(&server.root()).await.unwrap()), ["a"]);
    }
}

#[tokio::test]
async fn what_is_no_list_is_named() {
    let katan = r#"{"error":{"message":"no\u001b[2J such thing","type":"invalid_request_error","code":"other"}}"#;
    for (bytes, named) in [
        (answer("200 OK", r#"{"error":"Unexpected endpoint or method. (GET /models)"}"#), "(GET /models)"),
        (answer("404 Not Found", katan), "HTTP 404: the server says: no\\u{1b}[2J such thing"),
        (answer("502 Bad Gateway", "<html></html>"), "HTTP 502: the answer is an HTML page"),
        (b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), "HTTP 204: the answer is empty"),
        (answer("200 OK", r#"{"data":null}"#), "\"data\" is null, not an array"),
        (answer("200 OK", [0x1f, 0x8b, 8, 0, 0, 0]), "the answer is compressed"),
        (answer("200 OK", b"{\"data\":[{\"id\":\"\xff\"}]}"), "not UTF-8 text (byte 16)"),
        (answer("503 Service Unavailable", r#"{"data":[{"id":"a"}]}"#), "HTTP 503: the answer is a list, but"),
        (answer("200 OK", r#"{"error":"you sent sk-lm-SECRETab"}"#), "(it repeats part of the key)"),
    ] {
        let server = Server::saying(bytes).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error:?}");
        assert!(chain(&error).contains(named), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_refused_key_is_told_apart_and_never_repeated() {
    let body = r#"{"error":{"type":"invalid_request","code":"invalid_api_key","message":
        "Malformed LM Studio API token provided: sk-lm-SECR******. Ensure you are using a valid token."}}"#;
    for (status, code) in [("401 Unauthorized", 401), ("403 Forbidden", 403), ("200 OK", 200)] {
        let server = Server::saying(answer(status, body)).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Unauthorized { status, .. } if status == code), "{error:?}");
        assert!(!format!("{} {error:?}", chain(&error)).contains("SECR"));
    }
}

#[tokio::test]
async fn a_key_is_neither_taken_for_a_model_nor_shown_in_the_address_of_a_redirect() {
    let key = "sk-lm-SECRETab:01234567890123456789";
    let moved = |to: &str| answer(&format!("307 Temporary Redirect\r\nlocation: {to}"), "");
    for bytes in [one_model(key), moved(&format!("http://{key}/")), moved(&format!("file:///{key}"))] {
        let server = Server::saying(bytes).await;
        let client = LmStudio::new(address(&server.root()), crate::key(key), AMPLE, Tls::new(None).unwrap());
        let error = client.models().await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error:?}");
        assert!(!format!("{} {error:?}", chain(&error)).contains("SECRET"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_refusal_is_believed_without_its_body() {
    let head = b"HTTP/1.1 401 Unauthorized\r\n\r\n".to_vec();
    let server = Server::playing(vec![vec![Hear, Say(head), Wait]]).await;
    let error = models(&server.root()).await.unwrap_err();
    assert!(matches!(error, SourceError::Unauthorized { status: 401, .. }), "{error:?}");
}

#[tokio::test]
async fn nobody_listening_and_an_unknown_name_are_told_apart() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = models(&format!("http://127.0.0.1:{port}")).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { failure: Failure::Refused, .. }), "{error:?}");
    assert!(chain(&error).contains("Connection refused"), "{}", chain(&error));

    let error = models("http://no-such-host.invalid:1234").await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { failure: Failure::Unresolved, .. }), "{error:?}");
    assert!(chain(&error).contains("no-such-host.invalid"));
}

#[tokio::test]
async fn an_address_without_a_host_is_an_error() {
    let api = "/v1".parse().unwrap();
    let client =
        LmStudio::new(ServerAddress { api, others: Vec::new(), root: None }, None, AMPLE, Tls::new(None).unwrap());
    assert!(chain(&client.models().await.unwrap_err()).contains("not an absolute http or https URL"));
}
