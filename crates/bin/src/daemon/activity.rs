//! Who is asked whether inference runs, wired.

use std::path::Path;
use std::sync::Arc;

use adapters_fs::{GatewayRun, SessionLocks, container};
use adapters_http::Gateway;
use app::ActivitySources;
use config::Settings;
use domain::BusySource;

use super::first_server::FirstServer;
use super::parent::{GatewayActivity, ReportedTurns};

/// The activity sources that the settings name.
pub(crate) fn activity_sources<'a>(
    settings: &Settings,
    gateway: &'a Arc<Gateway>,
    turns: ReportedTurns,
    first: &'a FirstServer,
) -> ActivitySources<GatewayActivity<&'a Gateway>, SessionLocks, &'a FirstServer> {
    let asked = |source| settings.busy_sources.contains(&source);
    ActivitySources::new(
        asked(BusySource::Gateway).then_some(GatewayActivity { gateway: &**gateway, turns }),
        asked(BusySource::SessionLocks).then(|| session_locks(&settings.state_dir, gateway)),
        asked(BusySource::LmStudio).then_some(first),
    )
}

fn session_locks(state_dir: &Path, gateway: &Arc<Gateway>) -> SessionLocks {
    let (started, over) = (Arc::clone(gateway), Arc::clone(gateway));
    let run = GatewayRun {
        started: Box::new(move || started.seen().and_then(|seen| seen.started_at)),
        is_over: Box::new(move || {
            let gateway = Arc::clone(&over);
            Box::pin(async move {
                // In a container whose gateway never answered, nobody may ever answer at this address.
                let is_its_address = gateway.seen().is_some() || container().is_none();
                is_its_address && gateway.refuses_connections().await
            })
        }),
    };
    SessionLocks::new(state_dir, run)
}
