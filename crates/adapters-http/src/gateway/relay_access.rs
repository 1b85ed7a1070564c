//! The relay in the gateway's container (`lmsync relay`), as the gateway's client uses it.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use super::error::RpcError;
use super::target::Target;
use crate::http_client::{ExchangeError, connect_tcp};
use crate::platform::LocalStream;
use crate::relay::{self, Reply};

/// How long the gateway's container may take to accept a connection on the network that it shares with this one.
const NEARBY: Duration = Duration::from_secs(1);

/// A relay in the gateway's container (`lmsync relay`).
#[derive(Debug)]
pub struct RelayAccess {
    pub(super) socket: PathBuf,
}

impl RelayAccess {
    /// The relay that listens at this Unix socket.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// A connection to the gateway, through the relay.
    pub(super) async fn connect(&self, target: &Target) -> Result<LocalStream, RpcError> {
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
