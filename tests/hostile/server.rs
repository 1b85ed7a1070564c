//! A server that does on each connection what its test asks for, byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::support::PATIENCE;

/// One thing to do after a request's head was heard. After the last one the connection is closed.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends these bytes.
    Say(Vec<u8>),
    /// Sends them so many times.
    Repeat(Vec<u8>, usize),
    /// Sends what each of so many numbers gives.
    Each(usize, fn(usize) -> Vec<u8>),
    /// Sends them again and again, a moment apart.
    Drip(Vec<u8>),
    /// Ends what it sends, and goes on listening.
    HalfClose,
    /// Waits until the client closes.
    Wait,
    /// Closes with a reset.
    Reset,
}

/// What is done for a request, given its head.
type Play = Arc<dyn Fn(&str) -> Vec<Act> + Send + Sync>;

/// The server; it ends with the runtime of its test.
pub(crate) struct Hostile {
    port: u16,
    play: Arc<Mutex<Play>>,
    heads: watch::Receiver<Vec<String>>,
}

impl Hostile {
    /// One that does the same whatever is asked.
    pub(crate) async fn start(play: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let play: Arc<Mutex<Play>> = Arc::new(Mutex::new(Arc::new(play)));
        let (sender, heads) = watch::channel(Vec::new());
        let (now, sender) = (Arc::clone(&play), Arc::new(sender));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&now), Arc::clone(&sender)));
            }
        });
        Self { port, play, heads }
    }

    /// From now on it does this.
    pub(crate) fn set(&self, play: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) {
        *self.play.lock().unwrap() = Arc::new(play);
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// How often the list of models was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.heads.borrow().iter().filter(is_listing).count()
    }

    /// Waits until it has been asked for more often than that.
    pub(crate) async fn asked_after(&self, before: usize) {
        let enough = |heads: &Vec<String>| heads.iter().filter(is_listing).count() > before;
        let mut heads = self.heads.clone();
        timeout(PATIENCE, heads.wait_for(enough)).await.expect("no pass is made any more").unwrap();
    }
}

fn is_listing(head: &&String) -> bool {
    head.starts_with("GET /v1/models ")
}

async fn serve(mut stream: TcpStream, play: Arc<Mutex<Play>>, heads: Arc<watch::Sender<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let now = Arc::clone(&play.lock().unwrap());
    let acts = now(&head);
    heads.send_modify(|heads| heads.push(head));
    for act in acts {
        if perform(&mut stream, act).await.is_none() {
            return;
        }
    }
}

/// `None` when the connection is over.
async fn perform(stream: &mut TcpStream, act: Act) -> Option<()> {
    match act {
        Act::Say(bytes) => stream.write_all(&bytes).await.ok(),
        Act::Repeat(bytes, times) => {
            for _ in 0..times {
                stream.write_all(&bytes).await.ok()?;
            }
            Some(())
        }
        Act::Each(count, make) => {
            for number in 0..count {
                stream.write_all(&make(number)).await.ok()?;
            }
            Some(())
        }
        Act::Drip(bytes) => loop {
            stream.write_all(&bytes).await.ok()?;
            sleep(Duration::from_millis(20)).await;
        },
        Act::HalfClose => stream.shutdown().await.ok(),
        Act::Wait => {
            while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
            None
        }
        Act::Reset => {
            stream.set_zero_linger().ok()?;
            None
        }
    }
}

/// An answer with its length, after which the connection ends.
pub(crate) fn answer(status: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    vec![Act::Say([head.as_bytes(), body].concat())]
}

/// A good list.
pub(crate) fn list(ids: &[&str]) -> Vec<Act> {
    let entries: Vec<_> = ids.iter().map(|id| serde_json::json!({ "id": id })).collect();
    answer("200 OK", serde_json::json!({ "data": entries }).to_string())
}
