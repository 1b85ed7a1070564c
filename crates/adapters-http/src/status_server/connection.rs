//! The connections of the status server: few, short-lived, and none that waits for a client for ever.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::patience::Patient;
use super::reporter::Reporter;
use super::routes::{self, Desk};

/// How many connections are served at a time; further ones wait to be accepted.
const MOST: usize = 64;

/// How long a client may take to send a request's head, and may stay without sending one.
const HEAD: Duration = Duration::from_secs(10);

/// How much of a request's head is read, in bytes, and in lines.
const HEAD_BYTES: usize = 16 * 1024;
const HEAD_LINES: usize = 64;

/// How long a connection lasts at most. Pages that listen to events come back by themselves.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// How long to wait after a connection could not be taken in: no file descriptor is left, which only time mends.
const BREATH: Duration = Duration::from_millis(200);

/// Takes in connections for as long as it is polled; all of them end with it.
pub(super) async fn accept<R: Reporter>(listener: TcpListener, desk: Arc<Desk<R>>) {
    let mut served = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = served.join_next() => {}
            accepted = listener.accept(), if served.len() < MOST => match accepted {
                Ok((stream, _)) => drop(served.spawn(timeout(LIFE, serve(stream, Arc::clone(&desk))))),
                Err(_) => sleep(BREATH).await,
            }
        }
    }
}

async fn serve<R: Reporter>(stream: TcpStream, desk: Arc<Desk<R>>) {
    let service = service_fn(|request| {
        let answer = routes::answer(&desk, &request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_LINES)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    // A client that breaks off, or sends what is not HTTP, is its own affair.
    let _ = connection.await;
}
