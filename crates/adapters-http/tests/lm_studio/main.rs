//! The LM Studio client over real loopback sockets, against servers that send exactly the bytes of their script.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in what its tests share")]

mod answers;
mod bases;
mod connections;
mod facts;
mod hostile;
mod keys;
mod pages;
mod redirects;
mod server;
mod tls;
mod words;

use std::error::Error;
use std::time::Duration;

use domain::ports::{ModelSource, SourceError};
use domain::{Listing, Secret};
use lmsync_adapters_http::{LmStudio, ServerAddress, ServerKey, Tls};

/// Longer than any answer takes that is meant to arrive.
const AMPLE: Duration = Duration::from_secs(20);

/// Long enough to be asked and short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

fn address(root: &str) -> ServerAddress {
    ServerAddress { api: format!("{root}/v1").parse().unwrap(), others: Vec::new(), root: Some(root.parse().unwrap()) }
}

fn key(secret: &str) -> Option<ServerKey> {
    Secret::new(secret).map(ServerKey::from)
}

fn client(root: &str, limit: Duration) -> LmStudio {
    LmStudio::new(address(root), key("sk-lm-SECRETab"), limit, Tls::new(None).unwrap())
}

async fn models(root: &str) -> Result<Listing, SourceError> {
    client(root, AMPLE).models().await
}

fn ids(listing: &Listing) -> Vec<&str> {
    listing.ids().iter().map(domain::ModelId::as_str).collect()
}

/// An error and what it came from, as a log line shows it.
fn chain(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(!text.contains("SECRET") && !text.contains("sk-lm"), "the key is in {text}");
    assert!(!text.contains(char::is_control), "control characters in {text:?}");
    assert!(text.len() < 1000, "{text}");
    text
}
