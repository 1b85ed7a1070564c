//! What the daemon knows, for its status server.

mod daemon;
mod json;
mod links;
mod metrics;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use adapters_http::{Gateway, GatewayTrouble, Reporter, StatusServer};
use app::{Event, GatewayLink, Moment, OpenclawStatus, Status, TokioClock};
use config::{Listen, Settings};
use domain::ports::Clock;
use domain::{Assessment, Chain, SyncState};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use self::daemon::Daemon;
use self::metrics::Metrics;
use crate::config_source;
use crate::daemon::heartbeat::patience;

/// The daemon's state: its loop records events, and its status server reads.
pub(crate) struct Board {
    daemon: Daemon,
    clock: TokioClock,
    gateway: Arc<Gateway>,
    /// Whether OpenClaw is installed here, or its configuration is there.
    openclaw_is_there: AtomicBool,
    status: Mutex<Status>,
    metrics: Metrics,
    news: watch::Sender<()>,
}

/// Starts the status server, and returns the board that it shows, its address, and the task that serves it, which ends
/// where that is dropped. If the port is taken, that is a warning: the models are kept all the same.
pub(crate) async fn serve(
    settings: &Settings,
    clock: TokioClock,
    gateway: Arc<Gateway>,
) -> (Arc<Board>, Option<SocketAddr>, JoinSet<()>) {
    let server = match &settings.listen {
        Some(listen) => bind(listen).await,
        None => None,
    };
    let listens = server.as_ref().map(StatusServer::address);
    let Settings { interval, timeout, refresh, .. } = *settings;
    let is_contained = adapters_fs::container().is_some();
    let home = config_source::home().ok().flatten();
    let daemon = Daemon { interval, patience: patience(interval, timeout), listens, is_contained, home, refresh };
    let board = Arc::new(Board::new(daemon, clock, gateway));
    let mut served = JoinSet::new();
    if let Some(server) = server {
        served.spawn(server.serve(Arc::clone(&board)));
    }
    (board, listens, served)
}

async fn bind(listen: &Listen) -> Option<StatusServer> {
    match StatusServer::bind(&listen.host, listen.port).await {
        Ok(server) => {
            let page = format!("http://{}/", server.address());
            info!(name: "status_shown", page, "lmsync shows its status");
            Some(server)
        }
        Err(error) => {
            warn!(
                name: "status_not_shown",
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
        let openclaw_is_there = AtomicBool::new(false);
        let (metrics, news) = (Metrics::new(daemon.interval), watch::Sender::new(()));
        Self { daemon, clock, gateway, openclaw_is_there, status, metrics, news }
    }

    /// Records an event of the loop or the notifier.
    pub(crate) fn record(&self, event: &Event) {
        self.metrics.record(event);
        let openclaw = OpenclawStatus {
            link: gateway_link(self.gateway.link()),
            is_there: self.openclaw_is_there.load(Ordering::Relaxed),
            picker_is_off: !self.daemon.refresh,
        };
        let mut known = self.known();
        let is_new = known.see(openclaw);
        if known.apply(event, moment(&self.clock)) || is_new {
            self.news.send_replace(());
        }
    }

    /// Notes whether OpenClaw is installed here, or its configuration is there.
    pub(crate) fn note_openclaw(&self, is_there: bool) {
        self.openclaw_is_there.store(is_there, Ordering::Relaxed);
    }

    fn known(&self) -> MutexGuard<'_, Status> {
        // What a panic elsewhere left is a few plain values.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assess(&self) -> Assessment {
        self.known().assess(self.clock.now(), self.daemon.patience)
    }
}

/// What is known of the connection to the gateway, with what a person can do about it.
pub(crate) fn gateway_link(link: Option<Result<(), GatewayTrouble>>) -> GatewayLink {
    let trouble = match link {
        None => return GatewayLink::Unknown,
        Some(Ok(())) => return GatewayLink::Open,
        Some(Err(trouble)) => trouble,
    };
    let advice = match &trouble {
        GatewayTrouble::Absent | GatewayTrouble::Stopped | GatewayTrouble::Starting => {
            return GatewayLink::Away;
        }
        GatewayTrouble::NoRelay => "start the gateway with compose.lmsync.yaml, whose health check starts the relay",
        GatewayTrouble::TokenRefused => "set OPENCLAW_GATEWAY_TOKEN to the token that the gateway was started with",
        GatewayTrouble::NotPaired => "approve this device with `openclaw devices approve`",
        GatewayTrouble::NoRights => {
            "run lmsync on the gateway's own machine, or in its container's network; `lmsync doctor` says how"
        }
        GatewayTrouble::Silent => "restart the gateway where it hangs; `openclaw gateway status` tells",
        GatewayTrouble::Other(_) => "name the gateway's address in OPENCLAW_GATEWAY_URL, such as ws://127.0.0.1:18789",
    };
    GatewayLink::Refused { why: format!("the gateway: {trouble}"), advice }
}

impl Reporter for Board {
    /// All that is known, as it is documented in `docs/schemas/status.json`.
    fn status(&self) -> String {
        let known = self.known();
        let status = json::status(&known, &self.daemon, &self.gateway, moment(&self.clock));
        // All its keys are text, so that nothing can fail.
        let json = serde_json::to_string(&status).unwrap_or_default();
        match domain::escape_untrusted_json(&json) {
            Cow::Borrowed(_) => json,
            Cow::Owned(escaped) => escaped,
        }
    }

    fn metrics(&self) -> String {
        let version = self.gateway.seen().map(|seen| seen.version);
        self.metrics.text(&self.known(), version.as_deref(), self.clock.now(), self.daemon.patience)
    }

    fn alive(&self) -> Result<(), String> {
        let found = self.assess();
        if found.state == SyncState::Stalled { Err(found.summary) } else { Ok(()) }
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
