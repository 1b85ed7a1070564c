//! `lmsync demo`: the real daemon on real HTTP and real files, with a simulated LM Studio whose models come
//! and go.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapters_fs::Work;
use app::{NoActivitySource, Ports, Rhythm, TokioClock};
use config::{Agents, GatewaySettings, Listen, ServerUrl, Settings};
use domain::ports::{ModelStore, ModelStores, NamedStore, StoreError};
use domain::{Plan, Rules, Stored, Version, count};
use simulator::{SimModel, Simulator, World, demo_models};
use tokio::time::sleep;

use crate::commands::run::asked_to_stop;
use crate::exit::Exit;
use crate::wiring::{Adapters, adapters};
use crate::{changes, gateway, output, status};

/// How often the demo's daemon asks, so that nobody has to wait for a change.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long each state of the simulated server lasts.
const SCENE: Duration = Duration::from_secs(3);

pub(crate) async fn demo(settings: Settings, for_: Option<Duration>) -> Result<(), Exit> {
    let stop = asked_to_stop()?;
    let simulator = Simulator::local().await.map_err(|error| Exit::io("failed to start the simulator", &error))?;
    simulator.world().set_models(demo_models());
    let state_dir = state_folder()?;
    let server = ServerUrl::parse(&simulator.base_url())
        .map_err(|error| Exit::bug("failed to understand the simulator's address", error))?;
    let settings = Settings {
        server,
        server_is_default: false,
        models_json: state_dir.join("agents").join("main").join("agent").join("models.json"),
        explicit_models_json: None,
        agents: Agents::Named(vec!["main".to_owned()]),
        servers: Vec::new(),
        rules: Rules::default(),
        own_folder: state_dir.join("lmsync"),
        // Not the user's, which may name other folders for its agents.
        gateway: GatewaySettings { config: state_dir.join("openclaw.json"), ..settings.gateway },
        state_dir,
        superseded_by: None,
        usual_state_dir: None,
        provider_base_url: None,
        interval: INTERVAL,
        // Any port: the usual one may be a real daemon's.
        listen: Some(Listen { host: "127.0.0.1".to_owned(), port: 0 }),
        ..settings
    };
    let file = settings.models_json.display().to_string();
    let Adapters { servers, stores, server, tls, .. } = adapters(&settings, Work::Aside).await?;
    let clock = TokioClock::start();
    // It is never asked: the page says that no OpenClaw is there.
    let gateway = gateway::gateway(settings.gateway.clone(), &settings.own_folder, tls, Work::Aside).await?;
    let (board, listens, _served) = status::serve(&settings, clock, Arc::new(gateway)).await;
    let page = listens.map(|address| format!("Its page is http://{address}/\n")).unwrap_or_default();
    output::print(&format!("A simulated LM Studio serves at {}\nlmsync keeps {file}\n{page}\n", server.api,))?;
    let stores = Told(stores);
    let mut ports = Ports { servers, activity_source: NoActivitySource, stores, clock };
    let ended = async {
        match for_ {
            Some(time) => sleep(until_a_scene_has_ended(time)).await,
            None => std::future::pending().await,
        }
    };
    let end = async {
        tokio::select! {
            () = stop => {}
            () = ended => {}
            () = scenes(simulator.world()) => {}
        }
    };
    let rhythm = Rhythm { interval: INTERVAL, max_pause: None };
    app::run(&mut ports, rhythm, async |_: &mut _, _: &mut _| false, |event| board.record(&event), end).await;
    output::print_wrapped(&format!(
        "\nThe end. The file is left for you to look at: {file}\n\
         With your own LM Studio: `lmsync doctor` checks everything, `lmsync run` keeps OpenClaw's list up to date.\n"
    ))
}

/// A new folder in the place of OpenClaw's state folder. It is left behind, for a person to look at.
fn state_folder() -> Result<PathBuf, Exit> {
    let folder = tempfile::Builder::new().prefix("lmsync-demo-").tempdir();
    let folder = folder.map_err(|error| Exit::io("failed to make a temporary folder", &error))?;
    Ok(folder.keep().join(".openclaw"))
}

/// How long the demo lasts so that no change is cut off before it shows: a removal waits for a second listing.
fn until_a_scene_has_ended(time: Duration) -> Duration {
    const SHOWS: Duration = Duration::from_secs(2);
    let into_scene = Duration::from_millis(time.as_millis() as u64 % SCENE.as_millis() as u64);
    if time >= SCENE && into_scene < SHOWS { time + (SHOWS - into_scene) } else { time }
}

/// What happens in the simulated LM Studio: a model is downloaded, another deleted, over and over.
async fn scenes(world: &World) {
    loop {
        sleep(SCENE).await;
        print_line("LM Studio: deepseek-r1-distill-qwen-7b was downloaded");
        world.add(SimModel::chat("deepseek-r1-distill-qwen-7b"));
        sleep(SCENE).await;
        print_line("LM Studio: zai-org/glm-4.7-flash was deleted");
        world.remove("zai-org/glm-4.7-flash");
        sleep(SCENE).await;
        print_line("LM Studio: back to where it began");
        world.set_models(demo_models());
    }
}

/// Prints a line while the demo runs; a terminal that has gone away does not end it.
fn print_line(line: &str) {
    let _ = output::print_wrapped(line);
}

/// Stores that tell a person what is written to them.
struct Told<T>(T);

impl<T: ModelStores> ModelStores for Told<T> {
    type Store = Told<T::Store>;

    async fn stores(&self, provider: &str) -> Vec<NamedStore<Self::Store>> {
        let stores = self.0.stores(provider).await;
        stores.into_iter().map(|NamedStore { name, store }| NamedStore { name, store: Told(store) }).collect()
    }
}

impl<T: ModelStore> ModelStore for Told<T> {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.0.load().await
    }

    async fn save(&self, plan: &Plan, over: &Version) -> Result<(), StoreError> {
        self.0.save(plan, over).await?;
        print_line(&format!("  models.json, {}:\n{}", count(plan.rows.len(), "model"), changes::plan_lines(plan)));
        Ok(())
    }
}
