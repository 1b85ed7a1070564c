//! The smallest server that lists models: a thread that answers every request with the same text.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A list that is served for as long as this process lives.
#[derive(Debug, Clone)]
pub(crate) struct ListServer {
    base: String,
    list: Arc<Mutex<String>>,
    requests: Arc<AtomicUsize>,
}

impl ListServer {
    /// Serves a list of these ids on a loopback port of its own.
    pub(crate) fn start(ids: &[&str]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let list = Arc::new(Mutex::new(listing(ids)));
        let requests = Arc::new(AtomicUsize::new(0));
        let (served, counted) = (Arc::clone(&list), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::Relaxed);
                let list = served.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // A client that hangs up early is its own test's affair.
                let _ = answer(stream, &list);
            }
        });
        Self { base, list, requests }
    }

    /// Its address, `http://127.0.0.1:PORT/v1`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// How many requests have come so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Lists these ids from now on.
    pub(crate) fn set(&self, ids: &[&str]) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = listing(ids);
    }
}

fn listing(ids: &[&str]) -> String {
    let entries: Vec<_> = ids.iter().map(|id| serde_json::json!({ "id": id })).collect();
    serde_json::json!({ "data": entries }).to_string()
}

fn answer(mut stream: TcpStream, list: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    // Like a server that is no LM Studio: it lists its models and knows nothing else.
    let (status, body) = if request.contains(" /v1/models ") { ("200 OK", list) } else { ("404 Not Found", "{}") };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}
