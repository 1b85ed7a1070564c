//! A one-shot sync beside a floor, and beside what a user would write in a shell.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::workspace::on_path;

use super::Bench;
use super::daemon::Daemon;
use super::figure::{Figure, Unit, median, show};
use super::studio::Studio;
use super::world::World;

/// Models on a person's machine.
const MODELS: usize = 5;

/// What a shell makes of the list, and whom it then replaces.
const JQ: &str = r#"{providers:{lmstudio:{baseUrl:$base,apiKey:"lmstudio-local",api:"openai-completions",models:[.data[]|{id,name:.id,reasoning:(.id|test("reasoning|r1|think")),input:["text"],cost:{input:0,output:0,cacheRead:0,cacheWrite:0},contextWindow:128000,maxTokens:8192}]}}}"#;

/// Measures, and gives the wall time of a one-shot sync as well.
pub(super) fn measure(bench: &Bench) -> Result<(Vec<Figure>, Duration), String> {
    let rounds = if bench.quick { 25 } else { 200 };
    let studio = Studio::start().map_err(|error| error.to_string())?;
    studio.list(MODELS);
    let world = World::new(bench.workspace.target())?;
    let file = world.models_json();
    let sync = || {
        world.forget();
        time(world.lmsync(&bench.programs.lmsync, &studio.base()).arg("sync"))
    };
    let unchanged = || time(world.lmsync(&bench.programs.lmsync, &studio.base()).arg("sync"));
    let floor = || {
        world.forget();
        time(world.command(&bench.programs.floor).arg(studio.address()).arg(&file))
    };
    let shell = || {
        world.forget();
        time(world.command("sh").args(["-c", &pipeline(&studio.base(), &file)]))
    };
    let first_pass = || -> Result<Duration, String> {
        world.forget();
        let mut command = world.lmsync(&bench.programs.lmsync, &studio.base());
        // Nobody listens at the port of discard.
        command.arg("run").env("OPENCLAW_GATEWAY_PORT", "9");
        let began = Instant::now();
        let daemon = Daemon::start(&mut command)?;
        let (at, _) = daemon.wait_for(&["lmstudio models refreshed"])?;
        daemon.stop()?;
        Ok(at.saturating_duration_since(began))
    };
    let has_shell = ["curl", "jq"].iter().all(|program| on_path(program).is_some());

    sync()?;
    let mut taken: [Vec<Duration>; 5] = Default::default();
    // In turns, so that whatever else the machine does meets all of them.
    for _ in 0..rounds {
        taken[0].push(floor()?);
        taken[1].push(sync()?);
        taken[2].push(unchanged()?);
        taken[3].push(first_pass()?);
        if has_shell {
            taken[4].push(shell()?);
        }
    }
    let [floor, sync, unchanged, first] = [0, 1, 2, 3].map(|index| median(&mut taken[index]));
    let seconds = |time: Duration| show(time.as_secs_f64(), Unit::Seconds);
    let times = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    let mut figures = vec![
        Figure::time("oneshot.sync", "one-shot `lmsync sync`, 5 models, all of them new, fsynced", sync),
        Figure::new("oneshot.per_floor", "… per floor", times(sync, floor), Unit::Times)
            .beside(format!("the floor (start, one GET, write, fsync, rename, fsync): {}", seconds(floor)))
            .at_most(2.0),
        Figure::time("oneshot.unchanged", "one-shot `lmsync sync`, nothing to change", unchanged),
        Figure::new(
            "oneshot.first_pass",
            "start of the daemon to its first pass done, per one-shot",
            times(first, sync),
            Unit::Times,
        )
        .beside(seconds(first))
        .at_most(2.0),
    ];
    if has_shell {
        let shell = median(&mut taken[4]);
        figures.push(
            Figure::new("oneshot.per_shell", "… per shell pipeline", times(sync, shell), Unit::Times)
                .beside(format!("`curl \\| jq \\| mv`, without fsync: {}", seconds(shell)))
                .at_most(1.0 / 8.0),
        );
    } else {
        bench.note("the shell pipeline is not measured: curl or jq is not installed");
    }
    Ok((figures, sync))
}

fn pipeline(base: &str, file: &std::path::Path) -> String {
    let file = file.display();
    format!("curl -fsS {base}/models | jq --arg base {base} '{JQ}' > {file}.tmp && mv {file}.tmp {file}")
}

/// How long a program takes from its start to its end.
pub(super) fn time(command: &mut Command) -> Result<Duration, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let began = Instant::now();
    let output = command.spawn().and_then(std::process::Child::wait_with_output);
    let took = began.elapsed();
    let program = command.get_program().display().to_string();
    let output = output.map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        return Ok(took);
    }
    Err(format!("{program} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr)))
}
