//! The header that carries the key: exactly one, the one that is set, and to the server alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{ModelSource, SourceError, Wants};
use domain::{KeyHeader, Secret};
use lmsync_adapters_http::{LmStudio, ServerKey, Tls};

use crate::server::{Hear, Say, Server, Wait, answer, one_model};
use crate::{AMPLE, address, chain};

const SECRET: &str = "admin:SECRET-0123456789-and-more";

fn headers() -> [KeyHeader; 4] {
    let named = |name: &str| KeyHeader::Named(name.to_owned());
    [KeyHeader::Bearer, KeyHeader::Basic, named("api-key"), named("x-api-key")]
}

fn client(server: &Server, header: &KeyHeader) -> LmStudio {
    let key = Secret::new(SECRET).map(|secret| ServerKey::new(secret, header.clone()));
    LmStudio::new(address(&server.root()), key, AMPLE, Tls::new(None).unwrap())
}

#[tokio::test]
async fn one_header_carries_the_key() {
    let encoded = STANDARD.encode(SECRET);
    let expected = [
        format!("authorization: Bearer {SECRET}"),
        format!("authorization: Basic {encoded}"),
        format!("api-key: {SECRET}"),
        format!("x-api-key: {SECRET}"),
    ];
    for (header, expected) in headers().iter().zip(expected) {
        let server = Server::saying(one_model("a")).await;
        client(&server, header).models().await.unwrap();
        let head = server.heard().remove(0).1;
        let carrying: Vec<&str> =
            head.lines().filter(|line| line.contains(SECRET) || line.contains(&encoded)).collect();
        assert_eq!(carrying, [expected], "{head}");
        let credentials = ["authorization:", "api-key:", "x-api-key:"];
        assert_eq!(head.lines().filter(|line| credentials.iter().any(|name| line.starts_with(name))).count(), 1);
    }
}

#[tokio::test]
async fn no_other_server_learns_the_key_whatever_carries_it() {
    for header in headers() {
        let other = Server::playing(vec![vec![Hear, Say(one_model("a")), Wait]]).await;
        let moved = answer(&format!("307 Temporary Redirect\r\nlocation: {}/v1/models", other.root()), "");
        let server = Server::saying(moved).await;
        client(&server, &header).models().await.unwrap_err();
        assert!(other.heard().is_empty(), "{header}");
    }
}

#[tokio::test]
async fn a_key_that_comes_back_in_any_form_is_shown_nowhere() {
    let encoded = STANDARD.encode(SECRET);
    for header in headers() {
        for said in [SECRET, &encoded, "SECRET-0123456789-and-more", "…more"] {
            let error = format!(r#"{{"error":"what is {said}?"}}"#);
            for bytes in [
                answer("200 OK", &error),
                answer("401 Unauthorized", &error),
                answer("403 Forbidden", said),
                answer("500 Oh", format!("<title>{said}</title>")),
                answer(&format!("302 Found\r\nlocation: http://{encoded}.example/"), ""),
            ] {
                let server = Server::saying(bytes).await;
                let client = client(&server, &header);
                let error = client.models().await.unwrap_err();
                let shown = format!("{} {error:?} {client:?}", chain(&error)).to_lowercase();
                for part in ["0123456789", "…more", &encoded.to_lowercase()] {
                    // The address of a redirect is not the key in its other form, where that was not sent.
                    let sent = part != encoded.to_lowercase() || header == KeyHeader::Basic;
                    assert!(!sent || !shown.contains(part), "{header}: {shown}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refused_password_is_told_as_one() {
    let server = Server::saying(answer("401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"", "")).await;
    let error = client(&server, &KeyHeader::Basic).models().await.unwrap_err();
    assert!(matches!(error, SourceError::Unauthorized { wants: Wants::AnotherPassword, .. }), "{error:?}");
}
