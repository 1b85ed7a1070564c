//! What lmsync and its relay say to each other, over a Unix socket: a line that asks, a line that answers, and then,
//! where a connection was asked for, that connection's bytes.

use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The longest line, its end included: `connect 65535`.
const LONGEST: usize = 16;

/// What is asked of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A connection to this port of the gateway's loopback.
    Connect(u16),
    /// Whether the gateway's network is there.
    State,
    /// To end where it is not, so that the relay is started again in the next one.
    Rejoin,
}

/// What a relay answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Yes; after [`Request::Connect`], the connection's bytes follow.
    Open,
    /// Nobody listens on that port, or there is nothing to do.
    Refused,
    /// The gateway's container has stopped, and its network with it.
    CutOff,
}

impl Reply {
    /// Whether the gateway's network is there.
    #[must_use]
    pub fn from_presence(is_there: bool) -> Self {
        if is_there { Self::Open } else { Self::CutOff }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::CutOff => "cut off",
        }
    }

    /// Sends it.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn write(self, client: &mut UnixStream) -> io::Result<()> {
        client.write_all(format!("{}\n", self.text()).as_bytes()).await
    }
}

/// Reads what a client asks.
///
/// # Errors
/// Those of the socket, and [`ErrorKind::InvalidData`] for anything else than a request.
pub async fn read_request(client: &mut UnixStream) -> io::Result<Request> {
    let line = read_line(client).await?;
    match line.split_once(' ') {
        None if line == "state" => Ok(Request::State),
        None if line == "rejoin" => Ok(Request::Rejoin),
        Some(("connect", port)) => {
            port.parse().map(Request::Connect).map_err(|_| ErrorKind::InvalidData.into())
        }
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// Asks the relay at this socket. What it answered, and the stream, which is the gateway's after an open connection.
///
/// # Errors
/// Those of the socket, and [`ErrorKind::InvalidData`] for anything else than a reply.
pub async fn ask(socket: &Path, request: Request) -> io::Result<(Reply, UnixStream)> {
    let mut stream = UnixStream::connect(socket).await?;
    let line = match request {
        Request::Connect(port) => format!("connect {port}\n"),
        Request::State => "state\n".to_owned(),
        Request::Rejoin => "rejoin\n".to_owned(),
    };
    stream.write_all(line.as_bytes()).await?;
    let line = read_line(&mut stream).await?;
    let known = [Reply::Open, Reply::Refused, Reply::CutOff];
    let reply = known.into_iter().find(|reply| reply.text() == line).ok_or(ErrorKind::InvalidData)?;
    Ok((reply, stream))
}

/// Reads to the end of the line and no further: what follows is another's.
async fn read_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = Vec::with_capacity(LONGEST);
    loop {
        match stream.read_u8().await? {
            b'\n' => return String::from_utf8(line).map_err(|_| ErrorKind::InvalidData.into()),
            byte if line.len() < LONGEST => line.push(byte),
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_read_as_it_was_written_and_what_follows_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        for (asked, answered) in [
            (Request::Connect(18_789), Reply::Open),
            (Request::State, Reply::CutOff),
            (Request::Rejoin, Reply::Refused),
        ] {
            let serve = async {
                let (mut client, _) = listener.accept().await.unwrap();
                let request = read_request(&mut client).await.unwrap();
                answered.write(&mut client).await.unwrap();
                client.write_all(b"bytes").await.unwrap();
                request
            };
            let (request, reply) = tokio::join!(serve, ask(&socket, asked));
            let (reply, mut stream) = reply.unwrap();
            assert_eq!((request, reply), (asked, answered));
            let mut rest = String::new();
            stream.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "bytes");
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        for text in
            ["connect x\n", "connect 65536\n", "hello\n", "connect 1 and much more than a line\n", "sta"]
        {
            let (mut ours, mut theirs) = UnixStream::pair().unwrap();
            theirs.write_all(text.as_bytes()).await.unwrap();
            drop(theirs);
            assert!(read_request(&mut ours).await.is_err(), "{text}");
        }
    }
}
