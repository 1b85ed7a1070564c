//! Connections between processes of one machine by a path, where the system has them.

use std::io;
use std::path::Path;

/// A connection by the path of a Unix socket.
#[cfg(unix)]
pub(crate) type LocalStream = tokio::net::UnixStream;
/// None can be had on Windows.
#[cfg(windows)]
pub(crate) type LocalStream = tokio::io::DuplexStream;

/// Connects to the process that listens at this path.
///
/// # Errors
/// Those of the socket; [`io::ErrorKind::Unsupported`] on Windows.
#[cfg(unix)]
pub(crate) async fn connect_local(socket: &Path) -> io::Result<LocalStream> {
    LocalStream::connect(socket).await
}

/// Connects to the process that listens at this path.
///
/// # Errors
/// Those of the socket; [`io::ErrorKind::Unsupported`] on Windows.
#[cfg(windows)]
pub(crate) async fn connect_local(_: &Path) -> io::Result<LocalStream> {
    Err(io::ErrorKind::Unsupported.into())
}
