//! All of lmsync that speaks HTTP or WebSocket.

#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gateway;
mod http_client;
mod lm_studio;
mod platform;
pub mod relay;
mod status_client;
mod status_server;
mod websocket;

pub use gateway::{
    DeviceKey, Gateway, GatewayAccess, GatewaySeen, GatewayTrouble, InvalidGatewayUrl, Methods as GatewayMethods,
    ProviderKey, RelayAccess,
};
pub use http_client::{Tls, TlsError};
pub use lm_studio::{Identity, LmStudio, LmStudioActivity, ServerAddress, ServerKey, read_listing};
pub use status_client::{StatusClient, StatusError};
pub use status_server::{Reporter, StatusServer};
