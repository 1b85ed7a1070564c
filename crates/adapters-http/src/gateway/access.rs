//! How a gateway is reached.

use std::time::Duration;

use domain::Secret;
use domain::ports::Cause;
use http::Uri;

use super::device::DeviceKey;
use super::relay_access::RelayAccess;
use crate::http_client::Tls;

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
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        [&self.token, &self.password].into_iter().flatten().map(Secret::expose)
    }
}
