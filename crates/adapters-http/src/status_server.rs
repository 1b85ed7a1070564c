//! The status server: a page, its data and the metrics, for any client that can reach the port. It only reads, and
//! bounds everything that a client decides.

mod answer;
mod connection;
mod guard;
mod page;
mod patience;
mod reporter;
mod routes;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use self::guard::Names;
pub use self::reporter::Reporter;
use self::routes::Desk;

/// How many clients may follow the changes at the same time.
const LISTENERS: usize = 16;

/// A server that has its port, and does not serve yet.
#[derive(Debug)]
pub struct StatusServer {
    listener: TcpListener,
    address: SocketAddr,
    names: Names,
}

impl StatusServer {
    /// Takes the port; port 0 is any free one. A `host` that is a name is one by which the server may be asked.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub async fn bind(host: &str, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, names: Names::beside_addresses(host) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves for as long as it is polled; all connections end with it.
    pub async fn serve<R: Reporter>(self, reporter: Arc<R>) {
        let desk =
            Desk { reporter, names: self.names, page: page::page(), listeners: Arc::new(Semaphore::new(LISTENERS)) };
        connection::accept(self.listener, Arc::new(desk)).await;
    }
}
