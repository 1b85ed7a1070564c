//! The connections of a simulated LM Studio: taken in, served within bounds, closed when idle.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::options::Options;
use super::routes::{self, Visit};
use super::socket;
use crate::world::World;

/// How many connections are served at a time; further ones wait to be accepted.
const MOST: usize = 1_024;

/// Takes in connections for as long as it is polled; all of them end with it.
pub(super) async fn accept(listener: TcpListener, world: World, options: Options) {
    let mut served = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = served.join_next() => {}
            Ok((stream, _)) = listener.accept(), if served.len() < MOST => {
                served.spawn(serve(stream, world.clone(), options.clone()));
            }
        }
    }
}

/// Serves one connection, first as HTTP, then as a WebSocket if the client asks for one.
async fn serve(stream: TcpStream, world: World, options: Options) {
    let open = Open::new(world);
    let visit = Arc::new(Visit {
        world: open.world.clone(),
        options: options.clone(),
        connection: open.number,
        requests: AtomicU64::new(0),
        upgrading: Mutex::new(None),
    });
    let service = service_fn(|request| {
        let visit = Arc::clone(&visit);
        async move {
            visit.requests.fetch_add(1, Ordering::Relaxed);
            routes::answer(visit, request).await
        }
    });
    // hyper's limit on reading a request's head runs while a connection is idle, too: it is LM Studio's
    // keep-alive.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.keep_alive)
        .max_buf_size(64 * 1024)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    // Clients come and go, and scenarios break connections: no error here is one of the simulator.
    let _ = connection.with_upgrades().await;
    let upgrading = visit.upgrading.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(upgrading) = upgrading {
        socket::serve(&open.world, open.number, upgrading).await;
    }
}

/// Counts a connection as open while it lives.
struct Open {
    world: World,
    number: u64,
}

impl Open {
    fn new(world: World) -> Self {
        let number = world.change(|state| {
            state.connections.open += 1;
            state.connections.opened += 1;
            state.connections.opened
        });
        Self { world, number }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.world.change(|state| state.connections.open = state.connections.open.saturating_sub(1));
    }
}
