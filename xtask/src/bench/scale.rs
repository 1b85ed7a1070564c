//! How a pass grows with the list: beside serde_json on the same bytes, and what memory the daemon takes for it.

use std::time::Duration;

use serde_json::Value;

use super::Bench;
use super::daemon::Daemon;
use super::figure::{Figure, Unit, show};
use super::studio::Studio;
use super::world::World;

/// The longest list is as long as lmsync reads at all.
const MODELS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

pub(super) fn measure(bench: &Bench) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    let mut per_model = Vec::new();
    for models in MODELS {
        let rounds = if bench.quick { 20_000 / models } else { 400_000 / models }.clamp(3, 2_000);
        let found = bench.work(&["time", &models.to_string(), &rounds.to_string()])?;
        let ns = |name: &str| found[name].as_f64().unwrap_or(f64::NAN);
        let (pass, floor) = (ns("pass_ns"), ns("floor_ns"));
        per_model.push((models, pass / models as f64));
        figures.push(
            Figure::new(
                format!("scale.{models}.per_floor"),
                format!("{} models: parse, plan, edit and check, per floor", thousands(models)),
                pass / floor,
                Unit::Times,
            )
            .beside(format!(
                "{}, {} a model; serde_json reading and writing the same bytes: {}",
                show(pass / 1e9, Unit::Seconds),
                show(pass / 1e9 / models as f64, Unit::Seconds),
                show(floor / 1e9, Unit::Seconds),
            ))
            .at_most(3.0),
        );
    }
    let long: Vec<f64> = per_model.iter().filter(|(models, _)| *models >= 1_000).map(|(_, time)| *time).collect();
    let (least, most) = long.iter().fold((f64::MAX, 0_f64), |(least, most), time| (least.min(*time), most.max(*time)));
    figures.push(
        Figure::new("scale.flat", "time a model, 1,000 to 100,000: the most per the least", most / least, Unit::Times)
            .at_most(1.25),
    );
    for models in if bench.quick { &MODELS[3..4] } else { &MODELS[3..] } {
        figures.push(memory(bench, *models)?);
    }
    Ok(figures)
}

/// The most memory that the daemon takes to write so many models, and to find them unchanged afterwards.
fn memory(bench: &Bench, models: usize) -> Result<Figure, String> {
    let studio = Studio::start().map_err(|error| error.to_string())?;
    let world = World::new(bench.workspace.target())?;
    studio.list(models);
    let mut command = world.lmsync(&bench.programs.lmsync, &studio.base());
    command.arg("run").env("OPENCLAW_GATEWAY_PORT", "9").env("LMSYNC_INTERVAL", "500ms");
    let daemon = Daemon::start(&mut command)?;
    daemon.wait_for(&["lmstudio models refreshed"])?;
    let written = studio.asked();
    while studio.asked() < written + 3 {
        pause(Duration::from_millis(50));
    }
    let peak = daemon.cost()?.peak;
    daemon.stop()?;
    let file = std::fs::metadata(world.models_json()).map_err(|error| error.to_string())?.len();
    let body = body(models);
    let bytes = body + file;
    Ok(Figure::new(
        format!("scale.{models}.peak"),
        format!("{} models: the daemon's peak memory per byte of the answer and the file", thousands(models)),
        peak as f64 / bytes as f64,
        Unit::Times,
    )
    .beside(format!(
        "{} for an answer of {} and a file of {}",
        show(peak as f64, Unit::Memory),
        show(body as f64, Unit::Bytes),
        show(file as f64, Unit::Bytes),
    ))
    .at_most(5.0))
}

/// The length of the server's answer.
fn body(models: usize) -> u64 {
    // Each entry has the same length; see `Studio::list`.
    let entry = r#"{"id":"publisher-00/model-000000-7b","object":"model","owned_by":"organization_owner"},"#.len();
    (entry * models) as u64
}

#[expect(clippy::disallowed_methods, reason = "a task has no runtime to block")]
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn thousands(number: usize) -> String {
    match number {
        1_000.. => format!("{},{:03}", number / 1_000, number % 1_000),
        _ => number.to_string(),
    }
}

/// A number of an example's answer.
pub(super) fn number(found: &Value, name: &str) -> f64 {
    found[name].as_f64().unwrap_or(f64::NAN)
}
