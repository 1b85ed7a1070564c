//! What nobody's real gateway is needed for: broken gateways, LM Studio as an activity source, and the command after
//! a change.

#[allow(dead_code, reason = "it belongs to the adapter's tests, which use all of it")]
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, SystemTime};

use crate::support::daemon::{ANSWERS, Daemon, PAUSED};
use crate::support::fake::{FakeGateway, Scenario, TOKEN};
use crate::support::figure;
use crate::support::scenarios::seconds;
use crate::support::schema::assert_is;
use crate::support::studio::{Studio, calls};
use crate::support::world::World;
use serde_json::{Value, json};
use simulator::Phase;
use tokio::task::JoinSet;

/// How long the gateway may hold up a pass.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(3);

const INTERVAL: Duration = Duration::from_millis(400);

#[tokio::test]
async fn a_broken_gateway_delays_no_pass_by_more_than_its_timeout_and_is_told_of_once() {
    let mut daemons = JoinSet::new();
    for scenario in [
        Scenario::Hangs,
        Scenario::HangsAfterHello,
        Scenario::Closes,
        Scenario::Garbage,
        Scenario::OtherShapes,
        Scenario::WebPage,
        Scenario::RefusesToken,
    ] {
        daemons.spawn(async move {
            let (longest, warnings) = beside(scenario).await;
            assert!((1..=2).contains(&warnings.len()), "{scenario:?}: {warnings:#?}");
            (scenario, longest)
        });
    }
    while let Some(daemon) = daemons.join_next().await {
        let (scenario, longest) = daemon.unwrap();
        figure(&format!("gateway {scenario:?}: longest between two listings"), seconds(longest), "2.4 s");
    }
}

#[tokio::test]
async fn frames_of_twenty_mebibytes_delay_no_pass() {
    let (longest, warnings) = beside(Scenario::HugeEvents).await;
    assert_eq!(warnings, Vec::<String>::new());
    figure("gateway HugeEvents: longest between two listings", seconds(longest), "2.4 s");
}

/// Runs lmsync beside a gateway like this for some passes: the longest time from one to the next, and its warnings.
async fn beside(scenario: Scenario) -> (Duration, Vec<String>) {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a"]).await);
    let fake = FakeGateway::start(scenario).await;
    fake.world().models.push("a".to_owned());
    let port = fake.url().port_u16().unwrap();
    let daemon = start(&world, &studio, Some(port), &[("OPENCLAW_GATEWAY_TOKEN", TOKEN)]);
    let longest = longest_gap(&studio, 16).await;
    assert!(longest < TIMEOUT + INTERVAL + SLACK, "{scenario:?}: {longest:?}");
    assert!(fake.log().connections > 0, "{scenario:?}");
    let warnings = daemon.warnings();
    let sentences: BTreeSet<_> = warnings.iter().map(|line| line.split(':').next()).collect();
    assert_eq!(sentences.len(), warnings.len(), "{scenario:?}: each once: {warnings:#?}");
    let finished = daemon.stop().await;
    assert!(!finished.stderr.contains(TOKEN), "{scenario:?}: {}", finished.stderr);
    (longest, warnings)
}

#[tokio::test]
async fn a_generation_by_another_client_of_lm_studio_pauses_syncing() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a"]).await);
    let mut daemon = start(&world, &studio, None, &[]);
    daemon.wait_for(ANSWERS).await;
    studio.world().hold(Some(Phase::Generating));
    let _client = studio.ask("a").await;
    let pause = daemon.wait_for(PAUSED).await;
    assert_eq!(pause["source"], "lmstudio", "{pause}");
    let paused = SystemTime::now();
    studio.add("b");

    const LOOK: &str = "getInstanceProcessingState";
    let looks = calls(&studio.world().requests(), LOOK);
    studio.wait("a look", |requests| calls(requests, LOOK) >= looks + 5).await;
    assert_eq!(studio.listings(paused), Vec::<SystemTime>::new(), "nobody lists while another client is answered");

    studio.world().hold(None);
    let ended = studio.idle().await;
    daemon.wait_for_change("added", "b").await;
    figure("another client's generation: its end to the change written", seconds(ended.elapsed().unwrap()), "1.5 s");
    assert_eq!(daemon.warnings(), Vec::<String>::new());
    daemon.stop().await;
}

#[tokio::test]
async fn a_server_without_the_processing_state_costs_one_warning_and_no_delay() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a"]).await);
    studio.world().version(0, 3, 20);
    studio.world().load("a", 4_096).unwrap();
    let daemon = start(&world, &studio, None, &[]);
    let longest = longest_gap(&studio, 16).await;
    figure("LM Studio 0.3.20: longest between two listings", seconds(longest), "0.4 s");
    assert!(longest < INTERVAL + SLACK, "{longest:?}");
    let warnings = daemon.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].contains("cannot say whether"), "{warnings:#?}");
    daemon.stop().await;
}

#[tokio::test]
async fn a_server_whose_websockets_hang_delays_no_pass_by_more_than_its_timeout() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a"]).await);
    studio.world().hang_sockets(true);
    let daemon = start(&world, &studio, None, &[]);
    let longest = longest_gap(&studio, 16).await;
    figure("LM Studio whose WebSockets hang: longest between two listings", seconds(longest), "2.4 s");
    assert!(longest < TIMEOUT + INTERVAL + SLACK, "{longest:?}");
    assert_eq!(daemon.warnings().len(), 1, "{:#?}", daemon.warnings());
    daemon.stop().await;
}

#[tokio::test]
async fn a_command_runs_after_each_change_and_reads_what_changed() {
    const DONE: &str = "the command LMSYNC_ON_CHANGE is done";
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a"]).await);
    let file = world.home().join("change.json");
    let command = format!("tee {}", file.display());
    let mut daemon = start(&world, &studio, None, &[("LMSYNC_ON_CHANGE", &command)]);
    let change = || -> Value { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    daemon.wait_for(DONE).await;
    assert_eq!((&change()["added"], &change()["removed"]), (&json!(["a"]), &json!([])));
    assert_is(&change(), "on-change");
    studio.add("b");
    daemon.wait_for(DONE).await;
    assert_eq!((&change()["added"], &change()["removed"]), (&json!(["b"]), &json!([])));
    studio.world().remove("a");
    daemon.wait_for(DONE).await;
    assert_eq!((&change()["added"], &change()["removed"]), (&json!([]), &json!(["a"])));
    assert_eq!(daemon.warnings(), Vec::<String>::new());
    daemon.stop().await;
}

#[tokio::test]
async fn a_command_that_fails_is_a_warning_and_no_more() {
    let (world, studio) = (World::with_openclaw(), Studio::start(&["a"]).await);
    let mut daemon = start(&world, &studio, None, &[("LMSYNC_ON_CHANGE", "false")]);
    let line = daemon.wait_for("the command LMSYNC_ON_CHANGE has failed").await;
    assert_eq!(line["level"], "WARN", "{line}");
    studio.add("b");
    daemon.wait_for_change("added", "b").await;
    assert_eq!(world.ids(), ["a", "b"]);
    daemon.stop().await;
}

fn start(world: &World, studio: &Studio, gateway: Option<u16>, environment: &[(&str, &str)]) -> Daemon {
    let interval = format!("{}ms", INTERVAL.as_millis());
    let mut all = vec![("LMSYNC_INTERVAL", interval.as_str())];
    all.extend(environment);
    Daemon::start(world, studio, gateway, &all)
}

/// Waits for so many listings; the longest time between two, or before the first.
async fn longest_gap(studio: &Studio, count: usize) -> Duration {
    let mut times = vec![SystemTime::now()];
    times.extend(studio.first_listings(count).await);
    times.windows(2).map(|pair| pair[1].duration_since(pair[0]).unwrap_or_default()).max().unwrap()
}
