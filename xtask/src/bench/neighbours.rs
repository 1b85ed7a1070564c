//! The daemon beside its real neighbours: what it costs while nothing happens, and how soon a change is in the picker.

use std::time::{Duration, Instant};

use super::Bench;
use super::daemon::{Cost, Daemon};
use super::figure::{Figure, Unit, median, show};
use super::gateway::{Gateway, TOKEN};
use super::oneshot::time;
use super::scale::{number, pause};
use super::simulator::Simulator;
use super::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// Passes a day, at the default interval, by the quickest pace that a daemon gives itself.
const PASSES_A_DAY: f64 = 86_400.0 / 9.5;

/// Measures; without OpenClaw where there is none to be had.
pub(super) fn measure(bench: &Bench, oneshot: Duration) -> Result<Vec<Figure>, String> {
    let world = World::new(bench.workspace.target())?;
    let studio = Simulator::start(bench, &world)?;
    let gateway = match Gateway::start(&bench.workspace, &world) {
        Ok(gateway) => Some(gateway),
        Err(why) => {
            bench.note(&format!("nothing is measured with the real OpenClaw: {why}"));
            None
        }
    };
    let port = gateway.as_ref().map_or(9, |gateway| gateway.port).to_string();
    let daemon = |interval: &str| {
        let mut command = world.lmsync(&bench.programs.lmsync, &studio.base());
        command.arg("run").env("OPENCLAW_GATEWAY_PORT", &port).env("OPENCLAW_GATEWAY_TOKEN", TOKEN);
        Daemon::start(command.env("LMSYNC_INTERVAL", interval))
    };
    let mut figures = idle(bench, &world, &studio, &daemon, gateway.as_ref())?;
    figures.extend(activity_sources(bench, &world, &studio, gateway.as_ref())?);
    if let Some(gateway) = &gateway {
        figures.extend(changes(bench, &studio, &daemon)?);
        figures.push(cli(bench, &world, gateway, oneshot)?);
    }
    Ok(figures)
}

/// What the daemon costs while nothing happens.
fn idle(
    bench: &Bench,
    world: &World,
    studio: &Simulator,
    daemon: &impl Fn(&str) -> Result<Daemon, String>,
    gateway: Option<&Gateway>,
) -> Result<Vec<Figure>, String> {
    let passes = if bench.quick { 10 } else { 60 };
    let floor = floor(bench, world, studio, passes)?;
    let often = Window::watch(&daemon("1s")?, studio, gateway, SECOND, passes)?;
    // Between two passes that lie far apart, other programs take the caches, and timers wake up on the way.
    let seldom = match bench.quick {
        true => often,
        false => Window::watch(&daemon("10s")?, studio, gateway, 10 * SECOND, 12)?,
    };
    let gateway = match often.gateway {
        Some(cost) => format!(
            "; the gateway itself: {}, {} a second",
            show(cost.rss as f64, Unit::Memory),
            show(cost.cpu.as_secs_f64(), Unit::Seconds)
        ),
        None => String::new(),
    };
    let anonymous = show(seldom.held.anonymous as f64, Unit::Memory);
    let day = seldom.cpu * PASSES_A_DAY;
    Ok(vec![
        Figure::new("idle.pass_cpu", "one pass of the daemon, unchanged: processor time", often.cpu, Unit::Seconds)
            .beside("5 models, status server on, every activity source asked, at an interval of 1 s")
            .at_most(0.3e-3),
        Figure::new("idle.pass_per_floor", "… per floor", often.cpu / floor, Unit::Times)
            .beside(format!("the floor (wake up, one request, one `stat`): {}", show(floor, Unit::Seconds))),
        Figure::new("idle.day_cpu", "idle daemon: processor time a day, at 10 s", day, Unit::Seconds)
            .beside(format!("{} a pass", show(seldom.cpu, Unit::Seconds)))
            .at_most(5.0),
        Figure::new(
            "idle.wakeups",
            "idle daemon: wake-ups a pass, of all threads, at 10 s",
            seldom.wakeups,
            Unit::Count,
        ),
        Figure::new("idle.rss", "idle daemon: resident memory", seldom.held.rss as f64, Unit::Memory)
            .beside(format!("of which {anonymous} belong to no file{gateway}"))
            .at_most(f64::from(6 << 20)),
    ])
}

/// Processor time of a pass, in seconds, of what does nothing but ask.
fn floor(bench: &Bench, world: &World, studio: &Simulator, passes: usize) -> Result<f64, String> {
    let mut command = world.command(&bench.programs.floor);
    command.args([studio.address(), &world.models_json().display().to_string(), "1000"]);
    let floor = Daemon::start(&mut command)?;
    studio.wait_for_listings(3)?;
    let (asked, before) = (studio.listings()?, floor.cost()?);
    pause(SECOND * u32::try_from(passes).unwrap_or(u32::MAX));
    let (after, made) = (floor.cost()?, (studio.listings()? - asked) as f64);
    Ok(after.cpu.saturating_sub(before.cpu).as_secs_f64() / made)
}

/// What was seen of a daemon over some passes.
#[derive(Clone, Copy)]
struct Window {
    /// Processor time a pass, in seconds.
    cpu: f64,
    wakeups: f64,
    held: Cost,
    /// What the gateway held, and took a second.
    gateway: Option<Cost>,
}

impl Window {
    /// Watches so many passes, once all connections are there and the file is believed by its stat.
    fn watch(
        daemon: &Daemon,
        studio: &Simulator,
        gateway: Option<&Gateway>,
        interval: Duration,
        passes: usize,
    ) -> Result<Self, String> {
        daemon.wait_for(&["lmstudio models refreshed", "lmstudio answers"])?;
        studio.wait_for_listings(3)?;
        let of_gateway = || gateway.map(|gateway| gateway.process.cost_of_all()).transpose();
        let (began, asked, before, gateway_before) =
            (Instant::now(), studio.listings()?, daemon.cost()?, of_gateway()?);
        // Nobody is asked meanwhile: that would warm and take caches.
        pause(interval * u32::try_from(passes).unwrap_or(u32::MAX));
        let (held, made, gateway_after) = (daemon.cost()?, (studio.listings()? - asked) as f64, of_gateway()?);
        let took = began.elapsed().as_secs_f64();
        let a_second =
            |(before, after): (Cost, Cost)| Cost { cpu: after.cpu.saturating_sub(before.cpu).div_f64(took), ..after };
        Ok(Self {
            cpu: held.cpu.saturating_sub(before.cpu).as_secs_f64() / made,
            wakeups: held.wakeups.saturating_sub(before.wakeups) as f64 / made,
            held,
            gateway: gateway_before.zip(gateway_after).map(a_second),
        })
    }
}

/// The cost of one question for inference, at each activity source.
fn activity_sources(
    bench: &Bench,
    world: &World,
    studio: &Simulator,
    gateway: Option<&Gateway>,
) -> Result<Vec<Figure>, String> {
    let rounds = if bench.quick { "50" } else { "500" };
    let mut activity_sources = vec![
        ("session-locks", world.state().display().to_string()),
        ("lmstudio", studio.base().trim_end_matches("/v1").to_owned()),
    ];
    activity_sources.extend(gateway.map(|gateway| ("gateway", gateway.url())));
    let mut figures = Vec::new();
    for (source, address) in activity_sources {
        let found = bench.work(&["look", source, &address, TOKEN, rounds])?;
        let (wall, cpu) = (number(&found, "wall_ns") / 1e9, number(&found, "cpu_ns") / 1e9);
        let key = |of: &str| format!("look.{source}.{of}");
        figures.extend([
            Figure::new(key("wall"), format!("a look for inference, {source}: wall time"), wall, Unit::Seconds)
                .at_most(5e-3),
            Figure::new(key("cpu"), format!("a look for inference, {source}: processor time"), cpu, Unit::Seconds)
                .at_most(0.2e-3),
        ]);
    }
    Ok(figures)
}

/// How soon a change is in the running gateway's picker, once LM Studio lists it.
fn changes(
    bench: &Bench,
    studio: &Simulator,
    daemon: &impl Fn(&str) -> Result<Daemon, String>,
) -> Result<Vec<Figure>, String> {
    const SHOWS: &str = "OpenClaw's picker shows the lmstudio models";
    let daemon = daemon("500ms")?;
    daemon.wait_for(&[SHOWS])?;
    let (mut whole, mut openclaw) = (Vec::new(), Vec::new());
    for index in 0..if bench.quick { 5 } else { 20 } {
        studio.change(&format!(r#"{{"add":["added/model-{index}"]}}"#))?;
        let (_, line) = daemon.wait_for(&[SHOWS])?;
        let line: serde_json::Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        whole.push(number(&line, "since_listed_seconds"));
        openclaw.push(number(&line, "gateway_seconds"));
    }
    daemon.stop()?;
    let (whole, openclaw) = (median(&mut whole), median(&mut openclaw));
    Ok(vec![
        Figure::new(
            "change.picker",
            "LM Studio's answer to the change in the running gateway's `models.list`",
            whole,
            Unit::Seconds,
        )
        .beside(format!("OpenClaw's own share: {}; before that, up to an interval", show(openclaw, Unit::Seconds)))
        .at_most(0.3),
    ])
}

/// What a person would type who has no lmsync.
fn cli(bench: &Bench, world: &World, gateway: &Gateway, oneshot: Duration) -> Result<Figure, String> {
    let refresh = || {
        let mut command = gateway.openclaw(world);
        time(command.args(["models", "list", "--provider", "lmstudio", "--refresh", "--json"]))
    };
    // The first one compiles.
    refresh()?;
    let mut taken = Vec::new();
    for _ in 0..if bench.quick { 3 } else { 7 } {
        taken.push(refresh()?);
    }
    let openclaw = median(&mut taken).as_secs_f64();
    Ok(Figure::new(
        "oneshot.per_openclaw",
        "one-shot `lmsync sync` per OpenClaw's own refresh",
        oneshot.as_secs_f64() / openclaw,
        Unit::Times,
    )
    .beside(format!(
        "`openclaw models list --provider lmstudio --refresh --json` of 2026.9.6: {}",
        show(openclaw, Unit::Seconds)
    ))
    .at_most(1.0 / 300.0))
}
