//! The status server over real sockets: what it answers, whom it does not, and what a client cannot make it do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lmsync_adapters_http::{Reporter, StatusClient, StatusError, StatusServer, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that knows little.
struct Little {
    alive: AtomicBool,
    news: watch::Sender<()>,
}

impl Reporter for Little {
    fn status(&self) -> String {
        format!(r#"{{"alive":{}}}"#, self.alive.load(Ordering::Relaxed))
    }

    fn metrics(&self) -> String {
        "up 1\n".into()
    }

    fn alive(&self) -> Result<(), String> {
        if self.alive.load(Ordering::Relaxed) { Ok(()) } else { Err("it hangs".into()) }
    }

    fn ready(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }
}

async fn serve(host: &str) -> (SocketAddr, Arc<Little>) {
    let server = StatusServer::bind(host, 0).await.unwrap();
    let address = server.address();
    let little = Arc::new(Little { alive: true.into(), news: watch::Sender::new(()) });
    tokio::spawn(server.serve(Arc::clone(&little)));
    (address, little)
}

/// Sends exactly this, and reads until the server closes.
async fn raw(address: SocketAddr, request: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A server that has heard enough may close before all is sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    timeout(PATIENCE, exchange).await.expect("the server neither answers nor closes")
}

/// Asks by this method and path, with these further header lines.
async fn ask(address: SocketAddr, line: &str, headers: &str) -> String {
    raw(address, &format!("{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n")).await
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn each_path_is_answered_and_carries_the_headers_that_bind_browsers() {
    let (address, _) = serve("127.0.0.1").await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/api/status", "application/json"),
        ("/metrics", "text/plain; version=0.0.4"),
        ("/healthz", "text/plain"),
        ("/readyz?probe=1", "text/plain"),
    ] {
        let answer = ask(address, &format!("GET {path}"), "").await;
        assert_eq!(status(&answer), "200", "{answer}");
        let head = answer.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(head.contains(&format!("content-type: {kind}")), "{path}: {head}");
        for header in [
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "cross-origin-resource-policy: same-origin",
            "content-security-policy: default-src 'none'",
        ] {
            assert!(head.contains(header), "{path} lacks {header}: {head}");
        }
        assert!(!head.contains("access-control-allow") && !head.contains("\nserver:"), "{path}: {head}");
        assert!(!head.contains("unsafe-inline") && !head.contains("unsafe-eval"), "{path}: {head}");
    }
    assert_eq!(status(&ask(address, "GET /../etc/passwd", "").await), "404");
}

#[tokio::test]
async fn nothing_but_reading_is_possible() {
    let (address, _) = serve("127.0.0.1").await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let answer = ask(address, &format!("{method} /api/status"), "").await;
        assert_eq!(status(&answer), "405", "{method}: {answer}");
    }
    let answer = ask(address, "GET /api/status", "content-length: 3\r\n").await;
    assert_eq!(status(&answer), "400", "{answer}");
    for path in ["/", "/api/status", "/api/events", "/metrics"] {
        let answer = ask(address, &format!("HEAD {path}"), "").await;
        assert_eq!(status(&answer), "200", "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{path} has no body: {answer}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_not_answered() {
    let (address, _) = serve("127.0.0.1").await;
    let as_host = |host: String| async move {
        raw(address, &format!("GET /api/status HTTP/1.1\r\n{host}connection: close\r\n\r\n")).await
    };
    for host in ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.nip.io"] {
        let answer = as_host(format!("host: {host}\r\n")).await;
        assert_eq!(status(&answer), "421", "{host}: {answer}");
        assert!(!answer.contains("alive"), "{answer}");
    }
    for host in [String::new(), "host: a\r\nhost: b\r\n".into(), "host: u@localhost\r\n".into()] {
        assert_eq!(status(&as_host(host.clone()).await), "400", "{host}");
    }
    assert_eq!(status(&as_host(format!("host: localhost:{}\r\n", address.port())).await), "200");
    let answer = ask(address, "GET /api/status", "origin: http://evil.example\r\n").await;
    assert_eq!(status(&answer), "403", "{answer}");
    let answer = ask(address, "GET /api/events", "sec-fetch-site: cross-site\r\nsec-fetch-mode: cors\r\n").await;
    assert_eq!(status(&answer), "403", "{answer}");
    let named = serve("localhost").await.0;
    assert_eq!(status(&ask(named, "GET /healthz", "").await), "200");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused_and_one_that_never_ends_is_given_up() {
    let (address, _) = serve("127.0.0.1").await;
    let answer = ask(address, "GET /", &format!("x: {}\r\n", "x".repeat(64 * 1024))).await;
    assert!(matches!(status(&answer), "431" | "none"), "{answer}");
    let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
    let answer = ask(address, "GET /", &many).await;
    assert!(matches!(status(&answer), "431" | "none"), "{answer}");
    let answer = ask(address, &format!("GET /{}", "x".repeat(64 * 1024)), "").await;
    assert!(matches!(status(&answer), "414" | "431" | "none"), "{answer}");
    for never in ["GET / HTTP/1.1\r\nhost: ", "", "\u{16}\u{3}\u{1} no HTTP at all\r\n\r\n"] {
        let answer = raw(address, never).await;
        assert!(matches!(status(&answer), "400" | "408" | "none"), "{never:?}: {answer}");
    }
}

#[tokio::test]
async fn connections_are_bounded_and_a_crowd_that_says_nothing_locks_nobody_out_for_long() {
    let (address, _) = serve("127.0.0.1").await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(address).await.unwrap());
    }
    // Those who say nothing are sent away, so that who waits behind them is heard.
    assert_eq!(status(&ask(address, "GET /healthz", "").await), "200");
}

#[tokio::test]
async fn listeners_are_told_of_news_and_only_so_many_are_taken() {
    let (address, little) = serve("127.0.0.1").await;
    let mut listeners = Vec::new();
    for _ in 0..16 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET /api/events HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        read_until(&mut stream, &mut text, r#"data: {"alive":true}"#).await;
        listeners.push((stream, text));
    }
    assert_eq!(status(&ask(address, "GET /api/events", "").await), "503");
    little.alive.store(false, Ordering::Relaxed);
    little.news.send_replace(());
    for (stream, text) in &mut listeners {
        read_until(stream, text, r#"data: {"alive":false}"#).await;
        assert_eq!(text.matches("event: status").count(), 2, "{text}");
    }
    drop(listeners);
    let again = async { while status(&ask(address, "HEAD /api/events", "").await) != "200" {} };
    timeout(PATIENCE, again).await.unwrap();
    assert_eq!(status(&ask(address, "GET /healthz", "").await), "503");
    assert_eq!(status(&ask(address, "GET /readyz", "").await), "503");
}

async fn read_until(stream: &mut TcpStream, text: &mut String, what: &str) {
    let read = async {
        while !text.contains(what) {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "closed after {text}");
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    };
    timeout(PATIENCE, read).await.unwrap_or_else(|_| panic!("{what} has not come"));
}

#[tokio::test]
async fn the_client_reads_what_is_served_and_says_who_else_answers() {
    let (address, _) = serve("0.0.0.0").await;
    let client = |address| StatusClient::new(address, Tls::new(None).unwrap(), PATIENCE);
    assert_eq!(client(address).status().await.unwrap(), br#"{"alive":true}"#);
    let other = simulator::Simulator::local().await.unwrap();
    // LM Studio answers what it does not know with 200, so the test reads the body.
    assert!(client(other.address()).status().await.is_ok());
    let gone = other.address();
    other.stop().await;
    assert!(matches!(client(gone).status().await, Err(StatusError::Unreachable { .. })));
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_to_be_told() {
    let (address, _) = serve("127.0.0.1").await;
    assert!(StatusServer::bind("127.0.0.1", address.port()).await.is_err());
}
