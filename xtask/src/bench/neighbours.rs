//! The daemon beside its real neighbours: what it costs while nothing happens, and how soon a change is in the picker.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::Bench;
use super::daemon::Daemon;
use super::figure::{Figure, Unit, median, show};
use super::gateway::{Gateway, TOKEN};
use super::oneshot::time;
use super::scale::{number, pause};
use super::world::World;

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
    let mut figures = idle(bench, &studio, &daemon, gateway.as_ref())?;
    figures.extend(looks(bench, &world, &studio, gateway.as_ref())?);
    if let Some(gateway) = &gateway {
        figures.extend(changes(bench, &studio, &daemon)?);
        figures.push(cli(bench, &world, gateway, oneshot)?);
    }
    Ok(figures)
}

/// What the daemon costs while nothing happens.
fn idle(
    bench: &Bench,
    studio: &Simulator,
    daemon: &impl Fn(&str) -> Result<Daemon, String>,
    gateway: Option<&Gateway>,
) -> Result<Vec<Figure>, String> {
    let (interval, passes) = if bench.quick { ("500ms", 16) } else { ("1s", 60) };
    let daemon = daemon(interval)?;
    daemon.wait_for(&["lmstudio models refreshed", "lmstudio answers"])?;
    // All connections are there, and the file is believed by its stat.
    studio.wait_for_listings(if bench.quick { 8 } else { 6 })?;
    let (began, asked, before) = (Instant::now(), studio.listings()?, daemon.cost()?);
    let of_gateway = gateway.map(|gateway| gateway.process.cost_of_all()).transpose()?;
    studio.wait_for_listings(passes)?;
    let (after, made) = (daemon.cost()?, (studio.listings()? - asked) as f64);
    let took = began.elapsed().as_secs_f64();
    let cpu = (after.cpu - before.cpu).as_secs_f64() / made;
    let wakeups = (after.wakeups - before.wakeups) as f64 / made;
    let mut rss = Figure::new("idle.rss", "idle daemon: resident memory", after.rss as f64, Unit::Memory)
        .beside(format!("of which {} belong to no file", show(after.anonymous as f64, Unit::Memory)))
        .at_most(f64::from(6 << 20));
    let mut pass =
        Figure::new("idle.pass_cpu", "one pass of the daemon, unchanged: processor time", cpu, Unit::Seconds)
            .beside("5 models, every witness asked, measured at an interval of ".to_owned() + interval)
            .at_most(0.3e-3);
    if let (Some(gateway), Some(of_gateway)) = (gateway, of_gateway) {
        let now = gateway.process.cost_of_all()?;
        rss.beside += &format!("; the gateway itself: {}", show(now.rss as f64, Unit::Memory));
        let share = (now.cpu.saturating_sub(of_gateway.cpu)).as_secs_f64() / took;
        pass.beside += &format!("; the gateway takes {} a second meanwhile", show(share, Unit::Seconds));
    }
    daemon.stop()?;
    Ok(vec![
        pass,
        rss,
        Figure::new(
            "idle.day_cpu",
            "idle daemon: processor time a day, at 10 s",
            cpu * PASSES_A_DAY,
            Unit::Seconds,
        )
        .at_most(5.0),
        Figure::new("idle.wakeups", "idle daemon: wake-ups a pass, of all threads", wakeups, Unit::Count),
    ])
}

/// What it costs to look for inference, once at each witness.
fn looks(
    bench: &Bench,
    world: &World,
    studio: &Simulator,
    gateway: Option<&Gateway>,
) -> Result<Vec<Figure>, String> {
    let rounds = if bench.quick { "50" } else { "500" };
    let mut witnesses = vec![
        ("session-locks", world.state().display().to_string()),
        ("lmstudio", studio.base().trim_end_matches("/v1").to_owned()),
    ];
    witnesses.extend(gateway.map(|gateway| ("gateway", gateway.url())));
    let mut figures = Vec::new();
    for (witness, address) in witnesses {
        let found = bench.work(&["look", witness, &address, TOKEN, rounds])?;
        let (wall, cpu) = (number(&found, "wall_ns") / 1e9, number(&found, "cpu_ns") / 1e9);
        let key = |of: &str| format!("look.{witness}.{of}");
        figures.extend([
            Figure::new(
                key("wall"),
                format!("a look for inference, {witness}: wall time"),
                wall,
                Unit::Seconds,
            )
            .at_most(5e-3),
            Figure::new(
                key("cpu"),
                format!("a look for inference, {witness}: processor time"),
                cpu,
                Unit::Seconds,
            )
            .at_most(0.2e-3),
        ]);
    }
    Ok(figures)
}

/// How soon a change is in the running gateway's picker, once LM Studio has told of it.
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
        whole.push(number(&line, "since_lmstudio_answer_ms") / 1e3);
        openclaw.push(number(&line, "gateway_ms") / 1e3);
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
        .beside(format!(
            "OpenClaw's own share: {}; before that, up to an interval",
            show(openclaw, Unit::Seconds)
        ))
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

/// The simulated LM Studio, as a process of its own: with the WebSocket that the gauge asks.
struct Simulator {
    address: String,
    _process: Daemon,
}

impl Simulator {
    fn start(bench: &Bench, world: &World) -> Result<Self, String> {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr());
        let address = free.map_err(|error| error.to_string())?.to_string();
        let mut command = world.command(&bench.programs.lmsync);
        let process = Daemon::start(command.args(["simulator", "--control", "--listen", &address]))?;
        process.wait_for(&["serves at"])?;
        Ok(Self { address, _process: process })
    }

    fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    fn change(&self, what: &str) -> Result<(), String> {
        self.ask("POST", "/simulator/models", what).map(drop)
    }

    /// How often its list was asked for.
    fn listings(&self) -> Result<usize, String> {
        Ok(self.ask("GET", "/simulator/requests", "")?.matches("\"/v1/models\"").count())
    }

    fn wait_for_listings(&self, more: usize) -> Result<(), String> {
        let until = self.listings()? + more;
        let began = Instant::now();
        while self.listings()? < until {
            if began.elapsed() > Duration::from_secs(300) {
                return Err("the daemon asks no more".into());
            }
            pause(Duration::from_millis(100));
        }
        Ok(())
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let exchange = || {
            let mut stream = TcpStream::connect(&self.address)?;
            let length = body.len();
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}",
                self.address
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        exchange().map_err(|error: std::io::Error| format!("the simulator does not answer: {error}"))
    }
}
