//! Servers that are broken or mean: each costs bounded time and memory, and gives an error that says why.

use std::time::Instant;

use domain::ports::{ModelSource, SourceError};

use crate::server::{Act, Drip, Hear, Repeat, Reset, Say, Server, Wait, one_model};
use crate::{AMPLE, SHORT, chain, client, ids, models};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

fn say(text: impl AsRef<str>) -> Act {
    Say(text.as_ref().as_bytes().to_vec())
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_given_up_in_time() {
    let scripts = [
        ("silence", vec![Hear, Wait]),
        ("a slow head", vec![Hear, say("HTTP/1.1 200 OK\r\nx: "), Drip(b"x".to_vec())]),
        ("a slow body", vec![Hear, say(format!("{HEAD}\r\n")), Drip(b" ".to_vec())]),
        ("1xx without end", vec![Hear, Repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec())]),
        ("a body that stays short", vec![Hear, say(format!("{HEAD}content-length: 50\r\n\r\n{{")), Wait]),
    ];
    for (name, script) in scripts {
        let server = Server::playing(vec![script]).await;
        let start = Instant::now();
        let error = client(&server.root(), SHORT).models().await.unwrap_err();
        let took = start.elapsed();
        assert!(matches!(error, SourceError::TimedOut { limit, .. } if limit == SHORT), "{name}: {error:?}");
        assert!(took >= SHORT && took < SHORT * 10, "{name}: {took:?}");
        assert_eq!(server.heard().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_before_it_is_had() {
    let space = vec![b' '; 64 * 1024];
    let chunk = [format!("{:x}\r\n", space.len()).into_bytes(), space.clone(), b"\r\n".to_vec()].concat();
    let scripts = [
        ("announced", vec![Hear, say(format!("{HEAD}content-length: 10485761\r\n\r\n")), Wait]),
        (
            "announced absurdly",
            vec![Hear, say(format!("{HEAD}content-length: {}\r\n\r\n", u64::MAX - 2)), Wait],
        ),
        ("endless", vec![Hear, say(format!("{HEAD}\r\n")), Repeat(space)]),
        (
            "endless chunks",
            vec![Hear, say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")), Repeat(chunk)],
        ),
    ];
    for (name, script) in scripts {
        let server = Server::playing(vec![script]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{name}: {error:?}");
        assert!(chain(&error).contains("larger than 10 MiB"), "{name}: {}", chain(&error));
    }
}

#[tokio::test]
async fn a_list_of_just_10_mib_is_read() {
    let list = br#"{"data":[{"id":"a"}]}"#;
    let mut body = vec![b' '; 10 * 1024 * 1024 - list.len()];
    body.extend_from_slice(list);
    let server = Server::saying(crate::server::answer("200 OK", body)).await;
    assert_eq!(ids(&models(&server.root()).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    for (name, script) in [
        ("another protocol", vec![Hear, say("SSH-2.0-OpenSSH_9.9\r\n")]),
        ("bad chunks", vec![Hear, say(format!("{HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n"))]),
        ("two lengths", vec![Hear, say(format!("{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\n{{}}"))]),
        ("a negative length", vec![Hear, say(format!("{HEAD}content-length: -1\r\n\r\n{{}}"))]),
        ("an endless head", vec![Hear, say(HEAD), Repeat(b"x-more: and more\r\n".to_vec())]),
        ("an endless line", vec![Hear, say("HTTP/1.1 200 OK\r\nx: "), Repeat(vec![b'x'; 4096])]),
        (
            "another protocol after all",
            vec![Hear, say("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n{")],
        ),
    ] {
        let server = Server::playing(vec![script]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_an_error_and_never_part_of_a_list() {
    let whole = one_model("some/model");
    for cut in 0..whole.len() {
        let server = Server::playing(vec![vec![Hear, Say(whole[..cut].to_vec())]]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{cut}: {error:?}");
        assert!(chain(&error).contains("closed before the answer was complete"), "{cut}: {}", chain(&error));
        assert_eq!(server.heard().len(), 1, "{cut}: a fresh connection is not tried twice");
    }
}

#[tokio::test]
async fn an_answer_reset_at_any_byte_is_an_error_and_never_part_of_a_list() {
    let whole = one_model("some/model");
    for cut in 0..whole.len() {
        let server = Server::playing(vec![vec![Hear, Say(whole[..cut].to_vec()), Reset]]).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{cut}: {error:?}");
        assert_eq!(server.heard().len(), 1, "{cut}: a fresh connection is not tried twice");
    }
}

#[tokio::test]
async fn one_million_models_are_refused() {
    let body = format!(r#"{{"data":[{}]}}"#, vec![r#"{"id":""}"#; 1_000_000].join(","));
    let server = Server::saying(crate::server::answer("200 OK", body)).await;
    let error = client(&server.root(), AMPLE).models().await.unwrap_err();
    assert!(chain(&error).contains("more than 100000 models"), "{}", chain(&error));
}
