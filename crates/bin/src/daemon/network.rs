//! A network that goes away under a container: the one of the gateway that it shares, when the gateway restarts.
//!
//! `network_mode: "service:openclaw-gateway"` joins the network that the gateway's container has at that moment. When
//! that container restarts, it gets a new network, and a container that shared the old one is left with a loopback
//! device and no route. Only a restart joins the new network, so the daemon ends and leaves that to its restart
//! policy.

use std::cell::Cell;
use std::fs;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tracing::warn;

use crate::host_kind::ROUTES;

/// How long the gateway may take to be back. A container cannot join the network of one that does not run, and
/// Docker, whatever the restart policy, tries to start one again only once: to end too early is to end for good.
const GRACE: Duration = Duration::from_secs(30);

/// A look at the network of this container.
pub(crate) struct Network {
    watched: bool,
    gone_since: Cell<Option<Instant>>,
    lost: Notify,
}

impl Network {
    /// Remembers whether there are routes. Outside a container nothing is watched: there, a network comes back by
    /// itself, and no supervisor may be there to start the daemon again.
    pub(crate) fn start() -> Self {
        let watched = std::process::id() == 1 && has_routes() == Some(true);
        Self { watched, gone_since: Cell::new(None), lost: Notify::new() }
    }

    /// Checks whether the routes are still there.
    pub(crate) fn check(&self) {
        if !self.watched || has_routes() != Some(false) {
            self.gone_since.set(None);
            return;
        }
        match self.gone_since.get() {
            None => {
                warn!(
                    name: "network_lost",
                    "refresh has lost its network: did the gateway's container restart?"
                );
                self.gone_since.set(Some(Instant::now()));
            }
            Some(since) if since.elapsed() >= GRACE => self.lost.notify_one(),
            Some(_) => {}
        }
    }

    /// Ends when the network is gone for good.
    pub(crate) async fn lost(&self) {
        self.lost.notified().await;
    }
}

/// Whether this network has any route beyond its loopback; `None` where that cannot be told.
fn has_routes() -> Option<bool> {
    fs::read_to_string(ROUTES).ok().map(|text| lists_routes(&text))
}

fn lists_routes(text: &str) -> bool {
    text.lines().skip(1).any(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   \n";

    #[test]
    fn a_network_that_is_gone_has_a_heading_and_no_route() {
        assert!(!lists_routes(HEADING));
        assert!(lists_routes(&format!("{HEADING}eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")));
    }

    #[test]
    fn outside_a_container_nothing_is_watched() {
        assert!(!Network::start().watched);
    }
}
