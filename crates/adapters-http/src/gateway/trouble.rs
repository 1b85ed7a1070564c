//! Why a gateway says nothing of itself.

use domain::Chain;
use thiserror::Error;

use super::error::{RpcError, SHARE_THE_NETWORK};
use crate::http_client::ExchangeError;

/// Why a gateway says nothing of itself, by what helps.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GatewayTrouble {
    /// No gateway runs, or it listens elsewhere.
    #[error("nothing listens there")]
    Absent,
    /// Its container has stopped, or has only just started.
    #[error("its container does not run")]
    Stopped,
    /// Its container runs, without lmsync's relay.
    #[error("lmsync's relay does not run in its container")]
    NoRelay,
    /// It listens, and accepts no client yet.
    #[error("it is starting")]
    Starting,
    /// It wants another token or password, or one at all.
    #[error("it refuses the token or password")]
    TokenRefused,
    /// A person has to approve this device first.
    #[error("it wants this device to be approved")]
    NotPaired,
    /// It lets us in, and grants no right to read.
    #[error("{SHARE_THE_NETWORK}")]
    NoRights,
    /// It did not answer in time.
    #[error("it does not answer in time")]
    Silent,
    /// Something else, which it is too early or too late to call a gateway.
    #[error("{0}")]
    Other(String),
}

pub(super) fn trouble(why: &RpcError) -> GatewayTrouble {
    match why {
        RpcError::Connect(ExchangeError::Connect { .. } | ExchangeError::Dns { .. }) => GatewayTrouble::Absent,
        RpcError::Stopped => GatewayTrouble::Stopped,
        RpcError::NoRelay(_) => GatewayTrouble::NoRelay,
        RpcError::Starting => GatewayTrouble::Starting,
        RpcError::TokenRefused => GatewayTrouble::TokenRefused,
        RpcError::NotPaired => GatewayTrouble::NotPaired,
        RpcError::NoScope(_) => GatewayTrouble::NoRights,
        RpcError::Silent => GatewayTrouble::Silent,
        other => GatewayTrouble::Other(Chain(other).to_string()),
    }
}
