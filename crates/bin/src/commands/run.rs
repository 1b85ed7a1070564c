//! `lmsync run`: the daemon.

use std::future::{Future, pending};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use adapters_fs::{GatewayRun, Lane, SessionLocks, Work, container};
use adapters_http::Gateway;
use app::{ActivitySources, Event, NameList, Ports, Rhythm, TokioClock, notify};
use config::{GatewaySettings, Settings};
use domain::BusySource;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use tracing::{info, warn};

use crate::config_source::ConfigSource;
use crate::daemon::first_server::FirstServer;
use crate::daemon::heartbeat::Pulse;
use crate::daemon::hook;
use crate::daemon::network::Network;
use crate::daemon::openclaw_watch::OpenClawWatch;
use crate::daemon::parent::{self, GatewayActivity, ReportedTurns};
use crate::daemon::relay_program;
use crate::daemon::reload::Reload;
use crate::daemon::standby::{Standby, unless};
use crate::exit::Exit;
use crate::gateway::GatewayLogin;
use crate::place::Place;
use crate::wiring::{self, Adapters, adapters};
use crate::{gateway, platform, status};

pub(crate) async fn run(
    mut settings: Settings,
    mut source: ConfigSource,
    stop_with_stdin: bool,
) -> Result<(), Exit> {
    // Before anything else, so that no signal is missed.
    let signal = asked_to_stop()?;
    let turns = ReportedTurns::default();
    let reported = turns.clone();
    let mut stop = pin!(async {
        tokio::select! {
            () = signal => {}
            () = parent::stdin_closed(reported), if stop_with_stdin => {}
        }
    });
    loop {
        match keep(settings.clone(), &mut source, &turns, &mut stop).await? {
            End::Moved => {
                settings = source.read_again()?;
                info!(
                    name: "state_folder_moved", state_dir = %settings.state_dir.display(),
                    "OpenClaw uses another state folder now; lmsync follows it"
                );
            }
            End::OtherLogin => {
                // A broken lmsync.toml ends no daemon that runs.
                settings = source.read_again().unwrap_or(settings);
                info!(
                    name: "gateway_login_changed", file = %settings.gateway.config.display(),
                    "openclaw.json names another address, token or password of the gateway now; lmsync follows it"
                );
            }
            End::Asked | End::CutOff | End::TakenOver => return Ok(()),
        }
    }
}

/// Keeps the models until something ends it.
async fn keep(
    settings: Settings,
    source: &mut ConfigSource,
    turns: &ReportedTurns,
    mut stop: impl Future<Output = ()> + Unpin,
) -> Result<End, Exit> {
    let adapters = adapters(&settings, Work::Aside).await?;
    let place = Place::read(&settings, &adapters.stores).await;
    let files: Vec<String> = adapters.files().await.into_iter().map(|store| store.name).collect();
    let standby = Standby::of_folder(&settings.own_folder);
    let Some(standby) = unless(&mut stop, standby).await else { return Ok(End::Asked) };
    let tls = adapters.tls.clone();
    let login = GatewayLogin::read(&settings.gateway, Work::Aside).await;
    let gateway =
        Arc::new(gateway::gateway(settings.gateway.clone(), &settings.own_folder, tls, Work::Aside).await?);
    let clock = TokioClock::start();
    let (board, listens, mut served) = status::serve(&settings, clock, Arc::clone(&gateway)).await;
    let pulse = Pulse::start(&settings, files.clone(), listens).await;
    let standby = standby.and_files(&files, || {
        board.record(&Event::Turned);
        pulse.beat();
    });
    let Some(standby) = unless(&mut stop, standby).await else {
        pulse.stop().await;
        return Ok(End::Asked);
    };
    let current = settings.clone();
    let Settings { state_dir, superseded_by, own_folder, interval, busy_sources, max_pause, .. } =
        settings.clone();
    let Settings {
        refresh,
        config_target,
        on_change,
        gateway: GatewaySettings { config: openclaw_json, .. },
        ..
    } = settings;
    if let Some(socket) = &settings.gateway.relay {
        relay_program::provide(socket).await;
    }
    let files = NameList::new(files.iter().map(String::as_str));
    info!(
        name: "started",
        server = %adapters.server.api,
        files = files.as_value(),
        interval_seconds = interval.as_secs_f64(),
        version = env!("CARGO_PKG_VERSION"),
        "lmsync started: models are refreshed"
    );
    gateway.set_agents(place.kept.iter().map(|agent| agent.id.clone()).collect());
    for note in place.notes() {
        warn!(name: "place_note", "{note}");
    }
    wiring::sweep(&adapters).await;
    let Adapters { servers, stores, factory, .. } = adapters;
    let asked = |source| busy_sources.contains(&source);
    let first_server = FirstServer::default();
    first_server.follow(factory.first_activity_source()?);
    let activity_source = ActivitySources::new(
        asked(BusySource::Gateway).then(|| GatewayActivity { gateway: &*gateway, turns: turns.clone() }),
        asked(BusySource::SessionLocks).then(|| session_locks(&state_dir, &gateway)),
        asked(BusySource::LmStudio).then_some(&first_server),
    );
    let network = Network::start();
    let target = gateway::config_target(
        config_target,
        &gateway,
        &openclaw_json,
        &own_folder,
        stores.clone(),
        &activity_source,
        Work::Aside,
    );
    let mut ports = Ports { servers, activity_source: &activity_source, stores, clock };
    gateway::remember(&target, &mut ports.servers).await;

    let (to_picker, for_picker) = unbounded_channel();
    let (to_hook, for_hook) = unbounded_channel();
    // A receiver that is of use lives as long as this function, so nothing is lost that is sent; any other is dropped,
    // so that nothing gathers there.
    let emit = |event| {
        board.record(&event);
        match event {
            Event::Turned => {
                pulse.beat();
                network.check();
                standby.check_now_and_then();
            }
            // What is known of them is on the board.
            Event::Paused { .. } | Event::Resumed { .. } | Event::Asked(_) | Event::StillShows { .. } => {}
            Event::Passed(pass) => first_server.count(&pass),
            Event::Listed(change) => drop(to_picker.send(change)),
            Event::Changed(change) => {
                standby.check();
                let _ = to_picker.send(change.clone());
                let _ = to_hook.send(change);
            }
        }
    };
    let installed = gateway::installed(&openclaw_json, Work::Aside).await;
    let is_installed = installed.is_some();
    let notifier = async {
        if refresh {
            notify(&target, &clock, for_picker, installed, &emit).await;
        } else {
            drop(for_picker);
        }
        pending::<()>().await;
    };
    let hook = async {
        if let Some(command) = &on_change {
            hook::run_after_each(command, for_hook).await;
        } else {
            drop(for_hook);
        }
        pending::<()>().await;
    };
    let (moved, other_login) = (Notify::new(), Notify::new());
    let gateway_settings = current.gateway.clone();
    let lane = Lane::default();
    let openclaw = OpenClawWatch::start(gateway::openclaw_file(openclaw_json)).await;
    let mut reload =
        Reload::new(source, current, factory, openclaw, Arc::clone(&gateway), &target, &first_server);
    let renew = async |servers: &mut Vec<_>, stores: &mut _| {
        if let Some(folder) = superseded_by.clone()
            && lane.run(move || folder.exists()).await.unwrap_or(false)
        {
            moved.notify_one();
        }
        let has_changed = reload.apply(servers, stores).await;
        board.note_openclaw(is_installed || reload.has_openclaw_json());
        if has_changed
            && let Some(now) = GatewayLogin::read(&gateway_settings, Work::Aside).await
            && Some(&now) != login.as_ref()
        {
            other_login.notify_one();
        }
        has_changed
    };
    let mut why = End::Asked;
    let end = async {
        tokio::select! {
            () = stop => {}
            () = moved.notified() => why = End::Moved,
            () = other_login.notified() => why = End::OtherLogin,
            () = network.lost() => why = End::CutOff,
            () = standby.taken() => why = End::TakenOver,
        }
    };
    let rhythm = Rhythm { interval: app::own_pace(interval, chance()), max_pause };
    tokio::select! {
        () = app::run(&mut ports, rhythm, renew, &emit, end) => {}
        () = notifier => {}
        () = hook => {}
    }
    match why {
        // The heartbeat there is another daemon's now.
        End::TakenOver => return Err(Exit::taken_over()),
        End::Asked | End::CutOff | End::Moved | End::OtherLogin => pulse.stop().await,
    }
    // The next one takes the same port.
    served.shutdown().await;
    standby.release().await;
    if let End::CutOff = why { Err(Exit::cut_off()) } else { Ok(why) }
}

/// Why the daemon ends.
enum End {
    Asked,
    CutOff,
    /// OpenClaw uses another state folder now.
    Moved,
    /// `openclaw.json` names another address or credential of the gateway now.
    OtherLogin,
    TakenOver,
}

/// An unpredictable number: the seed that every hash map gets.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
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

/// Ends when the process is asked to stop.
///
/// # Errors
/// Where signals cannot be listened to.
pub(crate) fn asked_to_stop() -> Result<impl Future<Output = ()>, Exit> {
    platform::asked_to_stop().map_err(|error| Exit::bug("failed to listen to signals", error))
}
