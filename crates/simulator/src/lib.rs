//! A simulated LM Studio: its server as documented, over real HTTP and WebSockets, for the demo and for tests.
//!
//! What it serves is a [`World`], which a test or the demo changes while the server runs. Shapes and wordings
//! follow LM Studio's documentation and captures of it (`/v1/models` as of 0.3.6 to 0.4.17, the error for an
//! unknown path, the 401 of 0.4.18); no model runs behind it.

mod answer;
mod chat;
mod connection;
mod control;
mod generation;
mod listing;
mod load;
mod log;
mod model;
mod namespace;
mod options;
mod routes;
mod rpc;
mod running;
mod scenario;
mod socket;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::generation::{Generation, Pace, Phase, Progress};
pub use self::log::{Call, Credential, LoggedRequest};
pub use self::model::{Instance, Kind, SimModel, demo_models};
pub use self::options::Options;
pub use self::running::Running;
pub use self::scenario::Scenario;
pub use self::world::World;

/// A running server. It stops when it is dropped: the port and all connections are closed.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    world: World,
    serving: JoinHandle<()>,
}

impl Simulator {
    /// Starts with an empty world on a free loopback port.
    ///
    /// # Errors
    /// Where no loopback port can be had.
    pub async fn local() -> io::Result<Self> {
        Self::start((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts with an empty world; port 0 is any free one.
    ///
    /// # Errors
    /// Where the address cannot be had.
    pub async fn start(address: SocketAddr) -> io::Result<Self> {
        Self::start_with(address, World::default(), Options::default()).await
    }

    /// Starts with that world, which may be that of an earlier simulator: LM Studio restarted.
    ///
    /// # Errors
    /// Where the address cannot be had.
    pub async fn start_with(address: SocketAddr, world: World, options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(connection::accept(listener, world.clone(), options));
        Ok(Self { address, world, serving })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a user would set as `OPENAI_API_BASE`: `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it serves; changes show in the next answer.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Stops, and returns once the port is free again.
    pub async fn stop(mut self) {
        self.serving.abort();
        // Cancelled, as just asked for.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
