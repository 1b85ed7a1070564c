//! What a person at a terminal gets: help that fits, colours where they are wanted, and as much of the log as asked for.

use std::process::Command;

use simulator::{Scenario, SimModel, Simulator};

use crate::support::PATIENCE;
use crate::support::lmsync::{at_home, binary, lmsync};
use crate::support::running::{Finished, Running};
use crate::support::world::World;

const NOBODY: &str = "http://127.0.0.1:9/v1";

async fn run(world: &World, base: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut command = lmsync(world, base);
    command.args(arguments).envs(environment.iter().copied());
    Running::start(&mut command).finish(PATIENCE).await
}

/// The program at a terminal that is so wide; what it shows there is standard output.
fn at_terminal(world: &World, base: &str, columns: usize, arguments: &str) -> Command {
    let mut command = at_home(Command::new("script"), world, base);
    let typed = format!("stty cols {columns}; exec {} {arguments}", binary().display());
    command.args(["-qec", &typed, "/dev/null"]);
    command
}

/// Whether each line fits, but for a single word that is too long, such as a path.
fn fits(text: &str, columns: usize) -> bool {
    text.lines().all(|line| {
        // What a command is at is shown on the same line, and taken away again.
        let line = line.rsplit("\u{1b}[K").next().unwrap_or_default().trim_end();
        line.chars().count() <= columns || line.split_whitespace().count() <= 2 || line.contains('`')
    })
}

#[tokio::test]
async fn the_daemon_at_a_terminal_says_where_it_works_and_then_what_changes() {
    let (world, first) = (World::new(), Simulator::local().await.unwrap());
    let second = Simulator::local().await.unwrap();
    first.world().set_models([SimModel::chat("a"), SimModel::embedding("text-embedding-b")]);
    second.world().add(SimModel::chat("c"));
    let rules = format!("[[server]]\nbase_url = \"{}\"\nprovider = \"attic\"\n", second.base_url());
    std::fs::create_dir_all(world.state()).unwrap();
    std::fs::write(world.state().join("lmsync.toml"), rules).unwrap();
    let arguments = "run --interval 100ms --listen 127.0.0.1:0";
    let mut command = at_terminal(&world, &first.base_url(), 80, arguments);
    let mut daemon = Running::start(command.env("OPENCLAW_GATEWAY_PORT", "9"));
    for line in [
        format!("lmsync {}", env!("CARGO_PKG_VERSION")),
        format!("  lmstudio      {}, 2 models, 1 left out", first.base_url()),
        format!("  attic         {}, 1 model", second.base_url()),
        "  OpenClaw      ".to_owned(),
        "  gateway       does not run".to_owned(),
        "  status        http://127.0.0.1:".to_owned(),
        "Z + 1 model of lmstudio: a".to_owned(),
        "Z + 1 model of attic: c".to_owned(),
    ] {
        daemon.wait_for_line(&line, PATIENCE).await;
    }
    let many: Vec<String> = (0..55).map(|number| format!("vendor/quite-a-long-name-{number}")).collect();
    first.world().set_models(many.iter().map(|id| SimModel::chat(id)));
    daemon.wait_for_line("Z + 55 models of lmstudio: vendor/quite-a-long-name-0,", PATIENCE).await;
    daemon.wait_for_line("and 45 more", PATIENCE).await;
    daemon.wait_for_line("Z - 1 model of lmstudio: a", PATIENCE).await;
    second.world().set_models([SimModel::chat("c").max_context(8_192)]);
    daemon.wait_for_line("Z ~ 1 model of attic: c (contextWindow ", PATIENCE).await;
    second.stop().await;
    daemon.wait_for_line("Z ! attic does not list its models", PATIENCE).await;
    daemon.wait_for_line("→ is the server started", PATIENCE).await;
    let shown = daemon.transcript();
    assert!(fits(&shown, 80) && !shown.contains("lmsync_app"), "{shown}");
    drop(daemon);
    let mut command =
        at_terminal(&world, &first.base_url(), 80, "run -v --interval 100ms --gateway-url ws://127.0.0.1:9");
    let mut daemon = Running::start(&mut command);
    daemon.wait_for_line("lmsync_app::server_log)", PATIENCE).await;
    let shown = daemon.transcript();
    assert!(fits(&shown, 80) && shown.contains("(provider lmstudio, models 55,"), "{shown}");
}

#[tokio::test]
async fn sentences_wrap_between_words_on_a_terminal_and_nowhere_else() {
    let (world, simulator) = (World::new(), Simulator::local().await.unwrap());
    simulator.world().set_models([SimModel::chat("a/b").vision().max_context(131_072).loaded(32_768)]);
    let base = simulator.base_url();
    let nobody = "http://127.0.0.1:9/v1";
    for columns in [80, 120] {
        for (base, arguments) in [
            (base.as_str(), "sync --dry-run"),
            (&base, "sync"),
            (&base, "explain a/b"),
            (nobody, "explain a/b"),
            (nobody, "sync"),
            (&base, "remove --dry-run"),
        ] {
            let mut command = at_terminal(&world, base, columns, arguments);
            let shown = Running::start(&mut command).finish(PATIENCE).await.stdout;
            assert!(fits(&shown, columns) && shown.lines().count() > 1, "{arguments}:\n{shown}");
        }
    }
    let piped = run(&world, nobody, &["sync"], &[]).await.stderr;
    assert!(piped.lines().any(|line| line.len() > 120), "{piped}");
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
    let quiet = run(&world, &base, &["status", "--check", "-q"], &[]).await;
    assert_eq!((quiet.status.code(), quiet.stdout, quiet.stderr), (Some(1), String::new(), String::new()));
    run(&world, &base, &["status"], &[]).await.success();
}
