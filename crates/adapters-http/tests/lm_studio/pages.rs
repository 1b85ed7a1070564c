//! Lists that come page by page: read to the end, or known to be incomplete.

use domain::ports::ModelSource;
use domain::{Incomplete, Unread};

use crate::server::{Act, Hear, Say, Server, Wait, answer};
use crate::{AMPLE, SHORT, client, ids};

/// A page of these models, which says what follows.
fn page(ids: &[&str], rest: &str) -> Act {
    let entries: Vec<_> = ids.iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
    Say(answer("200 OK", format!(r#"{{"object":"list","data":[{}]{rest}}}"#, entries.join(","))))
}

const MORE: &str = r#","has_more":true"#;

/// Plays these acts, each after a request, on one connection.
async fn playing(answers: Vec<Act>) -> Server {
    Server::playing(vec![answers.into_iter().flat_map(|answer| [Hear, answer]).collect()]).await
}

/// The request lines so far.
fn asked(server: &Server) -> Vec<String> {
    server.heard().iter().map(|(_, head)| head.lines().next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_are_read_to_the_end_over_one_connection() {
    let last = page(&["c"], r#","has_more":false"#);
    let server =
        playing(vec![page(&["a"], &format!(r#"{MORE},"last_id":"a/ü &b""#)), page(&["b:2"], MORE), last]).await;
    let listing = client(&server.root(), AMPLE).models().await.unwrap();
    assert_eq!((ids(&listing), listing.incomplete()), (vec!["a", "b:2", "c"], None));
    assert_eq!(
        asked(&server),
        [
            "GET /v1/models HTTP/1.1",
            "GET /v1/models?after=a%2F%C3%BC%20%26b HTTP/1.1",
            "GET /v1/models?after=b%3A2 HTTP/1.1"
        ]
    );
    assert_eq!(server.connections(), [0, 0, 0]);
}

#[tokio::test]
async fn a_list_without_a_further_page_is_asked_for_once() {
    let server = playing(vec![page(&["a"], r#","has_more":false,"last_id":"a""#)]).await;
    assert_eq!(client(&server.root(), AMPLE).models().await.unwrap().incomplete(), None);
    assert_eq!(asked(&server).len(), 1);
}

#[tokio::test]
async fn where_a_page_cannot_be_had_what_is_listed_counts_and_the_rest_is_unknown() {
    let first = || page(&["a", "b"], MORE);
    let refused = |status: &str| Say(answer(status, "{}"));
    for (answers, reason, requests) in [
        // A server that knows no pages answers with the same one.
        (vec![first(), first()], Unread::Repeated, 2),
        (vec![first(), page(&["b"], "")], Unread::Repeated, 2),
        (vec![first(), refused("500 Oh")], Unread::Refused, 2),
        (vec![first(), refused("200 OK")], Unread::Refused, 2),
        (vec![first(), refused("401 Unauthorized")], Unread::Refused, 2),
        (vec![page(&["a", "b"], r#","next_page_token":"x""#)], Unread::Unnamed, 1),
    ] {
        let server = playing(answers).await;
        let listing = client(&server.root(), AMPLE).models().await.unwrap();
        assert_eq!((ids(&listing), listing.incomplete()), (vec!["a", "b"], Some(&Incomplete::Page(reason))));
        assert_eq!(asked(&server).len(), requests, "{reason:?}");
    }
}

#[tokio::test]
async fn an_empty_last_page_ends_the_list() {
    let server = playing(vec![page(&["a"], MORE), page(&[], "")]).await;
    assert_eq!(client(&server.root(), AMPLE).models().await.unwrap().incomplete(), None);
}

#[tokio::test]
async fn pages_without_end_are_bounded_in_number_and_time() {
    let endless = (0..200).map(|number| page(&[&format!("m{number}")], MORE)).collect();
    let server = playing(endless).await;
    let listing = client(&server.root(), AMPLE).models().await.unwrap();
    assert_eq!(listing.incomplete(), Some(&Incomplete::Page(Unread::Endless)));
    assert_eq!((listing.ids().len(), asked(&server).len()), (100, 100));

    let server = playing(vec![page(&["a"], MORE), page(&["b"], MORE), Wait]).await;
    let listing = client(&server.root(), SHORT).models().await.unwrap();
    assert!(matches!(listing.incomplete(), Some(Incomplete::Page(_))), "{listing:?}");
    assert_eq!(ids(&listing), ["a", "b"]);
}

#[tokio::test]
async fn entries_that_cannot_be_read_on_any_page_are_counted_together() {
    let odd = r#"{"object":"list","data":[{"id":"b"},{"name":"x"},5]}"#;
    let first = r#"{"object":"list","data":[{"id":"a"},{"id":7}],"has_more":true}"#;
    let server = playing(vec![Say(answer("200 OK", first)), Say(answer("200 OK", odd))]).await;
    let listing = client(&server.root(), AMPLE).models().await.unwrap();
    assert_eq!(ids(&listing), ["a", "b"]);
    assert_eq!(listing.incomplete().map(Incomplete::skipped), Some(3));
    let said = listing.incomplete().unwrap().to_string();
    assert_eq!(said, "3 entries of its list have no usable id: the first has an \"id\" that is a number");
}
