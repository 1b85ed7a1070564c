//! Instructions instead of time: what callgrind counts is nearly the same on a busy machine as on a quiet one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::workspace::on_path;

use super::Bench;
use super::figure::{Figure, Unit, show};
use super::scale::pause;
use super::studio::Studio;
use super::world::World;

/// The functions of `bench/work.rs`, each over a person's list and a long one.
const FUNCTIONS: [&str; 6] = ["parse", "view", "plan", "edit", "pass", "unchanged"];
const MODELS: [usize; 2] = [5, 1_000];

/// Unchanged passes of the daemon that are counted, after the first ones.
const PASSES: usize = 100;

pub(super) fn measure(bench: &Bench) -> Result<Vec<Figure>, String> {
    let valgrind = on_path("valgrind").ok_or("valgrind is not installed")?;
    let counter = || {
        let mut command = Command::new(&valgrind);
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command
    };
    let mut figures = Vec::new();
    for models in MODELS {
        let rounds = if models < 100 { 100 } else { 5 };
        let ready = repeat(bench, counter(), "pass", models, 0)?;
        for function in FUNCTIONS {
            let all = repeat(bench, counter(), function, models, rounds)?;
            let value = (all - ready) / rounds as f64;
            let what = format!("`{function}`, {models} models");
            figures.push(Figure::new(format!("count.{function}.{models}"), what, value, Unit::Instructions));
        }
    }
    let studio = Studio::start().map_err(|error| error.to_string())?;
    studio.list(5);
    let world = World::new(bench.workspace.target())?;
    let traced = |program: &Path| {
        let mut command = world.command(&valgrind);
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        command.env("OPENAI_API_BASE", studio.base());
        command
    };
    let sync = collected(traced(&bench.programs.lmsync).arg("sync"))?;
    let floor = traced(&bench.programs.floor);
    let floor = collected({ floor }.arg(studio.address()).arg(world.models_json().with_extension("floor")))?;
    figures.push(
        Figure::new("count.sync", "one-shot `lmsync sync`, 5 models, all of them new", sync, Unit::Instructions)
            .beside(format!("the floor: {}", show(floor, Unit::Instructions))),
    );
    // A file is believed by its stat once its last change is two seconds old.
    pause(Duration::from_millis(2_100));
    let (short, few) = daemon(&studio, traced(&bench.programs.lmsync), 20)?;
    let (long, many) = daemon(&studio, traced(&bench.programs.lmsync), 20 + PASSES)?;
    let pass = (long - short) / (many - few);
    figures.push(
        Figure::new("count.daemon", "one pass of the daemon, nothing to change", pass, Unit::Instructions)
            .beside("looks at session locks, the server and the file"),
    );
    Ok(figures)
}

fn repeat(bench: &Bench, mut command: Command, function: &str, models: usize, rounds: usize) -> Result<f64, String> {
    let (models, rounds) = (models.to_string(), rounds.to_string());
    collected(command.arg(&bench.programs.work).args(["repeat", function, &models, &rounds]))
}

/// Runs the daemon for at least so many passes; returns the cost, and how many passes it made.
fn daemon(studio: &Studio, mut command: Command, passes: usize) -> Result<(f64, f64), String> {
    command.args(["run", "--interval", "50ms"]);
    // No neighbour whose answers differ from run to run.
    command.env("LMSYNC_BUSY_SOURCES", "session-locks").env("LMSYNC_REFRESH", "off");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let before = studio.asked();
    let mut child = command.spawn().map_err(|error| format!("cannot run valgrind: {error}"))?;
    while studio.asked() < before + passes && child.try_wait().is_ok_and(|ended| ended.is_none()) {
        pause(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::TERM).map_err(|error| error.to_string())?;
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let made = studio.asked() - before;
    Ok((total(&String::from_utf8_lossy(&output.stderr))?, made as f64))
}

fn collected(command: &mut Command) -> Result<f64, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{command:?} failed ({}): {said}", output.status));
    }
    total(&said)
}

/// The number in `==1== Collected : 123456`.
fn total(said: &str) -> Result<f64, String> {
    let number = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    number.ok_or_else(|| format!("callgrind has counted nothing: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_among_what_callgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 654321\n==7== \n";
        assert_eq!(total(said), Ok(654_321.0));
        assert!(total("==7== Command: lmsync").is_err());
    }
}
