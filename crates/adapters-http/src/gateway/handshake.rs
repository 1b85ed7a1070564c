//! The handshake: from a byte stream to a WebSocket on which the gateway has let us in.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::access::GatewayAccess;
use super::device::DeviceKey;
use super::error::RpcError;
use super::rpc_client::Socket;
use super::target::Target;
use super::wire::{Auth, Challenge, Client, Connect, Frame, Hello, Request};
use crate::websocket::limits;

/// The largest frame that is read at all. Gateways send up to 25 MiB.
pub(super) const MAX_FRAME: usize = 64 << 20;

/// Both ends of the range that every version from 2026.2.12 to 2026.9.6 accepts.
const PROTOCOLS: (u8, u8) = (3, 4);

/// The identity that keeps its scopes in most versions. The names are from the gateway's own lists.
const CLIENT: Client = Client {
    id: "gateway-client",
    version: env!("CARGO_PKG_VERSION"),
    platform: std::env::consts::OS,
    mode: "backend",
};

const ROLE: &str = "operator";

/// All that the standing connection ever asks for.
pub(super) const READ: &str = "operator.read";

/// What a change of the configuration wants; asked for on a connection of its own.
pub(super) const ADMIN: &str = "operator.admin";

/// The scopes that a connection asks for.
pub(super) type Scopes = &'static [&'static str];
pub(super) const READING: Scopes = &[READ];
pub(super) const CONFIGURING: Scopes = &[ADMIN, READ];

const CONNECT_ID: &str = "connect";

/// Connects and introduces us, with a device where one is given, and asks for those scopes.
pub(super) async fn shake(
    access: &GatewayAccess,
    target: &Target,
    device: Option<&DeviceKey>,
    scopes: Scopes,
) -> Result<(Socket, Hello), RpcError> {
    let stream = access.dial(target).await?;
    let (socket, _) = client_async_with_config(target.url.as_str(), stream, Some(limits(MAX_FRAME)))
        .await
        .map_err(RpcError::Upgrade)?;
    introduce(socket, access, device, scopes).await
}

/// Answers the gateway's challenge on an open socket, and waits to be let in.
pub(super) async fn introduce(
    mut socket: Socket,
    access: &GatewayAccess,
    device: Option<&DeviceKey>,
    scopes: Scopes,
) -> Result<(Socket, Hello), RpcError> {
    let nonce = loop {
        let text = next(&mut socket).await?;
        let frame: Frame<'_> = serde_json::from_str(&text)?;
        if frame.event == "connect.challenge" {
            let payload = frame.payload.map_or("{}", |payload| payload.get());
            break serde_json::from_str::<Challenge>(payload)?.nonce;
        }
    };
    let auth = Auth {
        token: access.token.as_ref().map(domain::Secret::expose),
        password: access.password.as_ref().map(domain::Secret::expose),
    };
    let device = device.map(|key| key.sign(&CLIENT, ROLE, scopes, &auth, &nonce));
    let params = Connect {
        min_protocol: PROTOCOLS.0,
        max_protocol: PROTOCOLS.1,
        client: CLIENT,
        role: ROLE,
        scopes,
        auth,
        device,
    };
    let text = Request::text(CONNECT_ID, "connect", params)?;
    socket.send(Message::text(text)).await.map_err(RpcError::Broken)?;

    loop {
        let text = next(&mut socket).await?;
        let frame: Frame<'_> = serde_json::from_str(&text)?;
        if frame.kind != "res" || frame.id != CONNECT_ID {
            continue;
        }
        if frame.ok {
            let hello = serde_json::from_str(frame.payload.map_or("{}", |payload| payload.get()))?;
            return Ok((socket, hello));
        }
        let mut rejection = frame.error.unwrap_or_default();
        return Err(if rejection.is_about_the_token() {
            RpcError::TokenRefused
        } else if rejection.is_about_pairing() {
            RpcError::NotPaired
        } else if rejection.retry_after().is_some() {
            RpcError::Starting
        } else {
            rejection.redact(&access.secrets());
            RpcError::Rejected { method: "connect", rejection }
        });
    }
}

/// The next text frame.
async fn next(socket: &mut Socket) -> Result<Utf8Bytes, RpcError> {
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => Ok(text),
            Some(Ok(Message::Binary(_))) => Err(RpcError::Garbled("a binary frame".to_owned())),
            Some(Ok(Message::Close(_)) | Err(tungstenite::Error::ConnectionClosed)) | None => Err(RpcError::Closed),
            Some(Ok(_)) => continue,
            Some(Err(error)) => Err(RpcError::Broken(error)),
        };
    }
}
