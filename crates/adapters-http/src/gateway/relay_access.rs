//! The relay in the gateway's network (`lmsync relay`), as the gateway's client uses it.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};
use tracing::info;

use super::error::RpcError;
use super::target::Target;
use crate::http_client::{ExchangeError, connect_tcp};
use crate::relay::{Reply, Request, ask};

/// How long the gateway's container may take to accept a connection on the network that is shared with it.
const NEARBY: Duration = Duration::from_secs(1);

/// After so long a gateway counts as running whose name is known and that accepts no connection: it may listen on its
/// own loopback alone.
const LOOPBACK_ONLY: Duration = Duration::from_secs(30);

/// How often the relay is asked whether it still has a network. Both are on one machine: this costs next to nothing.
const LOOK: Duration = Duration::from_secs(3);

/// A relay in the gateway's network (`lmsync relay`).
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

    /// Lets the relay join the gateway's network again whenever the gateway's container has been started again. A relay
    /// can join a container only while that runs, and Docker tries it once.
    pub(super) async fn keep(&self, target: &Target) {
        // Since when the relay has been cut off while the gateway's name is known.
        let mut named_since = None;
        loop {
            sleep(LOOK).await;
            if !matches!(ask(&self.socket, Request::State).await, Ok((Reply::CutOff, _))) {
                named_since = None;
                continue;
            }
            let runs = match timeout(NEARBY, connect_tcp(&target.origin)).await {
                // A gateway that accepts connections has started well.
                Ok(Ok(_)) => true,
                Ok(Err(ExchangeError::Connect { .. })) => {
                    named_since.get_or_insert_with(Instant::now).elapsed() >= LOOPBACK_ONLY
                }
                // Its name is known while the container runs.
                Ok(Err(_)) | Err(_) => {
                    named_since = None;
                    false
                }
            };
            if runs {
                info!("OpenClaw's gateway runs again: lmsync's relay joins its network");
                // Where it cannot be asked, it has ended already.
                let _ = ask(&self.socket, Request::Rejoin).await;
                named_since = None;
            }
        }
    }

    /// A connection to the gateway, through the relay.
    pub(super) async fn connect(&self, target: &Target) -> Result<UnixStream, RpcError> {
        match ask(&self.socket, Request::Connect(target.origin.port)).await {
            Ok((Reply::Open, stream)) => Ok(stream),
            Ok((Reply::Refused, _)) => Err(RpcError::Connect(ExchangeError::Connect {
                address: SocketAddr::from((Ipv4Addr::LOCALHOST, target.origin.port)),
                source: ErrorKind::ConnectionRefused.into(),
            })),
            Ok((Reply::CutOff, _)) => Err(RpcError::CutOff),
            Err(error) => Err(RpcError::NoRelay(error)),
        }
    }
}
