//! Asks a running daemon's status server what it knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use domain::ports::Cause;
use http::{HeaderMap, StatusCode, Uri};
use thiserror::Error;

use crate::http_client::{HttpClient, Intake, Tls};

/// The longest status that is read, in bytes: that of 100,000 models has some 25 MB.
const MAX_STATUS: usize = 128 * 1024 * 1024;

/// Somebody who asks one status server, over one connection where it can be kept.
#[derive(Debug)]
pub struct StatusClient {
    http: HttpClient,
    address: SocketAddr,
}

/// Why a daemon's status could not be had.
#[derive(Debug, Error)]
pub enum StatusError {
    /// No program answers there, or not in time.
    #[error("no answer from {address}")]
    Unreachable {
        /// The address of the status server.
        address: SocketAddr,
        /// The failure of the request.
        #[source]
        cause: Cause,
    },
    /// Another program answers there.
    #[error("{address} answers with HTTP {status}: it is another program")]
    Stranger {
        /// The address of the status server.
        address: SocketAddr,
        /// The status of the answer.
        status: StatusCode,
    },
}

impl StatusClient {
    /// Will ask the server that listens there, giving each answer so long.
    #[must_use]
    pub fn new(listens: SocketAddr, tls: Tls, limit: Duration) -> Self {
        // Who listens on every address is asked on this host's own.
        let here = match listens.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let address = SocketAddr::new(here, listens.port());
        Self { http: HttpClient::new(tls, limit), address }
    }

    /// The daemon's status, as its JSON.
    ///
    /// # Errors
    /// [`StatusError`].
    pub async fn status(&self) -> Result<Vec<u8>, StatusError> {
        let address = self.address;
        let unreachable = |cause: Cause| StatusError::Unreachable { address, cause };
        let url: Uri = format!("http://{address}/api/status").parse().map_err(|bad| unreachable(Box::new(bad)))?;
        let answer = self
            .http
            .get(&url, &HeaderMap::new(), &mut Intake::at_most(MAX_STATUS))
            .await
            .map_err(|why| unreachable(Box::new(why)))?;
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            status => Err(StatusError::Stranger { address, status }),
        }
    }
}
