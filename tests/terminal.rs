//! What a person at a terminal gets: help that fits, colours where they are wanted, and as much of the log as asked for.

use simulator::{Scenario, SimModel, Simulator};

use crate::support::PATIENCE;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::world::World;

const NOBODY: &str = "http://127.0.0.1:9/v1";

async fn run(world: &World, base: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut command = lmsync(world, base);
    command.args(arguments).envs(environment.iter().copied());
    Running::start(&mut command).finish(PATIENCE).await
}

#[tokio::test]
async fn the_short_help_fits_a_terminal_and_the_long_one_has_examples_and_settings() {
    let world = World::new();
    let short = run(&world, NOBODY, &["-h"], &[]).await.success().stdout;
    assert!(short.lines().count() <= 24 && short.lines().all(|line| line.chars().count() <= 80), "{short}");
    let of_sync = run(&world, NOBODY, &["sync", "-h"], &[]).await.success().stdout;
    assert!(of_sync.contains("--dry-run") && !of_sync.contains("--gateway-url"), "{of_sync}");
    let long = run(&world, NOBODY, &["sync", "--help"], &[]).await.success().stdout;
    let at = |text: &str| long.find(text).unwrap_or_else(|| panic!("{text:?} is not in {long}"));
    assert!(at("--dry-run") < at("Settings:") && at("Settings:") < at("--gateway-url"), "{long}");
    let whole = run(&world, NOBODY, &["--help"], &[]).await.success().stdout;
    assert!(whole.contains("Examples:\n  lmsync doctor ") && whole.contains("lmsync healthcheck"), "{whole}");
}

#[tokio::test]
async fn colours_are_for_terminals_and_for_a_person_who_asks() {
    let world = World::new();
    let red = async |arguments: &[&str], environment: &[(&str, &str)]| {
        let arguments: Vec<&str> = ["models", "--agent", "nobody"].iter().chain(arguments).copied().collect();
        let told = run(&world, NOBODY, &arguments, environment).await;
        assert!(told.stderr.contains("lmsync:"), "{}", told.stderr);
        told.stderr.contains("\x1b[31mlmsync:")
    };
    let unset = ("NO_COLOR", "");
    assert!(!red(&[], &[unset]).await, "this is no terminal");
    assert!(red(&["--color", "always"], &[]).await);
    assert!(red(&[], &[unset, ("CLICOLOR_FORCE", "1")]).await);
    assert!(!red(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]).await);
    assert!(!red(&["--color=never"], &[unset, ("CLICOLOR_FORCE", "1")]).await);
}

#[tokio::test]
async fn the_log_says_as_much_as_is_asked_for() {
    let (world, simulator) = (World::new(), Simulator::local().await.unwrap());
    let base = simulator.base_url();
    let log = async |flags: &[&str]| {
        let arguments: Vec<&str> = flags.iter().copied().chain(["sync", "--dry-run"]).collect();
        let unknown = ("LMSYNC_INTERVALL", "1s");
        run(&world, &base, &arguments, &[unknown, ("LMSYNC_LOG_FORMAT", "json")]).await.success().stderr
    };
    let usual = log(&[]).await;
    assert!(usual.contains("LMSYNC_INTERVALL"), "{usual}");
    assert_eq!(log(&["-q"]).await, "");
    let mut daemon = Running::start(lmsync(&world, &base).args(["run", "-v", "--interval", "100ms"]));
    daemon.wait_for_line("\"level\":\"DEBUG\"", PATIENCE).await;
    drop(daemon);
    let both = run(&world, &base, &["sync", "-q", "-v"], &[]).await;
    assert_eq!(both.status.code(), Some(64), "{}", both.stderr);
}

#[tokio::test]
async fn the_configuration_shows_what_counts_and_the_rest_when_asked() {
    let world = World::new();
    let told = run(&world, NOBODY, &["config"], &[]).await.success().stdout;
    assert!(told.contains("OPENAI_API_BASE") && told.contains("none (a placeholder is sent)"), "{told}");
    assert!(!told.contains("LMSYNC_ON_CHANGE") && told.contains("`lmsync config --all`"), "{told}");
    let all = run(&world, NOBODY, &["config", "--all"], &[]).await.success().stdout;
    assert!(all.contains("LMSYNC_ON_CHANGE") && !all.contains("--all"), "{all}");
}

#[tokio::test]
async fn a_checked_status_fails_while_something_needs_attention() {
    let (world, simulator) = (World::new(), Simulator::local().await.unwrap());
    simulator.world().add(SimModel::chat("a"));
    let base = simulator.base_url();
    let check = async || run(&world, &base, &["status", "--check"], &[]).await;
    let nobody = check().await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(nobody.stderr.contains("no lmsync daemon runs for") && nobody.stderr.contains("`lmsync run`"));

    let mut command = lmsync(&world, &base);
    command.args(["run", "--interval", "100ms", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    let mut daemon = Running::start(command.env("OPENCLAW_GATEWAY_PORT", "9"));
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    assert_eq!(check().await.status.code(), Some(0), "no OpenClaw is there yet: nothing is wrong");
    simulator.world().scenario(Scenario::ErrorBody);
    daemon.wait_for_line("does not list its models", PATIENCE).await;
    let fails = check().await;
    assert_eq!(fails.status.code(), Some(1), "{}", fails.stdout);
    assert!(fails.stdout.contains("Server is down"), "{}", fails.stdout);
    run(&world, &base, &["status"], &[]).await.success();
}
