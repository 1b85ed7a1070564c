//! Dialling: from an address to a byte stream, plain or through TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Where a gateway listens: `ws://host:port` or `wss://host:port`. A path, query and user in the URL are dropped,
/// since they can hold secrets and the gateway looks at none of them.
#[derive(Debug, Clone)]
pub(super) struct Address {
    host: String,
    port: u16,
    tls: bool,
}

impl Address {
    /// Takes the address out of a URL; `http` and `https` are read as `ws` and `wss`.
    pub(super) fn of(url: &Uri) -> Option<Self> {
        let tls = match url.scheme_str() {
            Some("ws" | "http") | None => false,
            Some("wss" | "https") => true,
            Some(_) => return None,
        };
        let host = url.host()?.to_owned();
        Some(Self { host, port: url.port_u16().unwrap_or(if tls { 443 } else { 80 }), tls })
    }

    /// `host:port`, as a `Host` header wants it.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// `ws://host:port/`.
    pub(super) fn url(&self) -> String {
        format!("{}://{}:{}/", if self.tls { "wss" } else { "ws" }, self.host, self.port)
    }

    /// Opens a byte stream to there.
    pub(super) async fn dial(&self, tls: &Arc<ClientConfig>) -> io::Result<Stream> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let tcp = TcpStream::connect((host, self.port)).await?;
        tcp.set_nodelay(true)?;
        if !self.tls {
            return Ok(Stream::Plain(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// A byte stream to the gateway.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Hands a call on to whichever stream it is.
macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain($stream) => $call,
            Stream::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        Address::of(&text.parse().unwrap()).map(|address| address.url())
    }

    #[test]
    fn an_address_shows_neither_user_nor_query() {
        assert_eq!(url("ws://me:secret@127.0.0.1:18789/x?token=secret").unwrap(), "ws://127.0.0.1:18789/");
        assert_eq!(url("https://gateway.lan/").unwrap(), "wss://gateway.lan:443/");
        assert_eq!(url("ws://[::1]:1/").unwrap(), "ws://[::1]:1/");
        assert_eq!(url("ftp://gateway.lan/"), None);
    }
}
