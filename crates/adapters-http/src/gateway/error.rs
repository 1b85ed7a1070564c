//! What can go wrong between us and the gateway, and what that means at each port.

use std::io;
use std::sync::Arc;

use domain::ports::{ActivityError, Cause, GatewayError, GatewayRequest};
use thiserror::Error;
use tokio_tungstenite::tungstenite;

use super::wire::Rejection;
use crate::http_client::ExchangeError;

/// A failure of the connection or of one call. Shared, because the adapter returns it again while it waits before the
/// next attempt.
pub(super) type Failure = Arc<RpcError>;

#[derive(Debug, Error)]
pub(super) enum RpcError {
    /// No program listens there.
    #[error("cannot connect")]
    Connect(#[source] ExchangeError),
    /// Somebody listens there, and gives no stream of bytes.
    #[error("cannot connect")]
    NoStream(#[source] ExchangeError),
    /// No relay answers, and the gateway's container accepts no connection.
    #[error("its container does not run, or has only just started")]
    Stopped,
    /// The gateway's container accepts connections, and no relay passes them on to its loopback.
    #[error("lmsync's relay does not run there yet: the health check of compose.lmsync.yaml starts it")]
    NoRelay(#[source] io::Error),
    #[error("no answer in time")]
    Silent,
    #[error("no WebSocket is served there")]
    Upgrade(#[source] tungstenite::Error),
    #[error("the connection broke")]
    Broken(#[source] tungstenite::Error),
    #[error("the gateway closed the connection")]
    Closed,
    #[error("what came is not the gateway's protocol: {0}")]
    Garbled(String),
    #[error("it refuses the token or password: check OPENCLAW_GATEWAY_TOKEN or OPENCLAW_GATEWAY_PASSWORD")]
    TokenRefused,
    #[error("it wants this device to be approved first: openclaw devices approve")]
    NotPaired,
    /// It listens already, and accepts no client yet.
    #[error("it is starting")]
    Starting,
    #[error("it grants no right to read ({0})")]
    NoScope(&'static str),
    #[error("the device key cannot be used")]
    Device(#[source] Cause),
    #[error("it refused {method}")]
    Rejected {
        method: &'static str,
        #[source]
        rejection: Rejection,
    },
    #[error("{0}")]
    Http(String),
}

/// Says where an answer was no JSON or of another shape; not what stood there, since that may be anything.
impl From<serde_json::Error> for RpcError {
    fn from(error: serde_json::Error) -> Self {
        let what = if error.is_data() { "another shape" } else { "no JSON" };
        Self::Garbled(format!("{what} at line {}, column {}", error.line(), error.column()))
    }
}

impl From<ExchangeError> for RpcError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Connect { .. } | ExchangeError::Dns { .. } => Self::Connect(error),
            _ => Self::NoStream(error),
        }
    }
}

/// What helps where the gateway empties the scopes of a connection from another host.
pub(super) const SHARE_THE_NETWORK: &str =
    "connections from another host get none: share the gateway's network (network_mode: service:…)";

impl RpcError {
    /// Whether trying again soon is of no use, since a person has to change something.
    pub(super) fn needs_a_person(&self) -> bool {
        matches!(self, Self::TokenRefused | Self::NotPaired | Self::Device(_))
    }

    /// Whether the gateway refused the call because it does not know the parameter of that name.
    pub(super) fn does_not_know(&self, parameter: &str) -> bool {
        matches!(self, Self::Rejected { rejection, .. } if rejection.does_not_know(parameter))
    }

    /// Whether the gateway refused the call because it has no such agent.
    pub(super) fn knows_no_such_agent(&self) -> bool {
        matches!(self, Self::Rejected { rejection, .. } if rejection.is_about_an_unknown_agent())
    }

    /// The activity source's error for this failure.
    pub(super) fn at_the_activity_source(self: Arc<Self>, address: &str) -> ActivityError {
        let activity_source = format!("the gateway at {address}");
        match &*self {
            Self::Connect(_) | Self::Stopped | Self::Starting => {
                ActivityError::Absent { activity_source, cause: Box::new(self) }
            }
            Self::NoScope(_) | Self::NotPaired => ActivityError::Unsupported { activity_source, why: self.to_string() },
            _ => ActivityError::Failed { activity_source, cause: Box::new(self) },
        }
    }

    /// The port's error for this failure of a request.
    pub(super) fn at_the_gateway(self: Arc<Self>, address: &str, request: GatewayRequest) -> GatewayError {
        let address = address.to_owned();
        match &*self {
            Self::Connect(_) | Self::Stopped | Self::NoRelay(_) | Self::Starting => {
                GatewayError::Unreachable { address, cause: Box::new(self) }
            }
            Self::Rejected { rejection, .. } if rejection.is_about_another_change() => GatewayError::Changed,
            Self::Rejected { rejection, .. } if rejection.is_about_administering() => {
                GatewayError::Forbidden { address, request, why: rejection.to_string() }
            }
            Self::NoScope(_) | Self::NotPaired | Self::TokenRefused => {
                GatewayError::Forbidden { address, request, why: self.to_string() }
            }
            _ => GatewayError::Failed { address, request, cause: Box::new(self) },
        }
    }
}
