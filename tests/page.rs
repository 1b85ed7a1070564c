//! The status page in a real browser: what a person sees while the world changes, and whether everybody can use it.

#[allow(dead_code, reason = "it belongs to the adapter's tests, which use all of it")]
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::daemon::{ANYWHERE, Daemon, REFRESHED};
use crate::support::fake::{FakeGateway, Scenario as Kind, TOKEN};
use crate::support::lmsync::lmsync;
use crate::support::running::Running;
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{PATIENCE, figure, tool};
use serde_json::Value;
use simulator::{Phase, Scenario, SimModel};

/// Where the pictures are left for a person to look at.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/page");

/// Text that would do something if a page took it for markup.
const MARKUP: &str = "evil/<img src=x onerror=window.pwned=1><b>bold</b>";

/// Opens a page, and looks at these states of it, one after the other: each a headline and its tone.
fn browser(page: &str, tour: &[&str]) -> Running {
    browser_in(PICTURES, page, tour)
}

/// The same, with a folder for the pictures. A state that has a name as its third part is taken in each form.
pub(crate) fn browser_in(folder: &str, page: &str, tour: &[&str]) -> Running {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/page.mjs");
    fs::create_dir_all(folder).unwrap();
    let mut command = Command::new(tool("LMSYNC_TEST_NODE"));
    command.arg(script).args([page, folder]).args(tour);
    Running::start(&mut command)
}

/// Waits for a line of the browser's with this beginning, and gives the rest.
async fn says(browser: &mut Running, what: &str) -> String {
    let what = format!("page: {what}");
    let line = browser.wait_for_line(&what, PATIENCE).await;
    line.split_once(&what).unwrap().1.to_owned()
}

#[tokio::test]
async fn a_person_sees_every_change_as_it_happens() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    let many =
        (0..6).map(|number| SimModel::chat(&format!("some-maker/quite-a-long-name-of-a-model-{number}b-instruct")));
    studio.world().set_models(many.chain([
        SimModel::chat("qwen/qwen3-8b").max_context(131_072).loaded(32_768),
        SimModel::chat("openai/gpt-oss-20b").vision(),
        SimModel::chat(MARKUP),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ]));
    let rules = world.home().join("lmsync.toml");
    fs::write(&rules, "").unwrap();
    let environment = [
        ANYWHERE,
        ("LMSYNC_INTERVAL", "1s"),
        ("LMSYNC_BUSY_SOURCES", "lmstudio"),
        ("LMSYNC_CONFIG", rules.to_str().unwrap()),
    ];
    let mut daemon = Daemon::start(&world, &studio, None, &environment);
    let page = daemon.page().await;
    let mut browser = browser(&page, &[]);
    says(&mut browser, "loaded").await;

    studio.add("added/while-looking");
    says(&mut browser, "appeared").await;
    studio.world().remove("added/while-looking");
    says(&mut browser, "disappeared").await;
    fs::write(&rules, "[[override]]\nmatch = \"qwen/*\"\ncontext_window = 64000\n").unwrap();
    assert_eq!(says(&mut browser, "changed: ").await, "~changed qwen/qwen3-8bcontext 131k → 64k");
    assert_eq!(says(&mut browser, "no-openclaw at 390 is ").await, "390 wide");
    let reached = says(&mut browser, "keyboard reaches ").await;
    assert!(reached.contains("find") && reached.contains("As a list") && reached.contains("metrics"), "{reached}");
    assert_eq!(says(&mut browser, "found ").await, "1");
    assert_eq!(says(&mut browser, "found in any order ").await, "1, ?q=20B+openai");
    assert_eq!(says(&mut browser, "found again after a reload ").await, "1");
    let lines = says(&mut browser, "opened: ").await;
    assert_eq!(lines, "/model lmstudio/openai/gpt-oss-20b,lmsync explain openai/gpt-oss-20b");
    assert_eq!(says(&mut browser, "copied ").await, "/model lmstudio/openai/gpt-oss-20b");
    assert_eq!(says(&mut browser, "left out ").await, "1");
    assert_eq!(says(&mut browser, "hovered ").await, "32,768 of 64,000 tokens");
    let explained = says(&mut browser, "explained: ").await;
    let mut explain = lmsync(&world, &studio.base());
    explain.env("LMSYNC_CONFIG", &rules).args(["explain", "qwen/qwen3-8b", "--json"]);
    let told: Value =
        serde_json::from_str(&Running::start(&mut explain).finish(PATIENCE).await.success().stdout).unwrap();
    let fields = told["in"][0]["fields"].as_object().unwrap();
    for (field, said) in fields {
        let why = said["why"].as_str().unwrap().replace('`', "");
        assert!(explained.contains(&why), "{field}: {why}: {explained}");
    }
    assert_eq!(says(&mut browser, "opened at 390 is ").await, "390 wide");
    let server = says(&mut browser, "server: ").await;
    assert!(server.starts_with("Answers for ") && server.ends_with('.'), "{server}");
    // From within a container, a browser finds the server elsewhere.
    let list_page = format!("{}/models", studio.base());
    let reachable = if adapters_fs::container().is_some() { "" } else { &*list_page };
    assert_eq!(says(&mut browser, "list page: ").await, reachable);
    assert!(says(&mut browser, "what it means: ").await.ends_with("/docs/STATES.md#no-openclaw"));

    studio.world().hold(Some(Phase::Generating));
    let chat = studio.ask("qwen/qwen3-8b").await;
    let paused = says(&mut browser, "paused: ").await;
    assert!(paused.contains("Nothing is lost") && paused.contains("lmstudio"), "{paused}");
    assert_eq!(says(&mut browser, "paused at 390 is ").await, "390 wide");
    says(&mut browser, "axe paused phone").await;

    studio.world().scenario(Scenario::ServerError);
    drop(chat);
    studio.world().hold(None);
    let failing = says(&mut browser, "failing: ").await;
    assert!(says(&mut browser, "last answered: ").await.contains("; last answered "), "when it last did");
    assert!(failing.contains("does not list its models"), "{failing}");
    assert_eq!(says(&mut browser, "failing at 390 is ").await, "390 wide");
    assert_eq!(says(&mut browser, "markup of servers: ").await, "[0,null]");
    assert_eq!(says(&mut browser, "complaints ").await, "[]");
    assert_eq!(says(&mut browser, "foreign requests ").await, "[]");

    daemon.stop().await;
    assert_eq!(says(&mut browser, "lost: ").await, "lost, \"\"", "dimmed, and without a next pass");
    says(&mut browser, "seen lost").await;
    studio.world().scenario(Scenario::Normal);
    studio.add("while/it-was-down");
    let again = page.trim_start_matches("http://").trim_end_matches('/');
    let mut daemon = Daemon::start(&world, &studio, None, &[("LMSYNC_LISTEN", again), ("LMSYNC_INTERVAL", "1s")]);
    daemon.wait_for(REFRESHED).await;
    assert_eq!(says(&mut browser, "back after ").await, "1 load");

    let told = browser.finish(PATIENCE).await.success().stdout;
    let looked: Vec<&str> = told.lines().filter(|line| line.starts_with("page: axe")).collect();
    assert!(looked.iter().all(|line| line.ends_with(" rules passed, 0 found")), "{looked:#?}");
    assert_eq!(looked.len(), 13, "light, dark and phone, four times, and an opened row: {looked:#?}");
    daemon.stop().await;
}

/// A daemon beside a gateway of that kind, and its page.
async fn beside(gateway: &FakeGateway, studio: &Studio) -> (World, Daemon, String) {
    beside_with(gateway, studio, "").await
}

/// The same, with this `lmsync.toml`.
async fn beside_with(gateway: &FakeGateway, studio: &Studio, toml: &str) -> (World, Daemon, String) {
    let world = World::new();
    let config = world.home().join("lmsync.toml");
    fs::write(&config, toml).unwrap();
    let config = config.to_str().unwrap().to_owned();
    fs::create_dir_all(world.state()).unwrap();
    fs::write(world.state().join("openclaw.json"), "{}").unwrap();
    let environment = [
        ANYWHERE,
        ("LMSYNC_INTERVAL", "500ms"),
        ("LMSYNC_EMPTY_AFTER", "20s"),
        ("LMSYNC_OPENCLAW_CONFIG", "off"),
        ("OPENCLAW_GATEWAY_TOKEN", TOKEN),
        ("LMSYNC_CONFIG", &config),
    ];
    let mut daemon = Daemon::start(&world, studio, gateway.url().port_u16(), &environment);
    let page = daemon.page().await;
    (world, daemon, page)
}

/// What the page says in a state: the countdown, the sentence, what to do, and the window's title.
pub(crate) async fn told(browser: &mut Running, title: &str) -> [String; 4] {
    serde_json::from_str(&says(browser, &format!("state {title}: ")).await).unwrap()
}

#[tokio::test]
async fn each_state_has_its_headline_its_colour_and_what_to_do() {
    let (studio, gateway) = (Studio::start(&["a", "b"]).await, FakeGateway::start(Kind::Late).await);
    let shows = |ids: &[&str]| gateway.world().models = ids.iter().map(|&id| id.to_owned()).collect();
    shows(&["a", "b"]);
    let (_world, daemon, page) = beside(&gateway, &studio).await;
    let tour = [
        "In sync|good",
        "Paused|calm",
        "OpenClaw still lists 1 removed model|wait",
        "Removing 1 model|wait",
        "No models served|wait",
        "Listed without a key|bad",
        "OpenClaw lacks 1 model|bad",
        "Server is down|bad",
        "Waiting for OpenClaw|idle",
    ];
    let mut browser = browser(&page, &tour);
    let [due, sentence, advice, title] = told(&mut browser, "In sync").await;
    assert_eq!((&*due, &*advice, &*title), ("", "", "In sync · lmsync"));
    assert_eq!(sentence, "OpenClaw shows all 2 models that are served.");

    gateway.world().running = 1;
    let [_, sentence, ..] = told(&mut browser, "Paused").await;
    assert!(sentence.contains("Nothing is lost"), "{sentence}");

    gateway.world().odd_view = Some(("configured", vec!["a".into(), "b".into()]));
    shows(&["a"]);
    studio.world().remove("b");
    gateway.world().running = 0;
    let [_, sentence, advice, title] = told(&mut browser, "OpenClaw still lists 1 removed model").await;
    assert!(sentence.ends_with("that was removed: b."), "{sentence}");
    assert!(advice.ends_with("openclaw gateway restart") && title.starts_with("(!) "), "{advice} {title}");

    gateway.world().odd_view = None;
    studio.world().scenario(Scenario::EmptyList);
    let [due, sentence, advice, _] = told(&mut browser, "Removing 1 model").await;
    assert!(due.starts_with("in ") && due.ends_with(" s"), "{due}");
    assert!(advice.ends_with("LMSYNC_EMPTY_AFTER=20s"), "the value in force: {advice}");
    assert!(sentence.starts_with("lmstudio lists no models. 1 model is removed"), "{sentence}");

    shows(&[]);
    assert_eq!(told(&mut browser, "No models served").await[1], "lmstudio lists no models.");

    gateway.world().without_credential = true;
    shows(&["a"]);
    studio.world().scenario(Scenario::Normal);
    let [_, _, advice, _] = told(&mut browser, "Listed without a key").await;
    assert!(advice.contains("LM_API_TOKEN=lm-studio"), "{advice}");

    gateway.world().without_credential = false;
    shows(&["c"]);
    studio.add("c");
    told(&mut browser, "OpenClaw lacks 1 model").await;

    studio.world().scenario(Scenario::ServerError);
    let [_, sentence, ..] = told(&mut browser, "Server is down").await;
    assert!(sentence.ends_with("OpenClaw keeps the models that it has."), "{sentence}");

    studio.world().scenario(Scenario::Normal);
    drop(gateway);
    let [_, sentence, ..] = told(&mut browser, "Waiting for OpenClaw").await;
    assert!(sentence.starts_with("2 models are written."), "{sentence}");

    finished_without_complaints(browser).await;
    daemon.stop().await;
}

#[tokio::test]
async fn a_gateway_that_refuses_the_token_is_amber() {
    let (studio, gateway) = (Studio::start(&["a"]).await, FakeGateway::start(Kind::RefusesToken).await);
    let (_world, daemon, page) = beside(&gateway, &studio).await;
    let mut browser = browser(&page, &["Cannot check OpenClaw|wait"]);
    let [_, sentence, advice, _] = told(&mut browser, "Cannot check OpenClaw").await;
    assert!(sentence.contains("refuses the token") && advice.contains("OPENCLAW_GATEWAY_TOKEN"), "{sentence} {advice}");
    finished_without_complaints(browser).await;
    daemon.stop().await;
}

#[tokio::test]
async fn three_servers_are_a_row_each_and_a_thousand_models_are_searched_at_once() {
    let (studio, other) = (Studio::start(&[]).await, Studio::start(&["b"]).await);
    studio.world().set_models((0..1000).map(|number| SimModel::chat(&format!("maker/model-{number}"))));
    let down = Studio::start(&["c"]).await;
    down.world().scenario(Scenario::ServerError);
    let gateway = FakeGateway::start(Kind::Late).await;
    gateway.world().models = (0..1000).map(|number| format!("maker/model-{number}")).collect();
    let servers = [("attic", &other), ("cellar", &down)]
        .map(|(name, studio)| format!("[[server]]\nprovider = \"{name}\"\nbase_url = \"{}\"\n", studio.base()));
    let (_world, daemon, page) = beside_with(&gateway, &studio, &servers.concat()).await;
    let mut browser = browser(&page, &["1 of 3 servers is down|wait"]);
    told(&mut browser, "1 of 3 servers is down").await;
    let took = says(&mut browser, "a search takes ").await;
    figure("page: a search in a thousand models", took, "< 100 ms");
    let rows = says(&mut browser, "rows ").await;
    assert!(rows.starts_with("50, then 250, servers open ") && rows.ends_with(" of 3"), "{rows}");
    finished_without_complaints(browser).await;
    daemon.stop().await;
}

/// The browser met no error of the page, and axe found nothing in any state.
pub(crate) async fn finished_without_complaints(browser: Running) {
    let said = browser.finish(PATIENCE).await.success().stdout;
    assert!(said.contains("page: complaints []"), "{said}");
    let looked: Vec<&str> = said.lines().filter(|line| line.starts_with("page: axe")).collect();
    assert!(looked.iter().all(|line| line.ends_with(" rules passed, 0 found")), "{looked:#?}");
    let wide: Vec<&str> = said.lines().filter(|line| line.starts_with("page: wide")).collect();
    assert!(!wide.is_empty() && wide.iter().all(|line| line.ends_with(": 390")), "{wide:#?}");
}
