//! The kept-alive connection: used again, given up when it was closed, and never a reason to ask twice.

use domain::ports::{AnswerKind, ModelSource, SourceError};

use crate::server::{Hear, Meet, Reset, Say, Server, Wait, answer, one_model};
use crate::{AMPLE, client, ids};

#[tokio::test]
async fn a_connection_is_used_again() {
    let script = vec![Hear, Say(one_model("a")), Hear, Say(one_model("b")), Wait];
    let server = Server::playing(vec![script]).await;
    let client = client(&server.root(), AMPLE);
    assert_eq!(ids(&client.models().await.unwrap()), ["a"]);
    assert_eq!(ids(&client.clone().models().await.unwrap()), ["b"]);
    assert_eq!(server.connections(), [0, 0]);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_costs_one_more_connection_and_no_error() {
    for end in [vec![], vec![Reset], vec![Hear], vec![Hear, Reset]] {
        let first = [vec![Hear, Say(one_model("a"))], end].concat();
        let server = Server::playing(vec![first, vec![Hear, Say(one_model("b")), Wait]]).await;
        let client = client(&server.root(), AMPLE);
        assert_eq!(ids(&client.models().await.unwrap()), ["a"]);
        assert_eq!(ids(&client.models().await.unwrap()), ["b"]);
        assert_eq!(server.connections().last(), Some(&1));
    }
}

#[tokio::test]
async fn the_second_connection_is_the_last_one_tried() {
    let server = Server::playing(vec![vec![Hear, Say(one_model("a")), Hear], vec![Hear]]).await;
    let client = client(&server.root(), AMPLE);
    client.models().await.unwrap();
    let error = client.models().await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    assert_eq!(server.connections(), [0, 0, 1]);
}

#[tokio::test]
async fn words_that_nobody_asked_for_are_no_answer_to_the_next_question() {
    let mut twice = one_model("a");
    twice.extend(one_model("stale"));
    let server = Server::playing(vec![vec![Hear, Say(twice), Wait], vec![Hear, Say(one_model("b"))]]).await;
    let client = client(&server.root(), AMPLE);
    assert_eq!(ids(&client.models().await.unwrap()), ["a"]);
    assert_eq!(ids(&client.models().await.unwrap()), ["b"]);
}

#[tokio::test]
async fn a_goodbye_on_an_idle_connection_is_no_answer_to_the_next_question() {
    let goodbye = answer("408 Request Timeout\r\nconnection: close", "");
    let idle = vec![Hear, Say(one_model("a")), Meet, Say(goodbye), Meet];
    let server = Server::playing(vec![idle, vec![Hear, Say(one_model("b"))]]).await;
    let client = client(&server.root(), AMPLE);
    assert_eq!(ids(&client.models().await.unwrap()), ["a"]);
    server.meet().await;
    server.meet().await;
    // Lets the runtime look at its sockets: the goodbye is there before the question is asked.
    tokio::task::yield_now().await;
    assert_eq!(ids(&client.models().await.unwrap()), ["b"]);
    assert_eq!(server.connections(), [0, 1]);
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_is_asked_over_fresh_connections() {
    let body = r#"{"data":[{"id":"a"}]}"#;
    let closing = answer("200 OK\r\nconnection: close", body);
    let server = Server::saying(closing).await;
    let client = client(&server.root(), AMPLE);
    client.models().await.unwrap();
    client.models().await.unwrap();
    assert_eq!(server.connections(), [0, 1]);
}

#[tokio::test]
async fn a_server_that_speaks_before_it_is_asked_does_not_speak_http() {
    for script in [vec![Say(b"220 mail ESMTP\r\n".to_vec()), Wait], vec![Say(b"SSH-2.0-x\r\n".to_vec()), Hear]] {
        let server = Server::playing(vec![script]).await;
        let error = client(&server.root(), AMPLE).models().await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { kind: AnswerKind::NotHttp, .. }), "{error:?}");
    }
}
