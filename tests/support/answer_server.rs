//! A server that answers each path as its test says, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One answer: the status line's code and words, with further headers below it, and the body.
pub(crate) type Answer = (&'static str, &'static str);

/// The server. It ends with the runtime of its test.
#[derive(Debug)]
pub(crate) struct AnswerServer {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl AnswerServer {
    /// Answers these paths so, and every other one with `other`.
    pub(crate) async fn start(paths: &[(&'static str, Answer)], other: Answer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (answers, log) = (Arc::new(paths.iter().copied().collect::<HashMap<_, _>>()), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, log) = (Arc::clone(&answers), Arc::clone(&log));
                tokio::spawn(async move {
                    // A client that hangs up early is its own test's affair.
                    let _ = serve(stream, &answers, other, &log).await;
                });
            }
        });
        Self { port, heads }
    }

    /// Answers everything so.
    pub(crate) async fn always(answer: Answer) -> Self {
        Self::start(&[], answer).await
    }

    /// Its address, with that path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: &HashMap<&str, Answer>,
    other: Answer,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = String::new();
    let mut reader = BufReader::new(&mut stream);
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    log.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    let (status, body) = answers.get(path.as_str()).copied().unwrap_or(other);
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).await
}
