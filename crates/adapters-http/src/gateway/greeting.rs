//! Asks a gateway what it is, for a person: its version and rights, or what a person has to do first.

use tokio::time::Instant;

use super::client::Gateway;
use super::seen::GatewaySeen;
use super::trouble::{GatewayTrouble, trouble};

impl Gateway {
    /// Connects if necessary, and returns what the gateway says of itself.
    ///
    /// # Errors
    /// [`GatewayTrouble`]; the next call tries again, after a pause that grows.
    pub async fn greet(&self) -> Result<GatewaySeen, GatewayTrouble> {
        let session = self.session(Instant::now() + self.access.timeout).await;
        let session = session.map_err(|why| trouble(&why))?;
        match self.seen() {
            Some(seen) if session.reads => Ok(seen),
            _ => Err(GatewayTrouble::NoRights),
        }
    }
}
