//! `lmsync run`: the daemon.

use std::future::{Future, pending};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::sync::Arc;

use adapters_fs::{Lane, Work};
use adapters_http::Gateway;
use app::{Change, Event, NameList, Ports, Rhythm, TokioClock, notify};
use config::Settings;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing::{info, warn};

use crate::config_source::ConfigSource;
use crate::daemon::activity::activity_sources;
use crate::daemon::first_server::FirstServer;
use crate::daemon::heartbeat::Pulse;
use crate::daemon::hook;
use crate::daemon::listeners::Listeners;
use crate::daemon::network::Network;
use crate::daemon::openclaw_watch::OpenClawWatch;
use crate::daemon::parent::{self, ReportedTurns};
use crate::daemon::relay_program;
use crate::daemon::reload::Reload;
use crate::daemon::standby::{Standby, unless};
use crate::daemon::view::View;
use crate::exit::Exit;
use crate::gateway::GatewayLogin;
use crate::place::Place;
use crate::wiring::{self, Adapters, adapters};
use crate::{gateway, platform, status};

pub(crate) async fn run(
    mut settings: Settings,
    mut source: ConfigSource,
    stop_with_stdin: bool,
    shows_changes: bool,
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
        match keep(settings.clone(), &mut source, &turns, shows_changes, &mut stop).await? {
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

/// Keeps the models until something ends it: takes the right to keep them, and then works.
async fn keep(
    settings: Settings,
    source: &mut ConfigSource,
    turns: &ReportedTurns,
    shows_changes: bool,
    mut stop: impl Future<Output = ()> + Unpin,
) -> Result<End, Exit> {
    let adapters = adapters(&settings, Work::Aside).await?;
    let place = Place::read(&settings, &adapters.stores).await;
    let files: Vec<String> = adapters.files().await.into_iter().map(|store| store.name).collect();
    let standby = Standby::of_folder(&settings.own_folder);
    let Some(standby) = unless(&mut stop, standby).await else { return Ok(End::Asked) };

    let tls = adapters.tls.clone();
    let login = GatewayLogin::read(&settings.gateway, Work::Aside).await;
    let gateway = gateway::gateway(settings.gateway.clone(), &settings.own_folder, tls, Work::Aside);
    let gateway = Arc::new(gateway.await?);
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

    prepare(&settings, &adapters, &place, &files, &gateway).await;
    let (to_picker, for_picker) = unbounded_channel();
    let (to_hook, for_hook) = unbounded_channel();
    let listeners = Listeners {
        view: shows_changes.then(|| View::start(&place, listens, Arc::clone(&gateway))),
        board,
        pulse,
        network: Network::start(),
        standby,
        first_server: FirstServer::default(),
        to_picker,
        to_hook,
    };
    let turns = turns.clone();
    let daemon = Daemon { settings, adapters, gateway, login, clock, turns, for_picker, for_hook };
    let end = daemon.work(source, &listeners, stop).await?;
    if let End::TakenOver = end {
        // The heartbeat there is another daemon's now.
        return Err(Exit::taken_over());
    }
    let Listeners { pulse, standby, .. } = listeners;
    pulse.stop().await;
    // The next one takes the same port.
    served.shutdown().await;
    standby.release().await;
    if let End::CutOff = end { Err(Exit::cut_off()) } else { Ok(end) }
}

/// What is done once, by the daemon that has the right to keep the files, before its first pass.
async fn prepare(settings: &Settings, adapters: &Adapters, place: &Place, files: &[String], gateway: &Gateway) {
    if let Some(socket) = &settings.gateway.relay {
        relay_program::provide(socket).await;
    }
    let files = NameList::new(files.iter().map(String::as_str));
    info!(
        name: "started",
        server = %adapters.server.api,
        files = files.as_value(),
        interval_seconds = settings.interval.as_secs_f64(),
        version = env!("CARGO_PKG_VERSION"),
        "lmsync started: models are refreshed"
    );
    gateway.set_agents(place.kept.iter().map(|agent| agent.id.clone()).collect());
    for note in place.notes() {
        warn!(name: "place_note", "{note}");
    }
    wiring::sweep(adapters).await;
}

/// The daemon with the right to keep the files.
struct Daemon {
    settings: Settings,
    adapters: Adapters,
    gateway: Arc<Gateway>,
    /// How the gateway is reached, as it was read.
    login: Option<GatewayLogin>,
    clock: TokioClock,
    turns: ReportedTurns,
    for_picker: UnboundedReceiver<Change>,
    for_hook: UnboundedReceiver<Change>,
}

impl Daemon {
    /// Runs the loop, the notifier and the hook until something ends them.
    async fn work(
        self,
        source: &mut ConfigSource,
        listeners: &Listeners,
        stop: impl Future<Output = ()>,
    ) -> Result<End, Exit> {
        let Self { settings, adapters, gateway, login, clock, turns, for_picker, for_hook } = self;
        let Adapters { servers, stores, factory, .. } = adapters;
        let (openclaw_json, first) = (&settings.gateway.config, &listeners.first_server);
        first.follow(factory.first_activity_source()?);
        let activity_source = activity_sources(&settings, &gateway, turns, first);
        let target = gateway::config_target(
            settings.config_target,
            &gateway,
            openclaw_json,
            &settings.own_folder,
            stores.clone(),
            &activity_source,
            Work::Aside,
        );
        let mut ports = Ports { servers, activity_source: &activity_source, stores, clock };
        gateway::remember(&target, &mut ports.servers).await;
        let emit = |event| listeners.hear(event);

        let installed = gateway::installed(openclaw_json, Work::Aside).await;
        let is_installed = installed.is_some();
        let notifier = async {
            // A receiver that is of no use is dropped, so that nothing gathers there.
            if settings.refresh {
                notify(&target, &clock, for_picker, installed, &emit).await;
            } else {
                drop(for_picker);
            }
            pending::<()>().await;
        };
        let hook = async {
            match &settings.on_change {
                Some(command) => hook::run_after_each(command, for_hook).await,
                None => drop(for_hook),
            }
            pending::<()>().await;
        };

        let openclaw = OpenClawWatch::start(gateway::openclaw_file(openclaw_json.clone())).await;
        let gateway = Arc::clone(&gateway);
        let mut reload = Reload::new(source, settings.clone(), factory, openclaw, gateway, &target, first);
        let (moved, other_login, lane) = (Notify::new(), Notify::new(), Lane::default());
        let renew = async |servers: &mut Vec<_>, stores: &mut _| {
            if let Some(folder) = settings.superseded_by.clone()
                && lane.run(move || folder.exists()).await.unwrap_or(false)
            {
                moved.notify_one();
            }
            let has_changed = reload.apply(servers, stores).await;
            listeners.board.note_openclaw(is_installed || reload.has_openclaw_json());
            if has_changed
                && let Some(now) = GatewayLogin::read(&settings.gateway, Work::Aside).await
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
                () = listeners.network.lost() => why = End::CutOff,
                () = listeners.standby.taken() => why = End::TakenOver,
            }
        };
        let interval = app::own_pace(settings.interval, chance());
        let rhythm = Rhythm { interval, max_pause: settings.max_pause };
        tokio::select! {
            () = app::run(&mut ports, rhythm, renew, &emit, end) => {}
            () = notifier => {}
            () = hook => {}
        }
        Ok(why)
    }
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

/// Ends when the process is asked to stop.
///
/// # Errors
/// Where signals cannot be listened to.
pub(crate) fn asked_to_stop() -> Result<impl Future<Output = ()>, Exit> {
    platform::asked_to_stop().map_err(|error| Exit::bug("failed to listen to signals", error))
}
