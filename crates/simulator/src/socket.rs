//! LM Studio's WebSockets: plain JSON text frames, one socket for each namespace.
//!
//! The frames are those of the vendor's published server transport. What it does not answer is not answered
//! here either: calls to unknown endpoints get a warning that names no call.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderMap, Response, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::answer::{self, Body};
use super::log::{Call, now_ms};
use super::namespace::Namespace;
use super::rpc::{self, Outcome};
use crate::log::{Credential, LoggedRequest};
use crate::world::World;

/// Nothing that a client has to say is longer.
const MOST: usize = 64 * 1024;

/// How long the published server waits for a frame that authenticates.
const AUTHENTICATION: Duration = Duration::from_secs(10);

/// How many warnings a connection gets.
const WARNINGS: usize = 5;

/// A connection that becomes a WebSocket.
#[derive(Debug)]
pub(super) struct Upgrading {
    pub(super) upgrade: OnUpgrade,
    pub(super) namespace: Namespace,
    pub(super) path: String,
}

/// Whether a request asks for a WebSocket.
pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|upgrade| upgrade.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// The answer that makes the connection a WebSocket.
pub(super) fn switch(headers: &HeaderMap) -> Response<Body> {
    let Some(key) = headers.get(SEC_WEBSOCKET_KEY) else {
        return answer::with_body(400, "text/plain; charset=utf-8", "Bad Request");
    };
    let mut response = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// Speaks with one client until it, or the server, goes away.
pub(super) async fn serve(world: &World, connection: u64, upgrading: Upgrading) {
    let Ok(upgraded) = upgrading.upgrade.await else { return };
    let config = WebSocketConfig::default().max_message_size(Some(MOST)).max_frame_size(Some(MOST));
    let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let (namespace, path) = (upgrading.namespace, upgrading.path);
    let mut socket = Socket { stream, world: world.clone(), connection, path, warnings: 0 };
    socket.speak(namespace).await;
    // The client may be gone already.
    let _ = socket.stream.close(None).await;
}

struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    world: World,
    connection: u64,
    path: String,
    warnings: usize,
}

impl Socket {
    async fn speak(&mut self, namespace: Namespace) {
        let Ok(Some(frame)) = tokio::time::timeout(AUTHENTICATION, self.frame()).await else { return };
        self.answering().await;
        let Some(credential) = rpc::authenticate(&self.world, &frame) else {
            // A frame of another shape is not answered; the connection ends when the time is over.
            let _ = tokio::time::timeout(AUTHENTICATION, self.gone()).await;
            return;
        };
        if credential == Credential::Refused {
            self.send(json!({"success": false, "error": {"title": "Invalid API token"}})).await;
            return;
        }
        self.send(json!({"success": true})).await;
        while let Some(frame) = self.frame().await {
            if let Some(endpoint) = frame["endpoint"].as_str() {
                self.note(endpoint, credential);
            }
            self.answering().await;
            match rpc::handle(&self.world, namespace, &frame) {
                Outcome::Answer(answer) => self.send(answer).await,
                Outcome::Warning(warning) if self.warnings < WARNINGS => {
                    self.warnings += 1;
                    self.send(warning).await;
                }
                Outcome::Warning(_) | Outcome::Silence => {}
            }
        }
    }

    /// The next frame of JSON; none when the connection is over, or is of another kind.
    async fn frame(&mut self) -> Option<Value> {
        loop {
            match self.stream.next().await?.ok()? {
                Message::Text(text) => return serde_json::from_str(text.as_str()).ok(),
                Message::Ping(_) | Message::Pong(_) => {}
                _ => return None,
            }
        }
    }

    /// Waits for as long as sockets do not answer.
    async fn answering(&mut self) {
        let world = self.world.clone();
        tokio::select! {
            biased;
            () = world.until(|state| !state.sockets_hang) => {}
            () = self.gone() => {}
        }
    }

    /// Waits until the client has gone, and hears nothing of what it says before.
    async fn gone(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    async fn send(&mut self, frame: Value) {
        // A client that is gone is noticed by the next read.
        let _ = self.stream.send(Message::text(frame.to_string())).await;
    }

    fn note(&self, endpoint: &str, credential: Credential) {
        self.world.change(|state| {
            state.log.push(LoggedRequest {
                method: "WS".to_owned(),
                path: self.path.clone(),
                at_ms: now_ms(),
                connection: self.connection,
                user_agent: None,
                credential,
                call: Some(Call::Rpc { endpoint: endpoint.chars().take(100).collect() }),
            });
        });
    }
}
