//! Where OpenClaw's gateway is, and what it wants to hear.

use std::path::PathBuf;

use domain::Secret;
use http::Uri;

/// Where OpenClaw's gateway is, and what it wants to hear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewaySettings {
    /// Its address, `ws://…` or `wss://…`.
    pub url: Option<Uri>,
    /// Its port on this host.
    pub port: Option<u16>,
    /// Its token.
    pub token: Option<Secret>,
    /// Its password.
    pub password: Option<Secret>,
    /// OpenClaw's own configuration, which may tell the rest.
    pub config: PathBuf,
    /// The Unix socket of the relay that shares the gateway's network.
    pub relay: Option<PathBuf>,
}
