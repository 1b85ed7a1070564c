//! Laws for the gateway's side of its WebSocket.

use std::time::Duration;

use domain::Secret;
use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::access::GatewayAccess;
use super::busy::{Preflight, Sessions};
use super::error::Failure;
use super::handshake::{MAX_FRAME, introduce};
use super::picker_view::View;
use super::rpc_client::RpcClient;
use crate::fuzz::{converse, is_shown_escaped, peer};
use crate::gateway::device::DeviceKey;
use crate::http_client::Tls;
use crate::websocket::limits;

/// How long a test waits for a peer that has said all that it ever says.
const LIMIT: Duration = Duration::from_secs(5);

/// Any bytes as a gateway's answers: every question that lmsync asks ends, and its error is safe to show.
pub fn frames(bytes: &[u8]) {
    converse(async {
        if let Err(why) = converse_with(bytes).await {
            is_shown_escaped(&*why);
        }
    });
}

async fn converse_with(bytes: &[u8]) -> Result<u8, Failure> {
    let socket = WebSocketStream::from_raw_socket(peer(bytes), Role::Client, Some(limits(MAX_FRAME))).await;
    let key = DeviceKey::from_seed(&[7; 32]).ok();
    let (socket, hello) = introduce(socket, &access(), key.as_ref(), super::handshake::READING).await?;
    let rpc = RpcClient::over(socket, true, Vec::new());
    let deadline = Instant::now() + LIMIT;
    let preflight = |payload: &str| serde_json::from_str::<Preflight>(payload);
    rpc.call("gateway.restart.preflight", json!({}), deadline, preflight).await?.activity();
    let sessions = |payload: &str| serde_json::from_str::<Sessions>(payload);
    rpc.call("sessions.list", json!({}), deadline, sessions).await?.running();
    let models = |payload: &str| View::read(payload, "lmstudio");
    rpc.call("models.list", json!({}), deadline, models).await?;
    Ok(hello.protocol)
}

fn access() -> GatewayAccess {
    GatewayAccess {
        url: http::Uri::from_static("ws://gateway/"),
        token: Secret::new("token"),
        password: None,
        device: Box::new(|| DeviceKey::from_seed(&[7; 32])),
        timeout: LIMIT,
        tls: Tls::new(None).expect("built-in roots"),
        relay: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_of_the_fuzzer_gets_through_to_the_end() {
        let seed = include_bytes!("../../../../fuzz/corpus/gateway_frames/let-in");
        converse(async { assert_eq!(converse_with(seed).await.unwrap(), 3) });
    }
}
