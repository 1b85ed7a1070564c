//! A stream of bytes to the gateway: straight, or through a relay in its container.

use std::io::{self, ErrorKind};

use super::access::GatewayAccess;
use super::error::RpcError;
use super::target::Target;
use crate::http_client::{ExchangeError, Stream, connect, connect_tcp, secure};
use crate::relay::{self, Reply};

/// Connects to the gateway, with TLS where its address says so.
pub(super) async fn dial(access: &GatewayAccess, target: &Target) -> Result<Box<dyn Stream>, RpcError> {
    let Some(relay) = &access.relay else { return Ok(connect(&target.origin, &access.tls).await?) };
    let stream = relay.connect(target).await?;
    Ok(secure(stream, &target.origin, &access.tls).await?)
}

/// Whether nobody listens at the gateway's address now.
pub(super) async fn is_refused(access: &GatewayAccess, target: &Target) -> bool {
    let is_refusal = |error: &io::Error| error.kind() == ErrorKind::ConnectionRefused;
    match &access.relay {
        Some(relay) => {
            let asked = relay::connect(&relay.socket, target.origin.port).await;
            matches!(asked, Ok((Reply::Refused, _)))
        }
        None => match connect_tcp(&target.origin).await {
            Err(ExchangeError::Connect { source, .. }) => is_refusal(&source),
            _ => false,
        },
    }
}
