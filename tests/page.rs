//! The status page in a real browser: what a person sees while the world changes, and whether everybody can use it.
#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use simulator::{Phase, Scenario, SimModel};
use support::daemon::{ANYWHERE, Daemon, REFRESHED};
use support::running::Running;
use support::studio::Studio;
use support::world::World;
use support::{PATIENCE, tool};

/// Where the pictures are left for a person to look at.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/page");

/// Text that would do something if a page took it for markup.
const MARKUP: &str = "evil/<img src=x onerror=window.pwned=1><b>bold</b>";

fn browser(page: &str) -> Running {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/page.mjs");
    fs::create_dir_all(PICTURES).unwrap();
    let mut command = Command::new(tool("LMSYNC_TEST_NODE"));
    command.arg(script).args([page, PICTURES]);
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
    let many = (0..6)
        .map(|number| SimModel::chat(&format!("some-maker/quite-a-long-name-of-a-model-{number}b-instruct")));
    studio.world().set_models(many.chain([
        SimModel::chat("qwen/qwen3-8b").max_context(131_072).loaded(32_768),
        SimModel::chat("openai/gpt-oss-20b").vision(),
        SimModel::chat(MARKUP),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ]));
    let environment = [ANYWHERE, ("LMSYNC_INTERVAL", "1s"), ("LMSYNC_BUSY_SOURCES", "lmstudio")];
    let mut daemon = Daemon::start(&world, &studio, None, &environment);
    let page = daemon.page().await;
    let mut browser = browser(&page);
    says(&mut browser, "loaded").await;

    studio.add("added/while-looking");
    says(&mut browser, "appeared").await;
    studio.world().remove("added/while-looking");
    says(&mut browser, "disappeared").await;
    assert_eq!(says(&mut browser, "in-sync at 390 is ").await, "390 wide");
    let reached = says(&mut browser, "keyboard reaches ").await;
    assert!(
        reached.contains("find") && reached.contains("As a list") && reached.contains("metrics"),
        "{reached}"
    );
    assert_eq!(says(&mut browser, "found ").await, "1");

    studio.world().hold(Some(Phase::Generating));
    let chat = studio.ask("qwen/qwen3-8b").await;
    let paused = says(&mut browser, "paused: ").await;
    assert!(paused.contains("inference runs") && paused.contains("lmstudio"), "{paused}");
    assert_eq!(says(&mut browser, "paused at 390 is ").await, "390 wide");
    says(&mut browser, "axe paused phone").await;

    studio.world().scenario(Scenario::ServerError);
    drop(chat);
    studio.world().hold(None);
    let failing = says(&mut browser, "failing: ").await;
    assert!(failing.contains("does not list its models"), "{failing}");
    assert_eq!(says(&mut browser, "failing at 390 is ").await, "390 wide");
    assert_eq!(says(&mut browser, "markup of servers: ").await, "[0,null]");
    assert_eq!(says(&mut browser, "complaints ").await, "[]");
    assert_eq!(says(&mut browser, "foreign requests ").await, "[]");

    daemon.stop().await;
    says(&mut browser, "lost").await;
    studio.world().scenario(Scenario::Normal);
    studio.add("while/it-was-down");
    let again = page.trim_start_matches("http://").trim_end_matches('/');
    let mut daemon =
        Daemon::start(&world, &studio, None, &[("LMSYNC_LISTEN", again), ("LMSYNC_INTERVAL", "1s")]);
    daemon.wait_for(REFRESHED).await;
    assert_eq!(says(&mut browser, "back after ").await, "1 load");

    let told = browser.finish(PATIENCE).await.success().stdout;
    let looked: Vec<&str> = told.lines().filter(|line| line.starts_with("page: axe")).collect();
    assert!(looked.iter().all(|line| line.ends_with(" rules passed, 0 found")), "{looked:#?}");
    assert_eq!(looked.len(), 9, "light, dark and phone, three times: {looked:#?}");
    daemon.stop().await;
}
