//! `lmsync run`: the daemon.

use std::future::Future;

use app::config::Settings;
use app::{NoGauge, Ports, Rhythm, TokioClock};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::exit::Exit;
use crate::wiring::{self, Adapters, adapters};

pub(crate) async fn run(settings: Settings) -> Result<(), Exit> {
    // Before anything else, so that no signal is missed.
    let stop = asked_to_stop()?;
    let Adapters { source, store, server, base_url, file, interval } = adapters(settings).await?;
    info!(
        server = %server.api,
        file = %file.display(),
        interval_seconds = interval.as_secs_f64(),
        version = env!("CARGO_PKG_VERSION"),
        "lmsync started: lmstudio models are refreshed"
    );
    wiring::sweep(&store).await;
    let ports = Ports { source, gauge: NoGauge, store, clock: TokioClock::start() };
    app::run(&ports, &Rhythm { interval, base_url, max_pause: None }, |_| {}, stop).await;
    Ok(())
}

/// Ends when the process is asked to stop.
///
/// # Errors
/// Where signals cannot be listened to.
pub(crate) fn asked_to_stop() -> Result<impl Future<Output = ()>, Exit> {
    let listen = |kind| signal(kind).map_err(|error| Exit::bug("failed to listen to signals", error));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
