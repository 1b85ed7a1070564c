//! The log for programs: each kind of line has a name, and each field one type.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use simulator::{Phase, Scenario};

use crate::support::daemon::{Daemon, PAUSED, REFRESHED, RESUMED};
use crate::support::schema::{assert_is, read_schema};
use crate::support::studio::Studio;
use crate::support::world::World;

/// All sources of a folder, with those below it.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn each_kind_of_line_has_a_name_that_the_schema_lists() {
    let mut files = Vec::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for entry in fs::read_dir(&crates).unwrap() {
        sources(&entry.unwrap().path().join("src"), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let calls = ["info!(", "warn!(", "error!("].into_iter().flat_map(|call| text.split(call).skip(1));
        for call in calls {
            let named = call.trim_start().strip_prefix("name: \"").and_then(|call| call.split_once('"'));
            let (name, _) = named.unwrap_or_else(|| panic!("{}: a line without a name: {call:.80}", file.display()));
            names.insert(name.to_owned());
        }
    }
    let listed = read_schema("log")["properties"]["event"]["enum"].clone();
    assert_eq!(json!(names), listed);
}

#[tokio::test]
async fn in_a_line_for_programs_counts_are_numbers_and_lists_are_arrays() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    let environment = [("LMSYNC_INTERVAL", "100ms"), ("LMSYNC_BUSY_SOURCES", "lmstudio")];
    let mut daemon = Daemon::start(&world, &studio, None, &environment);
    let first = daemon.wait_for(REFRESHED).await;
    assert_eq!((&first["event"], &first["models"]), (&json!("models_refreshed"), &json!(2)), "{first}");
    assert_eq!((&first["added"], &first["added_count"]), (&json!(["a", "b"]), &json!(2)), "{first}");
    assert_eq!((&first["removed"], &first["removed_count"]), (&json!([]), &json!(0)), "{first}");
    studio.world().hold(Some(Phase::Generating));
    let chat = studio.ask("a").await;
    daemon.wait_for(PAUSED).await;
    drop(chat);
    studio.world().hold(None);
    assert!(daemon.wait_for(RESUMED).await["paused_seconds"].is_f64());
    studio.world().remove("b");
    assert_eq!(daemon.wait_for("missing from its list").await["held"], json!(["b"]));
    studio.world().scenario(Scenario::EmptyList);
    assert_eq!(daemon.wait_for("lists no model").await["held_count"], 1);
    let transcript = daemon.transcript();
    daemon.stop().await;
    for line in transcript.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_is(&line, "log");
    }
}

#[test]
fn the_line_in_the_document_is_as_the_schema_says() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/LOG.md");
    let document = fs::read_to_string(document).unwrap();
    let line = document.lines().find(|line| line.starts_with('{')).unwrap();
    assert_is(&serde_json::from_str(line).unwrap(), "log");
}
