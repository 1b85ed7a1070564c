//! `cargo xtask test`: the workspace's own tests, then the suites that run the real program with real neighbours.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::bench;
use crate::cross;
use crate::process;
use crate::suites::{self, Suite};
use crate::tally::{Outcome, Panics, Tally, summary};
use crate::targets;
use crate::tools::Tool;
use crate::workspace::{Workspace, cargo, ci, on_path};

/// What the workspace's own tests are called beside the suites.
const WORKSPACE: &str = "workspace";

/// What the comparison of instruction counts and sizes is called beside the suites.
const BENCH: &str = "bench";

/// A program for another system, of which some tests run in an emulator.
struct Other {
    /// What it is called beside the suites.
    name: &'static str,
    /// Fails where a tool is missing.
    check_tools: fn(&Workspace) -> Result<(), String>,
    run: fn(&Workspace) -> Result<Tally, String>,
}

const OTHERS: [Other; 2] = [
    Other { name: "arm64", check_tools: cross::check_arm64_tools, run: cross::run_arm64_quickly },
    Other { name: "windows", check_tools: cross::check_windows_tools, run: cross::run_windows_quickly },
];

/// The crate of all suites.
pub(crate) const SUITES: &str = "suites";

/// A build on a slow machine, or all of the workspace's own tests.
const CARGO_LIMIT: Duration = Duration::from_secs(40 * 60);

/// Runs what the arguments name, everything without arguments.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let all = || suites::ALL.iter().chain(suites::BY_NAME);
    let names = || {
        std::iter::once(WORKSPACE)
            .chain(all().map(|suite| suite.name))
            .chain(OTHERS.iter().map(|other| other.name))
            .chain([BENCH])
    };
    if arguments.contains(&"--list") {
        names().for_each(|name| println!("{name}"));
        return Ok(());
    }
    let fast = arguments.contains(&"--fast");
    let named: Vec<&str> = arguments.iter().copied().filter(|argument| *argument != "--fast").collect();
    if let Some(unknown) = named.iter().find(|name| !names().any(|known| known == **name)) {
        return Err(format!("no suite is called {unknown}; there are: {}", names().collect::<Vec<_>>().join(", ")));
    }
    let chosen = |name: &str| named.is_empty() || named.contains(&name);

    let began = Instant::now();
    let workspace = Workspace::load()?;
    let mut outcomes = Vec::new();
    if chosen(WORKSPACE) {
        outcomes.push(count(
            WORKSPACE,
            cargo().args(["test", "--locked", "--workspace", "--no-fail-fast"]),
            CARGO_LIMIT,
        ));
    }
    let suites: Vec<&Suite> = suites::ALL
        .iter()
        .filter(|suite| chosen(suite.name))
        .chain(suites::BY_NAME.iter().filter(|suite| named.contains(&suite.name)))
        .filter(|suite| !(fast && suite.needs.iter().any(|tool| tool.is_fetched())))
        .collect();
    let others: Vec<&Other> = OTHERS.iter().filter(|other| chosen(other.name) && !fast).collect();
    match if suites.is_empty() { Ok(()) } else { build(&workspace) } {
        Ok(()) => outcomes.extend(run_suites(&suites, &others, &workspace)),
        Err(why) => outcomes.extend(suites.into_iter().map(|suite| failure(suite.name, &why))),
    }
    if chosen(BENCH) && !fast {
        outcomes.push(run_bench());
    }
    if named.is_empty() && !fast {
        bench::note_tests(&workspace, began.elapsed());
    }
    conclude(&outcomes)
}

/// Shows how all of it went, and fails where something did.
pub(crate) fn conclude(outcomes: &[Outcome]) -> Result<(), String> {
    println!("\n{}", summary(outcomes));
    if outcomes.iter().all(|outcome| outcome.tally.failed == 0) { Ok(()) } else { Err("tests failed".into()) }
}

/// Builds the program as it is shipped, which the image and the comparison of counts need too, and the suites as tests
/// are built: linking every suite with the release profile would take minutes and change nothing about the program that
/// they start.
pub(crate) fn build(workspace: &Workspace) -> Result<(), String> {
    let mut program = targets::shipped(workspace, "build")?;
    program.args(["--release", "--package", "lmsync", "--bins"]);
    let mut suites = cargo();
    suites.args(["test", "--locked", "--package", "lmsync", "--no-run", "--test", SUITES]);
    for command in [&mut program, &mut suites] {
        if !process::run(command, CARGO_LIMIT, |line| println!("{line}"))?.success() {
            return Err("did not build".into());
        }
    }
    Ok(())
}

/// Runs the suites in two rows at the same time: the second one is of those that mostly wait, or mostly compile, and
/// hold nothing against a clock, at last the programs for other systems. Their outcomes come in the table's order.
fn run_suites(all: &[&'static Suite], others: &[&Other], workspace: &Workspace) -> Vec<Outcome> {
    let (beside, first): (Vec<&'static Suite>, Vec<&'static Suite>) =
        all.iter().copied().partition(|suite| suite.runs_beside());
    let run =
        |row: &[&'static Suite]| -> Vec<Outcome> { row.iter().map(|suite| run_suite(suite, workspace)).collect() };
    let mut outcomes = thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut outcomes = run(&beside);
            outcomes.extend(others.iter().map(|other| run_other(other, workspace)));
            outcomes
        });
        let mut outcomes = run(&first);
        match beside.join() {
            Ok(more) => outcomes.extend(more),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        outcomes
    });
    outcomes.sort_by_key(|outcome| all.iter().position(|suite| suite.name == outcome.suite).unwrap_or(all.len()));
    outcomes
}

fn run_suite(suite: &'static Suite, workspace: &Workspace) -> Outcome {
    // The lines of two rows of suites come mixed: those of the second one say whose they are.
    let prefix = if suite.runs_beside() { format!("{} | ", suite.name) } else { String::new() };
    println!("\n{prefix}suite {}", suite.name);
    let mut command = suite_command(suite.module(), "", workspace);
    match give(&mut command, suite.needs, workspace) {
        Ok(()) => count_and(suite.name, &mut command, suite.limit, |line| println!("{prefix}{line}")),
        Err(why) => skip(suite.name, suite.needs, why),
    }
}

/// Runs the tests of a suite whose names begin with this text.
pub(crate) fn suite_command(suite: &str, filter: &str, workspace: &Workspace) -> Command {
    let mut command = cargo();
    let filter = format!("{suite}::{filter}");
    command.args(["test", "--locked", "--package", "lmsync", "--test", SUITES, "--", &filter]);
    // One test at a time, since each starts programs that fill a small machine; measured figures are shown.
    command.args(["--test-threads=1", "--show-output"]);
    command.env("LMSYNC_TEST_BINARY", workspace.shipped_program());
    command
}

/// Tells a suite where its tools are.
pub(crate) fn give(command: &mut Command, needs: &[Tool], workspace: &Workspace) -> Result<(), String> {
    for tool in needs {
        command.env(tool.variable(), tool.locate(workspace)?);
    }
    Ok(())
}

/// Counts instructions and sizes, and holds them against the baseline.
fn run_bench() -> Outcome {
    println!("\nsuite {BENCH}");
    if on_path("valgrind").is_none() {
        return skip(BENCH, &[], "valgrind is not installed".into());
    }
    let started = Instant::now();
    let (tally, why) = match bench::run(&["--check"]) {
        Ok(()) => (Tally { passed: 1, ..Tally::default() }, None),
        Err(why) => (Tally::FAILURE, Some(why)),
    };
    Outcome { suite: BENCH, tally, took: started.elapsed(), why }
}

/// Builds the program for another system, and runs some of its tests in an emulator.
fn run_other(other: &Other, workspace: &Workspace) -> Outcome {
    println!("\nsuite {}", other.name);
    if let Err(why) = (other.check_tools)(workspace) {
        return skip(other.name, &[], why);
    }
    let started = Instant::now();
    let (tally, why) = match (other.run)(workspace) {
        Ok(tally) => (tally, None),
        Err(why) => (Tally::FAILURE, Some(why)),
    };
    Outcome { suite: other.name, tally, took: started.elapsed(), why }
}

/// Runs `cargo test` and adds up what its lines report.
pub(crate) fn count(suite: &'static str, command: &mut Command, limit: Duration) -> Outcome {
    count_and(suite, command, limit, |line| println!("{line}"))
}

/// The same, where `each` prints the lines.
pub(crate) fn count_and(
    suite: &'static str,
    command: &mut Command,
    limit: Duration,
    mut each: impl FnMut(&str),
) -> Outcome {
    let started = Instant::now();
    let (mut tallies, mut panics) = (Vec::new(), Panics::default());
    let ended = process::run(command, limit, |line| {
        each(line);
        panics.take(line);
        tallies.extend(Tally::of_line(line));
    });
    let mut tally: Tally = tallies.into_iter().sum();
    let why = match ended {
        Ok(status) if status.success() => None,
        Ok(_) if tally.failed > 0 => None,
        Ok(status) => Some(format!("cargo test failed ({status})")),
        Err(why) => Some(why),
    };
    if why.is_some() {
        tally = [tally, Tally::FAILURE].into_iter().sum();
    } else if tally.failed > 0 {
        return Outcome { suite, tally, took: started.elapsed(), why: panics.text() };
    } else if tally == Tally::default() {
        return Outcome { took: started.elapsed(), ..failure(suite, "ran no test") };
    }
    Outcome { suite, tally, took: started.elapsed(), why }
}

pub(crate) fn failure(suite: &'static str, why: &str) -> Outcome {
    Outcome { suite, tally: Tally::FAILURE, took: Duration::ZERO, why: Some(why.into()) }
}

pub(crate) fn skip(suite: &'static str, needs: &[Tool], why: String) -> Outcome {
    println!("SKIPPED {suite}: {why}");
    if ci() && !needs.iter().any(|tool| tool.is_the_machine()) {
        return failure(suite, &format!("skipped, which CI does not allow: {why}"));
    }
    Outcome { suite, tally: Tally::SKIP, took: Duration::ZERO, why: Some(why) }
}
