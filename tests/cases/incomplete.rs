//! Lists that are not understood as a whole: what they name is there, and nothing of what they do not name is gone.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::daemon::Daemon;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::schema::assert_is;
use crate::support::studio::Studio;
use crate::support::world::World;

const WITHOUT_ID: &str = include_str!("54-entries-without-id.json");
const NULL: &str = include_str!("06-ollama-empty-data-null.json");

/// More listings, at this interval, than confirm a removal, and all of them.
const ENOUGH: usize = 40;
const FAST: [(&str, &str); 2] = [("LMSYNC_INTERVAL", "100ms"), ("LMSYNC_EMPTY_AFTER", "2s")];

/// The list of these models, which holds these entries too and ends so.
fn list(ids: &[&str], others: &[&str], rest: &str) -> String {
    let ids = ids.iter().map(|id| json!({ "id": id, "object": "model" }).to_string());
    let entries: Vec<String> = ids.chain(others.iter().map(|&other| other.to_owned())).collect();
    format!(r#"{{"object":"list","data":[{}]{rest}}}"#, entries.join(","))
}

/// Has the server answer with this.
pub(crate) fn answer(studio: &Studio, body: impl Into<String>) {
    studio.world().answer("/v1/models", 200, body);
}

/// Waits until the server was asked often enough to have every removal confirmed.
async fn confirmed(studio: &Studio) {
    let before = studio.listings(SystemTime::UNIX_EPOCH).len();
    studio.first_listings(before + ENOUGH).await;
}

/// Runs a command to its end.
pub(crate) async fn run(world: &World, studio: &Studio, arguments: &[&str]) -> Finished {
    Running::start(lmsync(world, &studio.base()).args(arguments)).finish(PATIENCE).await
}

#[tokio::test]
async fn an_incomplete_list_adds_and_removes_nothing_and_everything_says_why() {
    const WHY: &str = r#"1 entry of its list has no usable id: it has "name", "model" instead"#;
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    answer(&studio, list(&["a", "b", "c"], &[], ""));
    let mut daemon = Daemon::start(&world, &studio, None, &[FAST[0], FAST[1], ("LMSYNC_LISTEN", "127.0.0.1:0")]);
    let page = daemon.page().await;
    daemon.wait_for_change("added", "c").await;

    answer(&studio, list(&["a", "d"], &[r#"{"name":"b","model":"b"}"#], ""));
    let warning = daemon.wait_for("was not understood as a whole").await;
    assert_eq!(warning["why"], WHY, "{warning}");
    daemon.wait_for_change("added", "d").await;
    confirmed(&studio).await;
    assert_eq!(world.ids(), ["a", "b", "c", "d"]);
    let told = daemon.warnings().iter().filter(|line| line.contains("understood as a whole")).count();
    assert_eq!(told, 1, "once for all passes: {:#?}", daemon.warnings());

    let status: Value = serde_json::from_str(&crate::support::http::get(&page, "api/status").await.body).unwrap();
    assert_is(&status, "status");
    assert_eq!(status["servers"][0]["incomplete"], WHY, "{status:#}");
    let summary = format!("lmstudio's listing is incomplete: {WHY}. Nothing is removed because of it.");
    assert_eq!((&status["state"], &status["summary"]), (&json!("incomplete-listing"), &json!(summary)));

    let told = run(&world, &studio, &["sync"]).await.success().stdout;
    assert!(told.contains(&format!("nothing is removed: {WHY}")), "{told}");
    let told = run(&world, &studio, &["sync", "--json"]).await.success().stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_is(&told, "sync");
    let held = ["b", "c"].map(|id| json!({ "id": id, "reason": "list-incomplete" }));
    let server = &told["servers"][0];
    assert_eq!((&server["incomplete"], &server["held"]), (&json!(WHY), &json!(held)), "{told:#}");
    let told = run(&world, &studio, &["explain", "b"]).await.success().stdout;
    assert!(told.contains("missing from a list that was not understood as a whole"), "{told}");

    // A list that is understood decides again, after its own confirmation.
    answer(&studio, list(&["a", "d"], &[], ""));
    daemon.wait_for("is understood as a whole again").await;
    daemon.wait_for_change("removed", "b").await;
    assert_eq!(world.ids(), ["a", "d"]);
    daemon.stop().await;
}

#[tokio::test]
async fn entries_without_an_id_are_no_empty_list() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    answer(&studio, list(&["llama3.2:3b"], &[], ""));
    let mut daemon = Daemon::start(&world, &studio, None, &FAST);
    daemon.wait_for_change("added", "llama3.2:3b").await;
    answer(&studio, WITHOUT_ID);
    let warning = daemon.wait_for("does not list its models; what is known stays").await;
    let error = warning["error"].as_str().unwrap();
    assert!(
        error.ends_with(r#"none of its 2 entries has a usable "id": the first has "name", "model" instead"#),
        "{error}"
    );
    confirmed(&studio).await;
    assert_eq!(world.ids(), ["llama3.2:3b"]);
    daemon.stop().await;
}

#[tokio::test]
async fn a_further_page_that_cannot_be_had_removes_nothing() {
    for (rest, why) in [
        // The simulator answers every page with this one.
        (r#","has_more":true,"last_id":"a""#, "repeats what it has listed before"),
        (r#","next_page_token":"x""#, "does not say, in a way that lmsync knows, where that begins"),
    ] {
        let (world, studio) = (World::new(), Studio::start(&[]).await);
        answer(&studio, list(&["a", "b"], &[], ""));
        let mut daemon = Daemon::start(&world, &studio, None, &FAST);
        daemon.wait_for_change("added", "b").await;
        answer(&studio, list(&["a"], &[], rest));
        let warning = daemon.wait_for("was not understood as a whole").await;
        assert!(warning["why"].as_str().unwrap().contains(why), "{warning}");
        confirmed(&studio).await;
        assert_eq!(world.ids(), ["a", "b"]);
        daemon.stop().await;
    }
}

#[tokio::test]
async fn ollamas_null_is_an_empty_list_and_confirmed_as_one() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    answer(&studio, list(&["qwen3:8b"], &[], ""));
    let mut daemon = Daemon::start(&world, &studio, None, &FAST);
    daemon.wait_for_change("added", "qwen3:8b").await;
    answer(&studio, NULL);
    daemon.wait_for("lists no model; what is known stays for now").await;
    assert_eq!(world.ids(), ["qwen3:8b"]);
    daemon.wait_for_change("removed", "qwen3:8b").await;
    assert_eq!(world.ids(), Vec::<String>::new());
    daemon.stop().await;
}

#[tokio::test]
async fn a_pattern_is_not_offered_and_explain_says_so() {
    let (world, studio) = (World::new(), Studio::start(&[]).await);
    answer(&studio, include_str!("08-litellm-limits-and-wildcards.json"));
    let told = run(&world, &studio, &["sync"]).await.success().stdout;
    assert!(told.contains("lists 5 models, 2 left out"), "{told}");
    assert_eq!(world.ids(), ["local-qwen3", "claude-opus-4.6-1m", "text-embedding-3-small"]);
    for pattern in ["*", "openai/*"] {
        let told = run(&world, &studio, &["explain", pattern]).await.success().stdout;
        assert!(told.contains("offered   no: its id is a pattern for the ids of other models"), "{told}");
    }
}
