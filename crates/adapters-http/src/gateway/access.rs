//! How a gateway is reached: straight, or through a relay in its container.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use domain::Secret;
use domain::ports::Cause;
use http::Uri;
use tokio::time::timeout;

use super::device::DeviceKey;
use super::error::RpcError;
use super::target::Target;
use crate::http_client::{ExchangeError, Stream, Tls, connect, connect_tcp, secure};
use crate::platform::LocalStream;
use crate::relay::{self, Reply};

/// How long the gateway's container may take to accept a connection on the network that it shares with this one.
const NEARBY: Duration = Duration::from_secs(1);

/// How a gateway is reached.
pub struct GatewayAccess {
    /// `ws://` or `wss://`, host and port.
    pub url: Uri,
    /// Its token, where it wants one.
    pub token: Option<Secret>,
    /// Its password, where it wants one.
    pub password: Option<Secret>,
    /// Fetches the device key, and makes one the first time. Called only for versions that need one, so that other
    /// users get no key file.
    pub device: Box<dyn Fn() -> Result<DeviceKey, Cause> + Send + Sync>,
    /// How long one question to the gateway may take, connecting included.
    pub timeout: Duration,
    /// Whom to trust with `wss://`.
    pub tls: Tls,
    /// Who passes connections on to the gateway's loopback, where that is in another container.
    pub relay: Option<RelayAccess>,
}

impl GatewayAccess {
    /// The texts that must never be shown.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        [&self.token, &self.password].into_iter().flatten().cloned().collect()
    }
    /// Connects to the gateway, with TLS where its address says so.
    pub(super) async fn dial(&self, target: &Target) -> Result<Box<dyn Stream>, RpcError> {
        let Some(relay) = &self.relay else { return Ok(connect(&target.origin, &self.tls).await?) };
        let stream = relay.connect(target).await?;
        Ok(secure(stream, &target.origin, &self.tls).await?)
    }

    /// Whether nobody listens at the gateway's address now.
    pub(super) async fn is_refused(&self, target: &Target) -> bool {
        let is_refusal = |error: &io::Error| error.kind() == ErrorKind::ConnectionRefused;
        match &self.relay {
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
}

/// A relay in the gateway's container (`lmsync relay`).
#[derive(Debug)]
pub struct RelayAccess {
    socket: PathBuf,
}

impl RelayAccess {
    /// The relay that listens at this Unix socket.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// A connection to the gateway, through the relay.
    async fn connect(&self, target: &Target) -> Result<LocalStream, RpcError> {
        match relay::connect(&self.socket, target.origin.port).await {
            Ok((Reply::Open, stream)) => Ok(stream),
            Ok((Reply::Refused, _)) => Err(RpcError::Connect(ExchangeError::Connect {
                address: SocketAddr::from((Ipv4Addr::LOCALHOST, target.origin.port)),
                source: ErrorKind::ConnectionRefused.into(),
            })),
            // The relay ends with the gateway's container.
            Err(error) => match timeout(NEARBY, connect_tcp(&target.origin)).await {
                Ok(Ok(_)) => Err(RpcError::NoRelay(error)),
                _ => Err(RpcError::Stopped),
            },
        }
    }
}
