//! What lmsync and its relay say to each other, over a Unix socket: a line that names a port of the gateway's
//! loopback, a line that answers, and then that connection's bytes.

use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::platform::{LocalStream, connect_local};

/// The longest line, its end included: `connect 65535`.
const LONGEST: usize = 16;

/// What a relay answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The connection's bytes follow.
    Open,
    /// Nobody listens on that port.
    Refused,
}

impl Reply {
    fn text(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
        }
    }

    /// Sends it.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn write(self, client: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        client.write_all(format!("{}\n", self.text()).as_bytes()).await
    }
}

/// Reads which port a client wants to be connected to.
///
/// # Errors
/// Those of the socket, and [`ErrorKind::InvalidData`] for anything else than a request.
pub async fn read_port(client: &mut (impl AsyncRead + Unpin)) -> io::Result<u16> {
    let line = read_line(client).await?;
    let port = line.strip_prefix("connect ").and_then(|port| port.parse().ok());
    port.ok_or_else(|| ErrorKind::InvalidData.into())
}

/// Asks the relay at this socket for a connection. What it answered, and the stream, which is the gateway's after
/// [`Reply::Open`].
///
/// # Errors
/// Those of the socket, and [`ErrorKind::InvalidData`] for anything else than a reply.
pub async fn connect(socket: &Path, port: u16) -> io::Result<(Reply, LocalStream)> {
    let mut stream = connect_local(socket).await?;
    stream.write_all(format!("connect {port}\n").as_bytes()).await?;
    let line = read_line(&mut stream).await?;
    let known = [Reply::Open, Reply::Refused];
    let reply = known.into_iter().find(|reply| reply.text() == line).ok_or(ErrorKind::InvalidData)?;
    Ok((reply, stream))
}

/// Reads to the end of the line and no further: what follows is another's.
async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut line = Vec::with_capacity(LONGEST);
    loop {
        match stream.read_u8().await? {
            b'\n' => return String::from_utf8(line).map_err(|_| ErrorKind::InvalidData.into()),
            byte if line.len() < LONGEST => line.push(byte),
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use tokio::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn a_port_is_read_as_it_was_written_and_what_follows_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        for (asked, answered) in [(18_789, Reply::Open), (1, Reply::Refused)] {
            let serve = async {
                let (mut client, _) = listener.accept().await.unwrap();
                let port = read_port(&mut client).await.unwrap();
                answered.write(&mut client).await.unwrap();
                client.write_all(b"bytes").await.unwrap();
                port
            };
            let (port, reply) = tokio::join!(serve, connect(&socket, asked));
            let (reply, mut stream) = reply.unwrap();
            assert_eq!((port, reply), (asked, answered));
            let mut rest = String::new();
            stream.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "bytes");
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        for text in ["connect x\n", "connect 65536\n", "hello\n", "connect 1 and much more than a line\n", "con"] {
            let (mut ours, mut theirs) = UnixStream::pair().unwrap();
            theirs.write_all(text.as_bytes()).await.unwrap();
            drop(theirs);
            assert!(read_port(&mut ours).await.is_err(), "{text}");
        }
    }
}
