//! A plain question to a status server, and its answer as it came.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for a path below a page's address (`http://HOST:PORT/`), which answers and closes.
pub(crate) async fn get(page: &str, path: &str) -> Answer {
    ask(page, path, "1.1").await
}

/// The same of a server that would answer HTTP/1.1 in chunks.
pub(crate) async fn get_whole(page: &str, path: &str) -> Answer {
    ask(page, path, "1.0").await
}

async fn ask(page: &str, path: &str, version: &str) -> Answer {
    let host = page.trim_start_matches("http://").trim_end_matches('/');
    let request = format!("GET /{path} HTTP/{version}\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let ask = async {
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    let answer = timeout(Duration::from_secs(30), ask).await.expect("no answer");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
