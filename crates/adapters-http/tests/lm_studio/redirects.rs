//! Redirects: followed at home, and the key goes nowhere else.

use domain::ports::SourceError;

use crate::server::{Hear, Say, Server, Wait, answer, one_model};
use crate::{chain, ids, models};

fn to(location: &str) -> Vec<u8> {
    answer(&format!("307 Temporary Redirect\r\nlocation: {location}"), "moved")
}

#[tokio::test]
async fn a_redirect_within_the_server_is_followed() {
    let server = Server::playing(vec![vec![Hear, Say(to("/api/models?all=1"))], vec![Hear, Say(one_model("a"))]]).await;
    assert_eq!(ids(&models(&server.root()).await.unwrap()), ["a"]);
    assert!(server.heard()[1].1.starts_with("GET /api/models?all=1 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_redirect_to_another_server_is_named_and_that_server_never_asked() {
    let other = Server::playing(vec![vec![Hear, Say(one_model("a")), Wait]]).await;
    let server = Server::saying(to(&format!("{}/v1/models?x=1", other.root()))).await;
    let error = models(&server.root()).await.unwrap_err();
    assert!(matches!(error, SourceError::Malformed { .. }), "{error:?}");
    let shown = chain(&error);
    assert!(shown.contains(&other.root()) && shown.contains("OPENAI_API_BASE"), "{shown}");
    assert!(other.heard().is_empty());
}

#[tokio::test]
async fn redirects_to_files_and_link_local_addresses_are_refused() {
    for location in ["file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "//[fe80::1]/x"] {
        let server = Server::saying(to(location)).await;
        let error = models(&server.root()).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{location}: {error:?}");
        assert!(chain(&error).contains("redirects to"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_redirect_that_loops_is_given_up() {
    let server = Server::saying(to("/v1/models")).await;
    let error = models(&server.root()).await.unwrap_err();
    assert!(chain(&error).contains("redirects more than 3 times"), "{}", chain(&error));
    assert_eq!(server.heard().len(), 4);
}
