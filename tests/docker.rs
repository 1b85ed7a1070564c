//! The image and the compose files, on a real Docker engine, beside a real OpenClaw gateway.

mod state_volume;

use std::cell::Cell;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::docker::{Compose, Container, Engine, IMAGE, RESTRICTED};
use crate::support::http::get;
use crate::support::openclaw::OpenClaw;
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, figure, tool};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use simulator::{Scenario, SimModel, Simulator, demo_models};
use tokio::time::sleep;

/// The user of the image, as of OpenClaw's own.
const NODE_USER: u32 = 1000;

/// A world whose state folder is there, and the image's user's.
fn world() -> World {
    let world = World::new();
    fs::create_dir(world.state()).unwrap();
    chown(world.state(), Some(NODE_USER), Some(NODE_USER)).unwrap();
    world
}

fn state_volume(world: &World) -> String {
    format!("{}:/home/node/.openclaw", world.state().display())
}

#[tokio::test]
async fn the_image_is_the_program_and_little_else() {
    let engine = Engine::start().await;
    let printed = engine.image().await;
    for line in ["tag     lmsync:under-test", "size    ", "digest  sha256:"] {
        assert!(printed.contains(line), "{line} is missing in {printed}");
    }
    let image = engine.inspect(IMAGE).await;
    let bytes = image["Size"].as_u64().unwrap();
    figure("docker: the image", format!("{:.2} MB", bytes as f64 / 1e6), "7 MB");
    assert!(bytes < 7_000_000, "{bytes} bytes");
    assert_eq!(image["RootFS"]["Layers"].as_array().unwrap().len(), 1);
    let config = &image["Config"];
    assert_eq!(config["User"], "1000:1000");
    assert_eq!(config["StopSignal"], "SIGTERM");
    assert_eq!(config["Healthcheck"]["Test"], json!(["CMD", "/lmsync", "healthcheck"]));
    for label in ["title", "description", "version", "revision", "created", "source", "licenses", "documentation"] {
        let value = config["Labels"][format!("org.opencontainers.image.{label}")].as_str();
        assert!(value.is_some_and(|value| !value.is_empty()), "{label} in {}", config["Labels"]);
    }

    let mut version = vec!["run", "--rm"];
    version.extend(RESTRICTED);
    version.extend([IMAGE, "--version"]);
    assert_eq!(engine.ask(&version).await, format!("lmsync {}", env!("CARGO_PKG_VERSION")));

    let alone = engine.run(&["run", "--rm", IMAGE, "healthcheck"]).await;
    assert_eq!(alone.status.code(), Some(1));
    assert_eq!(alone.stderr.lines().count(), 1, "{}", alone.stderr);
    assert!(alone.stderr.contains("no daemon"), "{}", alone.stderr);
}

#[tokio::test]
async fn the_demo_stack_keeps_a_list_on_the_host() {
    let engine = Engine::start().await;
    engine.image().await;
    let world = world();
    let (port, page) = (free_port(), free_port());
    let environment = vec![
        ("LMSYNC_IMAGE", IMAGE.to_owned()),
        ("DEMO_STATE", world.state().display().to_string()),
        ("SIMULATOR_PORT", port.to_string()),
        ("DEMO_PORT", page.to_string()),
    ];
    let stack = Compose::new(&engine, &["compose.demo.yaml"], environment);
    let began = Instant::now();
    stack.run(&["up", "--detach"]).await.success();
    let lmsync = stack.container("lmsync").await;
    let mut log = engine.logs(&lmsync);
    log.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let took = began.elapsed();
    figure("docker: `up` to models.json on the host", format!("{:.1} s", took.as_secs_f64()), "15 s");
    let file = world.models_json();
    let found = fs::metadata(&file).unwrap();
    assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (NODE_USER, NODE_USER, 0o600));
    assert!(world.ids().contains(&"openai/gpt-oss-20b".to_owned()), "{:?}", world.ids());

    let answer = add_model(port, "qwen/qwen3-4b-2507");
    assert!(answer.contains("qwen/qwen3-4b-2507"), "{answer}");
    log.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    assert!(world.ids().contains(&"qwen/qwen3-4b-2507".to_owned()), "{:?}", world.ids());
    guide_shows(&file, &world.ids()).await;
    let shown = get(&format!("http://127.0.0.1:{page}/"), "").await;
    assert!(shown.body.contains("<title>lmsync"), "the page is at the page's port: {}", shown.body);

    engine.events(&lmsync, "health_status").wait_for_line("health_status: healthy", PATIENCE).await;
    let before = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    stack.run(&["stop", "simulator"]).await.success();
    log.wait_for_line("lmstudio does not list its models", PATIENCE).await;
    engine.run(&["exec", &lmsync, "/lmsync", "healthcheck"]).await.success();
    assert_eq!(engine.inspect(&lmsync).await["State"]["Health"]["Status"], "healthy");
    let after = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    assert_eq!(before, after, "an unreachable server never touches the file");

    let mut grep = Command::new("sh");
    grep.args(["-c", "docker logs \"$0\" 2>&1 | grep -i 'lmstudio\\|refresh'", &lmsync]);
    engine.direct(&mut grep);
    let grep = Running::start(&mut grep).finish(PATIENCE).await.success().stdout;
    for said in ["started", "answers", "models refreshed", "qwen/qwen3-4b-2507", "what is known stays"] {
        assert!(grep.contains(said), "{said} is missing in {grep}");
    }
    stops_promptly(&engine, &lmsync).await;
}

/// The one-line check of OpenClaw's guides: how many models there are, and which.
async fn guide_shows(file: &Path, ids: &[String]) {
    let check = "const m = JSON.parse(require('fs').readFileSync(process.argv[1])).providers.lmstudio.models; \
                 console.log(m.length, m.map((x) => x.id).join(' '))";
    let mut node = Command::new(tool("LMSYNC_TEST_NODE"));
    node.args(["--eval", check]).arg(file);
    let printed = Running::start(&mut node).finish(PATIENCE).await.success().stdout;
    assert_eq!(printed.trim(), format!("{} {}", ids.len(), ids.join(" ")));
}

async fn stops_promptly(engine: &Engine, container: &str) {
    let began = Instant::now();
    engine.ask(&["stop", container]).await;
    let took = began.elapsed();
    figure("docker: SIGTERM to the end", format!("{:.1} s", took.as_secs_f64()), "2 s");
    // An engine that had to kill it would report 137.
    assert_eq!(engine.inspect(container).await["State"]["ExitCode"], 0);
}

/// Adds a model to the demo's simulator, as the compose file tells a person to.
fn add_model(port: u16, key: &str) -> String {
    let body = json!({ "add": [key] }).to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "POST /simulator/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A simulator where containers reach the host, and the address that they call it by.
async fn simulator_for(engine: &Engine) -> (Simulator, String) {
    let address: SocketAddr = format!("{}:0", engine.gateway_address().await).parse().unwrap();
    let simulator = Simulator::start(address).await.unwrap();
    let base = format!("http://host.docker.internal:{}/v1", simulator.address().port());
    (simulator, base)
}

#[tokio::test]
async fn it_stops_at_once_also_while_a_server_keeps_it_waiting() {
    let engine = Engine::start().await;
    engine.image().await;
    let world = world();
    let (simulator, base) = simulator_for(&engine).await;
    simulator.world().scenario(Scenario::Hang);
    let options = [
        "--add-host",
        "host.docker.internal:host-gateway",
        "--volume",
        &state_volume(&world),
        "--env",
        &format!("OPENAI_API_BASE={base}"),
        "--env",
        "LMSYNC_TIMEOUT=60s",
    ];
    let lmsync = Container::start(&engine, &options, &[]).await;
    simulator.world().wait_for(|requests| requests.iter().any(|r| r.path == "/v1/models")).await;
    stops_promptly(&engine, &lmsync.name).await;
}

#[tokio::test]
async fn a_server_that_listens_on_the_hosts_loopback_alone_is_told_of() {
    let engine = Engine::start().await;
    engine.image().await;
    let world = world();
    let simulator = Simulator::local().await.unwrap();
    let base = format!("OPENAI_API_BASE=host.docker.internal:{}", simulator.address().port());
    let volume = state_volume(&world);
    let options = ["--add-host", "host.docker.internal:host-gateway", "--volume", &volume, "--env", &base];
    let lmsync = Container::start(&engine, &options, &[]).await;
    let line = engine.logs(&lmsync.name).wait_for_line("does not list its models", PATIENCE).await;
    assert!(line.contains("it must listen on 0.0.0.0"), "{line}");
    engine.run(&["exec", &lmsync.name, "/lmsync", "healthcheck"]).await.success();
}

/// OpenClaw as its users run it, with lmsync's file laid over its own.
fn openclaw<'a>(engine: &'a Engine, world: &World, base: &str) -> Compose<'a> {
    let node = tool("LMSYNC_TEST_NODE");
    let package = tool("LMSYNC_TEST_OPENCLAW_NEW");
    let environment = vec![
        ("LMSYNC_IMAGE", IMAGE.to_owned()),
        ("LMSYNC_INTERVAL", "1s".to_owned()),
        ("OPENAI_API_BASE", base.to_owned()),
        ("OPENCLAW_CONFIG_DIR", world.state().display().to_string()),
        ("OPENCLAW_GATEWAY_TOKEN", TOKEN.to_owned()),
        ("OPENCLAW_IMAGE", STAND_IN.to_owned()),
        ("OPENCLAW_PACKAGE", package.parent().unwrap().display().to_string()),
        ("NODE_FOLDER", node.parent().unwrap().display().to_string()),
    ];
    Compose::new(engine, &["tests/docker/openclaw.yaml", "compose.lmsync.yaml"], environment)
}

const TOKEN: &str = "token-of-a-test-gateway";
const STAND_IN: &str = "openclaw-stand-in:under-test";

/// What the gateway in that container answers to `models.list`, by its own command line: the ids of our provider.
async fn picker(engine: &Engine, gateway: &str) -> Vec<String> {
    ask_picker(engine, gateway).await.expect("the gateway has collected its models")
}

/// The same; nothing while the gateway still collects its models.
async fn ask_picker(engine: &Engine, gateway: &str) -> Option<Vec<String>> {
    let script = tool("LMSYNC_TEST_OPENCLAW_NEW").join("openclaw/openclaw.mjs");
    let script = script.display().to_string();
    let params = json!({ "provider": "lmstudio" }).to_string();
    let mut call = vec!["exec", gateway, "node", &script, "gateway", "call", "models.list", "--json"];
    call.extend(["--token", TOKEN, "--params", &params]);
    let answer = engine.run(&call).await;
    if answer.stdout.contains("not ready") || answer.stderr.contains("not ready") {
        return None;
    }
    let answer: Value = serde_json::from_str(&answer.success().stdout).unwrap();
    let models = answer["models"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let ours = models.iter().filter(|model| model["provider"] == "lmstudio");
    Some(ours.map(|model| model["id"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn laid_over_openclaws_file_it_shows_a_new_model_in_the_real_gateways_picker() {
    let engine = Engine::start().await;
    engine.image().await;
    stand_in(&engine).await;
    let world = world();
    let config = json!({
        "gateway": { "mode": "local", "bind": "lan", "auth": { "mode": "token", "token": TOKEN } },
        "update": { "checkOnStart": false },
        "models": { "catalogRefresh": { "enabled": false } },
    });
    let file = world.state().join("openclaw.json");
    fs::write(&file, config.to_string()).unwrap();
    chown(&file, Some(NODE_USER), Some(NODE_USER)).unwrap();
    // Its first start completes the package, which the container's user may not.
    OpenClaw::newest().cli(&World::new(), &["--version"]).await.success();
    let (simulator, base) = simulator_for(&engine).await;
    simulator.world().set_models(demo_models());

    let stack = openclaw(&engine, &world, &base);
    stack.run(&["config", "--quiet"]).await.success();
    stack.run(&["up", "--detach"]).await.success();
    let (gateway, lmsync) = (stack.container("openclaw-gateway").await, stack.container("lmsync").await);
    let host = &engine.inspect(&lmsync).await["HostConfig"];
    assert_eq!((&host["ReadonlyRootfs"], &host["CapDrop"]), (&json!(true), &json!(["ALL"])), "{host}");
    engine.logs(&gateway).wait_for_line("[gateway] ready", START).await;
    let mut log = engine.logs(&lmsync);
    simulator.world().add(SimModel::chat("qwen/qwen3-4b-2507"));
    log.wait_for_line("qwen/qwen3-4b-2507", PATIENCE).await;
    log.wait_for_line("OpenClaw's picker shows the lmstudio models", PATIENCE).await;
    let shown = picker(&engine, &gateway).await;
    assert!(shown.contains(&"qwen/qwen3-4b-2507".to_owned()), "{shown:?}");
    assert!(shown.contains(&"openai/gpt-oss-20b".to_owned()), "{shown:?}");
    stops_promptly(&engine, &lmsync).await;

    // A container of its own, in which nothing runs that lmsync started before.
    engine.ask(&["start", &lmsync]).await;
    stack.run(&["up", "--detach", "--force-recreate", "openclaw-gateway"]).await.success();
    let gateway = stack.container("openclaw-gateway").await;
    engine.logs(&gateway).wait_for_line("[gateway] ready", START).await;
    let ready = Instant::now();
    simulator.world().add(SimModel::chat("qwen/qwen3-8b-2507"));
    let mut log = engine.logs(&lmsync);
    log.wait_for_line("qwen/qwen3-8b-2507", PATIENCE).await;
    log.wait_for_line("OpenClaw's picker shows the lmstudio models", START).await;
    figure("Docker: the real gateway is recreated, and ready, to its picker", seconds(ready), "30 s");
    let shown = picker(&engine, &gateway).await;
    assert!(shown.contains(&"qwen/qwen3-8b-2507".to_owned()), "{shown:?}");
    let doctor = engine.run(&["exec", &lmsync, "/lmsync", "doctor"]).await;
    assert!(doctor.stdout.contains("and lets lmsync read"), "{}{}", doctor.stdout, doctor.stderr);
}

fn seconds(since: Instant) -> String {
    format!("{:.1} s", since.elapsed().as_secs_f64())
}

/// The order in which an engine starts its containers is left to chance.
const ENGINE_RESTARTS: u32 = 3;

/// How long a change may take to be in models.json once the gateway runs again.
const AGAIN: Duration = Duration::from_secs(30);

/// lmsync beside a gateway that comes and goes.
struct ComingAndGoing<'a> {
    stack: Compose<'a>,
    world: &'a World,
    simulator: &'a Simulator,
    models: Cell<u32>,
}

impl ComingAndGoing<'_> {
    /// After that happened to the gateway: a model that LM Studio gets now is in models.json soon.
    async fn syncs_again(&self, after: &str) {
        let count = self.models.get() + 1;
        self.models.set(count);
        let id = format!("after/{count}");
        self.simulator.world().add(SimModel::chat(&id));
        let began = Instant::now();
        // The file comes with the first pass.
        let is_there = || fs::read_to_string(self.world.models_json()).is_ok_and(|text| text.contains(&id));
        while !is_there() {
            assert!(began.elapsed() < AGAIN, "after {after}");
            sleep(Duration::from_millis(50)).await;
        }
        figure(&format!("Docker, after {after}: a change is in models.json after"), seconds(began), "1 s");
    }

    /// The relay passes connections on to the gateway again, by itself.
    async fn relay_is_back(&self, after: &str) {
        let began = Instant::now();
        while !self.relay_serves().await {
            assert!(began.elapsed() < AGAIN, "after {after}");
            sleep(Duration::from_millis(200)).await;
        }
        figure(&format!("Docker, after {after}: the relay is back after"), seconds(began), "30 s");
    }

    async fn relay_serves(&self) -> bool {
        let ask = "require('net').connect('/run/lmsync/relay.sock').on('error', () => process.exit(1))\
                   .on('data', (answer) => process.exit(String(answer) === 'open\\n' ? 0 : 1)).write('connect 18789\\n')";
        self.stack.run(&["exec", "-T", "openclaw-gateway", "node", "--eval", ask]).await.status.success()
    }
}

#[tokio::test]
async fn whatever_happens_to_the_gateways_container_the_list_is_kept_true() {
    let mut engine = Engine::start().await;
    engine.image().await;
    stand_in(&engine).await;
    let (world, page) = (world(), free_port());
    let (simulator, base) = simulator_for(&engine).await;
    simulator.world().set_models(demo_models());
    let node = tool("LMSYNC_TEST_NODE");
    let environment = vec![
        ("LMSYNC_IMAGE", IMAGE.to_owned()),
        ("LMSYNC_INTERVAL", "1s".to_owned()),
        ("LMSYNC_PAGE_PORT", page.to_string()),
        ("LMSYNC_TIMEOUT", "4s".to_owned()),
        ("OPENAI_API_BASE", base),
        ("OPENCLAW_CONFIG_DIR", world.state().display().to_string()),
        ("OPENCLAW_IMAGE", STAND_IN.to_owned()),
        ("NODE_FOLDER", node.parent().unwrap().display().to_string()),
    ];
    let files = ["tests/docker/coming_and_going.yaml", "compose.lmsync.yaml"];
    let may_restart = engine.is_our_own();
    {
        let stack = Compose::new(&engine, &files, environment.clone());
        let scene = ComingAndGoing { stack, world: &world, simulator: &simulator, models: Cell::new(0) };
        let stack = &scene.stack;
        stack.run(&["up", "--detach"]).await.success();
        scene.syncs_again("`up`").await;
        scene.relay_is_back("`up`").await;
        let shown = get(&format!("http://127.0.0.1:{page}/"), "").await;
        assert!(shown.body.contains("<title>lmsync"), "{}", shown.body);

        let lmsync = stack.container("lmsync").await;
        let set = engine.inspect(&lmsync).await["Config"]["Env"].to_string();
        assert!(set.contains("LMSYNC_TIMEOUT=4s") && !set.contains("LMSYNC_AGENT="), "what is set counts: {set}");

        let gateway = stack.container("openclaw-gateway").await;
        stack.run(&["restart", "--timeout", "1", "openclaw-gateway"]).await.success();
        scene.syncs_again("a restart").await;
        scene.relay_is_back("a restart").await;

        stack.run(&["stop", "--timeout", "1", "openclaw-gateway"]).await.success();
        scene.syncs_again("a stop").await;
        engine.logs(&lmsync).wait_for_line("its container does not run", PATIENCE).await;
        sleep(Duration::from_secs(60)).await;
        stack.run(&["start", "openclaw-gateway"]).await.success();
        scene.syncs_again("a stop of 60 s and a start").await;
        scene.relay_is_back("a stop of 60 s and a start").await;

        let pid = engine.inspect(&gateway).await["State"]["Pid"].as_i64().unwrap();
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
        scene.syncs_again("kill -9").await;
        scene.relay_is_back("kill -9").await;

        fs::write(world.state().join("crashes"), "5").unwrap();
        chown(world.state().join("crashes"), Some(NODE_USER), Some(NODE_USER)).unwrap();
        engine.ask(&["restart", "--time", "1", &gateway]).await;
        scene.syncs_again("the first of five crashes").await;
        scene.relay_is_back("five crashes in a row").await;
        assert_eq!(fs::read_to_string(world.state().join("crashes")).unwrap(), "0");
        scene.syncs_again("five crashes in a row").await;

        stack.run(&["up", "--detach", "--force-recreate", "openclaw-gateway"]).await.success();
        scene.syncs_again("`up -d --force-recreate` of the gateway alone").await;
        scene.relay_is_back("`up -d --force-recreate` of the gateway alone").await;
        scene.stack.leave();
    }
    for restart in 1..=if may_restart { ENGINE_RESTARTS } else { 0 } {
        engine.restart().await;
        let stack = Compose::new(&engine, &files, environment.clone());
        let models = Cell::new(100 * restart);
        let scene = ComingAndGoing { stack, world: &world, simulator: &simulator, models };
        scene.syncs_again("a restart of the engine").await;
        scene.relay_is_back("a restart of the engine").await;
        scene.stack.leave();
    }
    drop(Compose::new(&engine, &files, environment));
}

/// A whole start of the gateway, on a small and busy machine.
const START: Duration = Duration::from_secs(300);

/// An image with nothing in it, for a container that borrows this machine's system.
async fn stand_in(engine: &Engine) {
    let folder = World::new();
    fs::write(folder.home().join("Dockerfile"), "FROM scratch\nUSER 1000:1000\n").unwrap();
    let mut build = engine.docker(&["build", "--tag", STAND_IN, "."]);
    // Without buildx, a newer client builds only so.
    build.env("DOCKER_BUILDKIT", "0").current_dir(folder.home());
    Running::start(&mut build).finish(PATIENCE).await.success();
}
