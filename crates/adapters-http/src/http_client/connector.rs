//! From an origin to a stream of bytes: name, TCP, TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;

use crate::http_client::error::ExchangeError;
use crate::http_client::origin::Origin;
use crate::http_client::text::excerpt;
use crate::http_client::tls::Tls;

/// How long an address may stay silent before the next one is tried beside it (RFC 8305, 5). A container's
/// `host.docker.internal` may have an IPv6 address that leads nowhere.
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects. Takes as long as it takes: the caller's limit ends it.
pub(crate) async fn connect(origin: &Origin, tls: &Tls) -> Result<Box<dyn Stream>, ExchangeError> {
    let tcp = connect_tcp(origin).await?;
    // One small request: nothing to gather, and a failure costs only a delay.
    let _ = tcp.set_nodelay(true);
    secure(tcp, origin, tls).await
}

/// Puts TLS over a connection, where the origin's scheme asks for it.
pub(crate) async fn secure(
    stream: impl Stream + 'static,
    origin: &Origin,
    tls: &Tls,
) -> Result<Box<dyn Stream>, ExchangeError> {
    if !origin.https {
        return Ok(Box::new(stream));
    }
    let refused = |reason: String| ExchangeError::Tls { host: origin.host.clone(), reason };
    let name = ServerName::try_from(origin.host.clone()).map_err(|error| refused(error.to_string()))?;
    match tls.connector().connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        // Names inside a certificate are the server's text.
        Err(error) => match error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
            Some(cause) => Err(refused(excerpt(&cause.to_string()))),
            None => Err(ExchangeError::Lost { source: error }),
        },
    }
}

/// Connects without TLS, whatever the origin's scheme is.
pub(crate) async fn connect_tcp(origin: &Origin) -> Result<TcpStream, ExchangeError> {
    let addresses = resolve(&origin.host, origin.port).await?;
    first_to_connect(addresses, &origin.host).await
}

/// The host's addresses; there may be none.
async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ExchangeError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match lookup_host((host, port)).await {
        Ok(addresses) => Ok(addresses.collect()),
        // That name is this machine, also where no file says so (RFC 6761, section 6.3).
        Err(_) if host.eq_ignore_ascii_case("localhost") => {
            Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()])
        }
        Err(source) => Err(ExchangeError::Dns { host: host.to_owned(), source }),
    }
}

/// Tries the addresses in the resolver's order, the next one as soon as the last has failed or kept silent.
async fn first_to_connect(addresses: Vec<SocketAddr>, host: &str) -> Result<TcpStream, ExchangeError> {
    let none = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut failure = ExchangeError::Dns { host: host.to_owned(), source: none };
    let mut waiting = addresses.into_iter();
    let mut attempts = JoinSet::new();
    loop {
        match waiting.next() {
            Some(address) => {
                attempts.spawn(async move { (address, TcpStream::connect(address).await) });
            }
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended {
                Ok((_, Ok(stream))) => return Ok(stream),
                Ok((address, Err(source))) => failure = ExchangeError::Connect { address, source },
                // Only a runtime that shuts down cancels an attempt.
                Err(stopped) => return Err(ExchangeError::Lost { source: io::Error::other(stopped) }),
            },
            () = tokio::time::sleep(HEAD_START), if waiting.len() > 0 => {}
        }
    }
}
