//! Which folder and which agents lmsync writes to, found as OpenClaw finds them, and what it leaves there.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::PATIENCE;
use crate::support::daemon::{PICKER_SHOWS, REFRESHED};
use crate::support::fake::{FakeGateway, Scenario, TOKEN};
use crate::support::http::get;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::studio::Studio;
use crate::support::world::World;
use rustix::process::Signal;
use serde_json::{Value, json};

/// A command in a home where nobody names a state folder.
fn at_home(world: &World, studio: &Studio, arguments: &[&str]) -> Command {
    let mut command = lmsync(world, &studio.base());
    command.args(arguments).env_remove("OPENCLAW_STATE_DIR").env("OPENCLAW_GATEWAY_PORT", "9");
    command.env("LMSYNC_INTERVAL", "200ms").env("TMPDIR", world.home());
    command
}

async fn run(world: &World, studio: &Studio, arguments: &[&str]) -> Finished {
    Running::start(&mut at_home(world, studio, arguments)).finish(PATIENCE).await
}

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The names below the home folder, but for what the demo leaves.
fn entries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("lmsync-demo-")).collect();
    names.sort();
    names
}

fn models_json(state: &Path, agent: &str) -> PathBuf {
    state.join("agents").join(agent).join("agent/models.json")
}

#[tokio::test]
async fn an_earlier_state_folder_is_used_and_never_hidden() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let earlier = world.home().join(".clawdbot");
    write(earlier.join("clawdbot.json"), "{}");
    for arguments in [&["sync", "--dry-run"][..], &["sync"], &["models"], &["demo", "--for", "1s"]] {
        run(&world, &studio, arguments).await.success();
        assert_eq!(entries(world.home()), [".clawdbot"], "{arguments:?}");
    }
    assert!(models_json(&earlier, "main").exists());
    for arguments in [&["doctor"][..], &["status"]] {
        run(&world, &studio, arguments).await;
        assert_eq!(entries(world.home()), [".clawdbot"], "{arguments:?}");
    }
    let mut daemon = Running::start(&mut at_home(&world, &studio, &["run"]));
    daemon.wait_for_line("lmstudio answers", PATIENCE).await;
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
    run(&world, &studio, &["remove"]).await.success();
    assert_eq!(entries(world.home()), [".clawdbot"]);
    assert_eq!(entries(&earlier), ["clawdbot.json"], "what lmsync made is gone");
}

#[tokio::test]
async fn a_daemon_follows_openclaw_which_moves_an_earlier_state_folder() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let earlier = world.home().join(".clawdbot");
    write(earlier.join("clawdbot.json"), "{}");
    let mut daemon = Running::start(&mut at_home(&world, &studio, &["run"]));
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    // As `autoMigrateLegacyStateDir` does it.
    fs::rename(&earlier, world.state()).unwrap();
    symlink(world.state(), &earlier).unwrap();
    daemon.wait_for_line("OpenClaw uses another state folder now", PATIENCE).await;
    studio.add("b");
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    assert_eq!(world.ids(), ["a", "b"]);
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
    run(&world, &studio, &["remove"]).await.success();
    assert_eq!(entries(&world.state()), ["clawdbot.json"]);
}

/// Where a person installs lmsync first and sets OpenClaw up later, or has OpenClaw make another token.
#[tokio::test]
async fn a_daemon_follows_the_port_and_token_that_openclaw_is_given_later() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let gateway = FakeGateway::start(Scenario::Late).await;
    gateway.world().models = vec!["a".to_owned()];
    let openclaw_json = |port: u16, token: &str| {
        let auth = json!({ "mode": "token", "token": token });
        json!({ "gateway": { "port": port, "auth": auth } }).to_string()
    };
    // No program listens on the port of discard.
    write(world.state().join("openclaw.json"), &openclaw_json(9, "an earlier token"));
    let mut command = at_home(&world, &studio, &["run"]);
    let page = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    command.env_remove("OPENCLAW_GATEWAY_PORT").env("LMSYNC_LISTEN", &page);
    let mut daemon = Running::start(&mut command);
    daemon.wait_for_line("picker_unreachable", PATIENCE).await;
    let port = gateway.url().port_u16().unwrap();
    write(world.state().join("openclaw.json"), &openclaw_json(port, TOKEN));
    daemon.wait_for_line("gateway_login_changed", PATIENCE).await;
    daemon.wait_for_line(PICKER_SHOWS, PATIENCE).await;
    let shown = get(&format!("http://{page}/"), "api/status").await.body;
    assert!(shown.contains("\"state\":"), "the page is there again: {shown}");
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
}

/// Where neither the file nor the note of its folders can be written, one line says so, and not one more each pass.
#[tokio::test]
async fn what_cannot_be_written_is_said_once() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    for folder in ["agents", "lmsync"] {
        write(world.state().join(folder), "a file in the folder's place");
    }
    let mut command = at_home(&world, &studio, &["run"]);
    let mut daemon = Running::start(command.env("LMSYNC_INTERVAL", "50ms"));
    daemon.wait_for_line("file_fails", PATIENCE).await;
    studio.first_listings(6).await;
    daemon.signal(Signal::TERM);
    let said = daemon.finish(PATIENCE).await.success().stderr;
    assert_eq!(said.matches("\"file_fails\"").count(), 1, "{said}");
    assert_eq!(said.matches("undo_note_fails").count(), 0, "{said}");
}

#[tokio::test]
async fn in_a_fresh_home_the_usual_folder_is_filled_and_taken_away_again() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let told = run(&world, &studio, &["sync"]).await.success().stdout;
    assert!(told.contains("nothing in") && told.contains("looks like OpenClaw's"), "{told}");
    assert_eq!(world.ids(), ["a"]);
    let told = run(&world, &studio, &["remove"]).await.success().stdout;
    assert!(told.contains("removed the folder"), "{told}");
    assert_eq!(entries(world.home()), Vec::<String>::new());

    // The same where a daemon made it, and where somebody else put something in.
    let mut daemon = Running::start(&mut at_home(&world, &studio, &["run"]));
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
    write(world.state().join("agents/main/theirs"), "");
    run(&world, &studio, &["remove"]).await.success();
    assert_eq!(entries(&world.state()), ["agents"]);
    assert_eq!(entries(&world.state().join("agents/main")), ["theirs"]);
}

#[tokio::test]
async fn a_folder_without_openclaw_is_named_with_the_one_that_has_it() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    write(world.state().join("openclaw.json"), "{}");
    let typo = world.home().join(".openclow");
    let folder = ["--state-dir", typo.to_str().unwrap()];
    let expected = format!("OpenClaw is in {}", world.state().display());
    let told = run(&world, &studio, &[&["sync"], &folder[..]].concat()).await.success().stdout;
    assert!(told.contains(&expected), "{told}");
    let told = run(&world, &studio, &[&["doctor", "--json"], &folder[..]].concat()).await.stdout;
    assert!(told.contains("state.openclaw") && told.contains(&expected), "{told}");
    let mut daemon = Running::start(&mut at_home(&world, &studio, &[&["run"], &folder[..]].concat()));
    daemon.wait_for_line(&expected, PATIENCE).await;
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();
    let told = run(&world, &studio, &["sync"]).await.success().stdout;
    assert!(!told.contains("looks like OpenClaw's"), "{told}");
}

#[tokio::test]
async fn a_folder_that_hides_an_earlier_one_is_a_failure() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    write(world.home().join(".clawdbot/clawdbot.json"), "{}");
    fs::create_dir(world.state()).unwrap();
    run(&world, &studio, &["sync"]).await.success();
    let told = run(&world, &studio, &["doctor", "--json"]).await.stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    let found = told["checks"].as_array().unwrap().iter().find(|found| found["check"] == "state.openclaw");
    let found = found.unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!(found["severity"], "failure", "{found:#}");
    assert!(found["fix"]["line"].as_str().unwrap().starts_with("lmsync remove"), "{found:#}");
}

#[tokio::test]
async fn a_nested_folder_and_a_profile_are_pointed_out_by_the_doctor() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    write(world.state().join("openclaw.json"), "{}");
    write(world.home().join(".openclaw-work/openclaw.json"), "{}");
    let told = run(&world, &studio, &["doctor", "--json"]).await.stdout;
    assert!(told.contains("state.profile") && told.contains("OPENCLAW_PROFILE=work"), "{told}");
    let mut nested = at_home(&world, &studio, &["doctor", "--json"]);
    let told = Running::start(nested.env("OPENCLAW_HOME", world.state())).finish(PATIENCE).await.stdout;
    let fix = format!("OPENCLAW_HOME={}", world.home().display());
    assert!(told.contains("state.nested") && told.contains(&fix), "{told}");
    let mut work = at_home(&world, &studio, &["sync"]);
    Running::start(work.env("OPENCLAW_PROFILE", "work")).finish(PATIENCE).await.success();
    assert!(models_json(&world.home().join(".openclaw-work"), "main").exists());
}

#[tokio::test]
async fn the_agents_are_openclaw_s_also_while_a_daemon_runs() {
    let (world, studio) = (World::new(), Studio::start(&["a"]).await);
    let own = world.home().join("own/agent");
    let roster = |more: &str| {
        format!(
            "{{agents: {{list: [{{id: 'Jarvis', default: true}}, {{id: 'coder', agentDir: '~/own/agent'}}{more}]}}}}"
        )
    };
    write(world.state().join("openclaw.json"), &roster(""));
    let mut daemon = Running::start(&mut at_home(&world, &studio, &["run"]));
    for _ in 0..2 {
        daemon.wait_for_line(REFRESHED, PATIENCE).await;
    }
    assert!(models_json(&world.state(), "jarvis").exists() && own.join("models.json").exists());
    assert!(!models_json(&world.state(), "main").exists(), "nobody reads it");
    write(world.state().join("openclaw.json"), &roster(", {id: 'new'}"));
    daemon.wait_for_line(REFRESHED, PATIENCE).await;
    assert!(models_json(&world.state(), "new").exists());
    daemon.signal(Signal::TERM);
    daemon.finish(PATIENCE).await.success();

    let told = run(&world, &studio, &["doctor", "--json"]).await.stdout;
    assert!(told.contains("all of OpenClaw's agents are kept: jarvis, coder, new"), "{told}");
    let told = run(&world, &studio, &["doctor", "--json", "--agent", "coder"]).await.stdout;
    assert!(told.contains("not kept: jarvis, new"), "{told}");
    let told = run(&world, &studio, &["doctor", "--json", "--agent", "nobody"]).await.stdout;
    assert!(told.contains("OpenClaw has no agent nobody"), "{told}");
    let told = run(&world, &studio, &["models", "--agent", "coder"]).await.success().stdout;
    assert!(told.contains('a'), "{told}");
    let told = run(&world, &studio, &["models", "--agent", "nobody"]).await;
    assert!(told.stderr.contains("no agent nobody") && told.stderr.contains("jarvis, coder"), "{told:?}");
    assert_eq!(told.status.code(), Some(64));
    run(&world, &studio, &["remove"]).await.success();
    assert!(!own.exists() && !world.state().join("agents").exists(), "{:?}", entries(&world.state()));
}

#[tokio::test]
async fn an_id_that_nobody_lists_is_told_with_the_nearest() {
    let (world, studio) = (World::new(), Studio::start(&["qwen/qwen3-8b", "google/gemma-3-12b"]).await);
    let told = run(&world, &studio, &["explain", "qwen3-8"]).await;
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    assert!(told.stderr.contains("the nearest that there are: qwen/qwen3-8b"), "{told:?}");
    let told = run(&world, &studio, &["explain", "--json", "qwen3-8"]).await;
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["nearest"][0], "qwen/qwen3-8b", "{told}");
}
