//! The OpenClaw gateway: whether inference runs, and what its picker shows, over one WebSocket connection that may only
//! read. Its configuration is read and changed over connections of their own.

mod access;
mod busy;
mod client;
mod config;
mod connection_slot;
mod device;
mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod handshake;
mod parameters;
mod picker;
mod picker_view;
mod retry;
mod rpc_client;
mod runs;
mod seen;
mod target;
mod tools;
mod trouble;
mod wire;

pub use self::access::{GatewayAccess, RelayAccess};
pub use self::client::{Gateway, InvalidGatewayUrl};
pub use self::config::ProviderKey;
pub use self::device::DeviceKey;
pub use self::seen::GatewaySeen;
pub use self::trouble::GatewayTrouble;
pub use self::wire::Methods;
