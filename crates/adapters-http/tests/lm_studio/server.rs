//! A server that plays a script of raw bytes on each connection.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

/// One step on a connection. After the last one the connection is closed.
#[derive(Clone)]
pub(crate) enum Act {
    /// Waits for the whole head of a request.
    Hear,
    /// Sends these bytes.
    Say(Vec<u8>),
    /// Sends these bytes again and again, as fast as they are taken.
    Repeat(Vec<u8>),
    /// Sends one of these bytes at a time, over and over, 5 ms apart.
    Drip(Vec<u8>),
    /// Waits until the test comes to [`Server::meet`].
    Meet,
    /// Waits until the client closes.
    Wait,
    /// Closes with a reset instead of an end.
    Reset,
}

pub(crate) use Act::{Drip, Hear, Meet, Repeat, Reset, Say, Wait};

/// The heads of requests, each with the number of its connection.
type Log = Arc<Mutex<Vec<(usize, String)>>>;

/// The server; it ends with its value.
pub(crate) struct Server {
    port: u16,
    heard: Log,
    meeting: Arc<Barrier>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Plays `scripts` on the connections in turn, the last one on all further ones.
    pub(crate) async fn playing(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let meeting = Arc::new(Barrier::new(2));
        let (log, place) = (Arc::clone(&heard), Arc::clone(&meeting));
        let accepting = tokio::spawn(async move {
            for number in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let script = scripts[number.min(scripts.len() - 1)].clone();
                tokio::spawn(play(stream, script, number, Arc::clone(&log), Arc::clone(&place)));
            }
        });
        Self { port, heard, meeting, accepting }
    }

    /// Hears a request, says this, and closes; on every connection.
    pub(crate) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        Self::playing(vec![vec![Hear, Say(answer.into())]]).await
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn root(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until a connection's script comes to [`Meet`].
    pub(crate) async fn meet(&self) {
        self.meeting.wait().await;
    }

    /// The heads of the requests so far, each with the number of its connection.
    pub(crate) fn heard(&self) -> Vec<(usize, String)> {
        self.heard.lock().unwrap().clone()
    }

    /// The numbers of the connections over which requests came.
    pub(crate) fn connections(&self) -> Vec<usize> {
        self.heard().into_iter().map(|(connection, _)| connection).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn play(mut stream: TcpStream, script: Vec<Act>, number: usize, log: Log, meeting: Arc<Barrier>) {
    for act in script {
        match act {
            Hear => match head(&mut stream).await {
                Some(request) => log.lock().unwrap().push((number, request)),
                None => return,
            },
            Meet => {
                meeting.wait().await;
            }
            Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            act => {
                if perform(&mut stream, act).await.is_none() {
                    return;
                }
            }
        }
    }
}

/// `None` when the client has gone.
async fn perform(stream: &mut TcpStream, act: Act) -> Option<()> {
    match act {
        Say(bytes) => stream.write_all(&bytes).await.ok(),
        Repeat(bytes) => loop {
            stream.write_all(&bytes).await.ok()?;
        },
        Drip(bytes) => {
            for byte in bytes.iter().cycle() {
                stream.write_all(&[*byte]).await.ok()?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            None
        }
        Wait => {
            while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
            None
        }
        Hear | Meet | Reset => None,
    }
}

/// Reads up to the empty line that ends a request's head.
pub(crate) async fn head(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// An answer with its length.
pub(crate) fn answer(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// A good answer with one model.
pub(crate) fn one_model(id: &str) -> Vec<u8> {
    answer("200 OK", format!(r#"{{"data":[{{"id":"{id}"}}]}}"#))
}
