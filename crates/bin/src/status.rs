//! What the daemon knows, kept for whoever asks its status server.

mod json;
mod metrics;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use adapters_http::{Gateway, Reporter, StatusServer};
use app::{Chain, Event, Moment, State, Status, TokioClock};
use config::{Listen, Settings};
use domain::ports::Clock;
use serde_json::Value;
use tokio::sync::watch;
use tracing::{info, warn};

use self::metrics::Metrics;
use crate::daemon::heartbeat::patience;

/// The daemon's knowledge, told by its loop and asked by its status server.
pub(crate) struct Board {
    daemon: Daemon,
    clock: TokioClock,
    gateway: Arc<Gateway>,
    status: Mutex<Status>,
    metrics: Metrics,
    news: watch::Sender<()>,
}

/// What does not change while the daemon runs.
struct Daemon {
    /// From the start of one pass to the start of the next.
    interval: Duration,
    /// How long the loop may take to turn.
    patience: Duration,
    /// Where the status server listens, if it does.
    listens: Option<SocketAddr>,
}

/// Puts up the board, and serves it from now on for as long as the program runs; tells where. That the port cannot be
/// had is a warning: the models are kept all the same.
pub(crate) async fn serve(
    settings: &Settings,
    clock: TokioClock,
    gateway: Arc<Gateway>,
) -> (Arc<Board>, Option<SocketAddr>) {
    let server = match &settings.listen {
        Some(listen) => bind(listen).await,
        None => None,
    };
    let listens = server.as_ref().map(StatusServer::address);
    let Settings { interval, timeout, .. } = *settings;
    let daemon = Daemon { interval, patience: patience(interval, timeout), listens };
    let board = Arc::new(Board::new(daemon, clock, gateway));
    if let Some(server) = server {
        // It ends with the runtime.
        drop(tokio::spawn(server.serve(Arc::clone(&board))));
    }
    (board, listens)
}

async fn bind(listen: &Listen) -> Option<StatusServer> {
    match StatusServer::bind(&listen.host, listen.port).await {
        Ok(server) => {
            info!(page = format!("http://{}/", server.address()), "lmsync shows its status");
            Some(server)
        }
        Err(error) => {
            warn!(
                error = %Chain(&error),
                %listen,
                "lmsync cannot show its status there: LMSYNC_LISTEN takes another address, or off"
            );
            None
        }
    }
}

impl Board {
    fn new(daemon: Daemon, clock: TokioClock, gateway: Arc<Gateway>) -> Self {
        let status = Mutex::new(Status::new(moment(&clock)));
        Self { daemon, clock, gateway, status, metrics: Metrics::new(), news: watch::Sender::new(()) }
    }

    /// Takes in what the loop or the announcer tells.
    pub(crate) fn tell(&self, event: &Event) {
        self.metrics.tell(event);
        if self.known().apply(event, moment(&self.clock)) {
            self.news.send_replace(());
        }
    }

    /// All that is known, as it is documented in `docs/schemas/status.json`.
    fn json(&self) -> Value {
        json::status(&self.known(), &self.daemon, &self.gateway, moment(&self.clock))
    }

    fn known(&self) -> MutexGuard<'_, Status> {
        // What a panic elsewhere left is a few plain values.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn verdict(&self) -> (State, String) {
        self.known().verdict(self.clock.now(), self.daemon.patience)
    }
}

impl Reporter for Board {
    fn status(&self) -> String {
        domain::tame_json(&self.json().to_string()).into_owned()
    }

    fn metrics(&self) -> String {
        self.metrics.text(&self.known(), self.clock.now(), self.daemon.patience)
    }

    fn alive(&self) -> Result<(), String> {
        match self.verdict() {
            (State::Stalled, why) => Err(why),
            _ => Ok(()),
        }
    }

    fn ready(&self) -> bool {
        self.known().last_pass.is_some()
    }

    fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }
}

fn moment(clock: &TokioClock) -> Moment {
    Moment { clock: clock.now(), wall: SystemTime::now() }
}
