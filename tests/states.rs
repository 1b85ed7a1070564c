//! Pictures of the status page in each state, in light, in dark and on a phone, for a person to look at:
//! `cargo xtask pictures --states`.

use std::fs;

use serde_json::json;
use simulator::{Scenario, SimModel};

use crate::page::{browser_in, finished_without_complaints, told};
use crate::support::PATIENCE;
use crate::support::daemon::{ANYWHERE, Daemon};
use crate::support::fake::{FakeGateway, Scenario as Kind, TOKEN};
use crate::support::running::Running;
use crate::support::studio::Studio;
use crate::support::world::World;

/// Where they are left.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/states");

/// A daemon, its neighbours, and a browser that takes a picture of its page at each stop.
struct Scene {
    world: World,
    daemon: Daemon,
    browser: Running,
}

impl Scene {
    /// Each stop is a headline, its tone and the name of its pictures.
    async fn start(
        world: World,
        studio: &Studio,
        gateway: Option<&FakeGateway>,
        more: &[(&str, &str)],
        stops: &[&str],
    ) -> Self {
        let rules = world.home().join("lmsync.toml");
        let mut environment = vec![
            ANYWHERE,
            ("LMSYNC_INTERVAL", "2s"),
            ("LMSYNC_OPENCLAW_CONFIG", "off"),
            ("OPENCLAW_GATEWAY_TOKEN", TOKEN),
        ];
        if rules.exists() {
            environment.push(("LMSYNC_CONFIG", rules.to_str().unwrap()));
        }
        environment.extend(more);
        let port = gateway.and_then(|gateway| gateway.url().port_u16());
        let mut daemon = Daemon::start(&world, studio, port, &environment);
        let page = daemon.page().await;
        let browser = browser_in(FOLDER, &page, stops);
        Self { world, daemon, browser }
    }

    async fn sees(&mut self, title: &str) {
        told(&mut self.browser, title).await;
    }

    async fn end(self) {
        finished_without_complaints(self.browser).await;
        self.daemon.stop().await;
    }
}

async fn gateway(kind: Kind, shows: &[&str]) -> FakeGateway {
    let gateway = FakeGateway::start(kind).await;
    set_shown(&gateway, shows);
    gateway
}

fn set_shown(gateway: &FakeGateway, ids: &[&str]) {
    gateway.world().models = ids.iter().map(|&id| id.to_owned()).collect();
}

const CHAT: [&str; 3] = ["qwen/qwen3-8b", "openai/gpt-oss-20b", "google/gemma-3-12b"];

async fn usual_studio() -> Studio {
    let studio = Studio::start(&[]).await;
    studio.world().set_models([
        SimModel::chat(CHAT[0]).max_context(131_072).loaded(32_768),
        SimModel::chat(CHAT[1]).max_context(131_072),
        SimModel::chat(CHAT[2]).max_context(131_072).vision(),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ]);
    studio
}

#[tokio::test]
async fn one_server_and_a_gateway() {
    let (studio, gateway) = (usual_studio().await, gateway(Kind::Late, &CHAT).await);
    let stops = [
        "In sync|good|in-sync",
        "Paused|calm|paused",
        "OpenClaw still lists 1 removed model|wait|lingering",
        "Removing 2 models|wait|empty-list-waits",
        "No models served|wait|empty-list-for-good",
        "Listed without a key|bad|no-key",
        "OpenClaw lacks 2 models|bad|picker-lacks-models",
        "Server is down|bad|server-down",
        "No connection to lmsync|bad|daemon-gone",
    ];
    let more = [("LMSYNC_EMPTY_AFTER", "20s")];
    let mut scene = Scene::start(World::with_openclaw(), &studio, Some(&gateway), &more, &stops).await;
    scene.sees("In sync").await;
    gateway.world().running = 1;
    scene.sees("Paused").await;
    gateway.world().odd_view = Some(("configured", CHAT.map(str::to_owned).to_vec()));
    set_shown(&gateway, &CHAT[..2]);
    studio.world().remove(CHAT[2]);
    gateway.world().running = 0;
    scene.sees("OpenClaw still lists 1 removed model").await;
    gateway.world().odd_view = None;
    studio.world().scenario(Scenario::EmptyList);
    scene.sees("Removing 2 models").await;
    set_shown(&gateway, &[]);
    scene.sees("No models served").await;
    gateway.world().without_credential = true;
    set_shown(&gateway, &CHAT[..2]);
    studio.world().scenario(Scenario::Normal);
    scene.sees("Listed without a key").await;
    gateway.world().without_credential = false;
    set_shown(&gateway, &["mistralai/devstral-small-2507"]);
    studio.add("mistralai/devstral-small-2507");
    scene.sees("OpenClaw lacks 2 models").await;
    studio.world().scenario(Scenario::ServerError);
    scene.sees("Server is down").await;
    scene.daemon.stop().await;
    told(&mut scene.browser, "No connection to lmsync").await;
    // Here the browser complains that nobody answers.
    scene.browser.finish(PATIENCE).await.success();
}

#[tokio::test]
async fn without_an_openclaw_that_can_be_asked() {
    let studio = usual_studio().await;
    for (world, kind, more, stop) in [
        (World::new(), None, None, "No OpenClaw here|idle|no-openclaw"),
        (World::with_openclaw(), None, None, "Waiting for OpenClaw|idle|no-gateway"),
        (World::with_openclaw(), Some(Kind::RefusesToken), None, "Cannot check OpenClaw|wait|token-refused"),
        (
            World::with_openclaw(),
            Some(Kind::Late),
            Some(("LMSYNC_REFRESH", "off")),
            "Written, not checked|idle|not-checked",
        ),
    ] {
        let gateway = match kind {
            Some(kind) => Some(gateway(kind, &CHAT).await),
            None => None,
        };
        let more: Vec<_> = more.into_iter().collect();
        let mut scene = Scene::start(world, &studio, gateway.as_ref(), &more, &[stop]).await;
        scene.sees(stop.split('|').next().unwrap()).await;
        scene.end().await;
    }
}

#[tokio::test]
async fn servers_that_list_little_or_nothing() {
    let studio = Studio::start(&[]).await;
    studio.world().set_models([SimModel::embedding("text-embedding-nomic-embed-text-v1.5")]);
    let gateway = gateway(Kind::Late, &[]).await;
    let stops = ["No models served|wait|only-embedding"];
    let mut scene = Scene::start(World::with_openclaw(), &studio, Some(&gateway), &[], &stops).await;
    scene.sees("No models served").await;
    scene.end().await;

    studio.world().scenario(Scenario::Hang);
    let stops = ["Starting|idle|starting"];
    let more = [("LMSYNC_TIMEOUT", "60s")];
    let mut scene = Scene::start(World::with_openclaw(), &studio, Some(&gateway), &more, &stops).await;
    scene.sees("Starting").await;
    scene.end().await;
}

#[tokio::test]
async fn several_servers() {
    let (studio, attic, cellar) = (usual_studio().await, Studio::start(&["b"]).await, Studio::start(&["c"]).await);
    let gateway = gateway(Kind::Late, &CHAT).await;
    let world = World::with_openclaw();
    let servers = [("attic", &attic), ("cellar", &cellar)]
        .map(|(name, studio)| format!("[[server]]\nprovider = \"{name}\"\nbase_url = \"{}\"\n", studio.base()));
    fs::write(world.home().join("lmsync.toml"), servers.concat()).unwrap();
    cellar.world().scenario(Scenario::ServerError);
    let stops = ["1 of 3 servers is down|wait|one-of-three-down", "All 3 servers are down|bad|all-down"];
    let mut scene = Scene::start(world, &studio, Some(&gateway), &[], &stops).await;
    scene.sees("1 of 3 servers is down").await;
    for studio in [&studio, &attic] {
        studio.world().scenario(Scenario::ServerError);
    }
    scene.sees("All 3 servers are down").await;
    scene.end().await;
}

#[tokio::test]
async fn many_models_and_long_ids() {
    let long = format!("a-publisher-with-a-long-name/{}-instruct-q4_k_m", "quite-a-long-name-of-a-model-".repeat(5));
    for (count, name) in [(60, "sixty-models"), (1000, "thousand-models")] {
        let (studio, gateway) = (Studio::start(&[]).await, gateway(Kind::Late, &[]).await);
        let ids = (0..count).map(|number| format!("maker/model-{number}-instruct")).chain([long.clone()]);
        let ids: Vec<String> = ids.collect();
        studio.world().set_models(ids.iter().map(|id| SimModel::chat(id)));
        gateway.world().models.clone_from(&ids);
        let stop = format!("In sync|good|{name}");
        let mut scene = Scene::start(World::with_openclaw(), &studio, Some(&gateway), &[], &[&stop]).await;
        scene.sees("In sync").await;
        scene.end().await;
    }
    let (studio, gateway) = (Studio::start(&[&long]).await, gateway(Kind::Late, &[&long]).await);
    let stops = ["In sync|good|long-id"];
    let mut scene = Scene::start(World::with_openclaw(), &studio, Some(&gateway), &[], &stops).await;
    scene.sees("In sync").await;
    scene.end().await;
}

#[tokio::test]
async fn files_of_agents() {
    let (studio, late) = (usual_studio().await, gateway(Kind::Late, &CHAT).await);
    let world = World::with_openclaw();
    let roster = json!({ "agents": { "list": [
        { "id": "jarvis", "default": true },
        { "id": "coder", "agentDir": world.home().join("coder/agent") },
    ] } });
    fs::write(world.state().join("openclaw.json"), roster.to_string()).unwrap();
    let stops = ["In sync|good|two-agents", "Cannot update the model list|bad|one-file-of-two"];
    let mut scene = Scene::start(world, &studio, Some(&late), &[], &stops).await;
    scene.sees("In sync").await;
    fs::write(scene.world.home().join("coder/agent/models.json"), "{").unwrap();
    scene.sees("Cannot update the model list").await;
    scene.end().await;

    let studio = Studio::start(&["a"]).await;
    let early = gateway(Kind::Early, &["a"]).await;
    let stops = [
        "Listed without a key|bad|no-auth-profile",
        "OpenClaw needs a restart|wait|needs-restart",
        "Cannot update the model list|bad|cannot-write",
    ];
    let mut scene = Scene::start(World::with_openclaw(), &studio, Some(&early), &[], &stops).await;
    scene.sees("Listed without a key").await;
    let profiles = r#"{"profiles":{"lmstudio:default":{"provider":"lmstudio","key":"any"}}}"#;
    fs::write(scene.world.models_json().with_file_name("auth-profiles.json"), profiles).unwrap();
    fs::write(scene.world.state().join("openclaw.json"), "{\n}").unwrap();
    studio.add("b");
    scene.sees("OpenClaw needs a restart").await;
    fs::write(scene.world.models_json(), "{").unwrap();
    scene.sees("Cannot update the model list").await;
    scene.end().await;
}
