//! `lmsync sync`: one pass, described to a person or a program.

mod masked;
pub(crate) mod passes;
mod text;

use adapters_fs::Work;
use app::{Mode, Outcome, StoreReport};
use config::Settings;
use domain::{Chain, HeldModel, HoldReason, Incomplete};
use serde_json::{Map, Value, json};

use self::passes::{Passes, passes};
use crate::commands::config_target::{self, TargetReport};
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::Progress;
use crate::wiring::{self, adapters};
use crate::{changes, gateway, output};

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) dry_run: bool,
    /// Show what would become of each file's text, too.
    pub(crate) diff: bool,
    pub(crate) json: bool,
    /// Print nothing of what was done.
    pub(crate) quiet: bool,
}

pub(crate) async fn sync(settings: Settings, asked: Asked) -> Result<(), Exit> {
    let Asked { dry_run, diff, json, quiet } = asked;
    // A dry run is asked for what it prints.
    let quiet = quiet && !dry_run;
    let mut adapters = adapters(&settings, Work::Here).await?;
    if !dry_run {
        wiring::sweep(&adapters).await;
    }
    let mode = if dry_run { Mode::DryRun } else { Mode::Write };
    let notes = Place::read(&settings, &adapters.stores).await.notes();
    let progress = Progress::new(!json && !quiet);
    let openclaw_json = settings.gateway.config.clone();
    let gateway =
        gateway::gateway(settings.gateway.clone(), &settings.own_folder, adapters.tls.clone(), Work::Here).await?;
    let target = gateway::config_target(
        settings.config_target,
        &gateway,
        &openclaw_json,
        &settings.own_folder,
        wiring::agent_files(&settings, Work::Here),
        &gateway,
        Work::Here,
    );
    gateway::remember(&target, &mut adapters.servers).await;
    let (mut all, mut targets) = (Vec::new(), Vec::new());
    for (server, address) in adapters.servers.iter_mut().zip(adapters.factory.addresses()) {
        let provider = server.profile().provider.clone();
        progress.show(&format!("asking {address}"));
        let tell = |line: &str| {
            progress.clear();
            if json || quiet { Ok(()) } else { output::print_wrapped(line) }
        };
        let passes = passes(server, &adapters.stores, mode, tell);
        all.push(Passes { provider, address, results: passes.await? });
        let Some(Ok(report)) = all.last().and_then(|passes| passes.results.last()) else { continue };
        progress.show("asking OpenClaw's gateway");
        targets.extend(config_target::make(&target, &report.desired, mode).await);
    }
    drop(progress);
    if json {
        let mut object = to_json(adapters.server.api.to_string(), dry_run, &all);
        object["notes"] = json!(notes);
        object["openclawConfig"] = targets.iter().map(|target| target.to_json(dry_run)).collect();
        output::print_json(&object)?;
    } else if !quiet {
        for passes in &all {
            output::print_wrapped(&text::describe(passes, dry_run))?;
            if diff {
                output::print(&text::file_diffs(passes, &adapters.stores).await?)?;
            }
        }
        for target in &targets {
            output::print_wrapped(&target.text(dry_run))?;
        }
        let is_listed = all.iter().any(|passes| passes.results.iter().any(Result::is_ok));
        if targets.is_empty() && is_listed {
            output::print_wrapped(&config_target::without_gateway(&openclaw_json).await)?;
        }
        for note in &notes {
            output::print_wrapped(&format!("note: {note}"))?;
        }
        if dry_run && is_listed {
            output::print_wrapped(&text::conclude(&all, &targets))?;
        }
    }
    if let Some(TargetReport { result: Err(error), .. }) = targets.iter().find(|target| target.result.is_err()) {
        return Err(Exit::io("failed to change openclaw.json through the gateway", error));
    }
    failure(all)
}

/// The first thing that failed, if any.
fn failure(all: Vec<Passes>) -> Result<(), Exit> {
    for result in all.into_iter().flat_map(|passes| passes.results) {
        for store in result?.stores {
            store.outcome?;
        }
    }
    Ok(())
}

/// One object: what changed in all, and each server with its files.
fn to_json(server: String, dry_run: bool, all: &[Passes]) -> Value {
    let mut sum = Map::new();
    for (key, value) in [("server", json!(server)), ("dryRun", json!(dry_run)), ("written", json!(false))] {
        sum.insert(key.into(), value);
    }
    for list in ["added", "changed", "removed"] {
        sum.insert(list.into(), json!([]));
    }
    let mut servers = Vec::new();
    for Passes { provider, address, results } in all {
        let mut files = Vec::new();
        for StoreReport { name, outcome, .. } in results.iter().flatten().flat_map(|report| &report.stores) {
            let mut file = Map::from_iter([("file".to_owned(), json!(name))]);
            match outcome {
                Ok(Outcome::Unchanged | Outcome::Undone(_)) => file.extend([("written".to_owned(), json!(false))]),
                Ok(Outcome::Updated(plan)) => {
                    let change = changes::to_json(&plan.diff, plan.settings, &plan.replaced);
                    add_up(&mut sum, &change, !dry_run);
                    file.extend([("written".to_owned(), json!(!dry_run))]);
                    file.extend(change);
                }
                Err(error) => file.extend([("error".to_owned(), json!(Chain(error).to_string()))]),
            }
            files.push(Value::Object(file));
        }
        let last = results.last();
        let report = last.and_then(|result| result.as_ref().ok());
        let held = |held: &HeldModel| json!({ "id": held.id.as_str(), "reason": hold_reason(held.reason) });
        servers.push(json!({
            "provider": provider,
            "server": address,
            "listed": report.map(|report| report.listed),
            "skipped": report.map(|report| report.incomplete.as_ref().map_or(0, Incomplete::skipped)),
            "incomplete": report.and_then(|report| report.incomplete.as_ref()).map(ToString::to_string),
            "offered": report.map(|report| report.offered().map(|id| id.as_str()).collect::<Vec<_>>()),
            "held": report.map_or_else(Vec::new, |report| report.held.iter().map(held).collect()),
            "error": last.and_then(|result| result.as_ref().err()).map(|error| Chain(error).to_string()),
            "files": files,
        }));
    }
    sum.insert("servers".into(), servers.into());
    Value::Object(sum)
}

/// Why a model is held, as programs read it.
pub(super) fn hold_reason(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::Unconfirmed => "unconfirmed",
        HoldReason::ListEmpty => "list-empty",
        HoldReason::ListIncomplete => "list-incomplete",
    }
}

/// Adds one file's change to the sum of all; the same done to another file counts once.
fn add_up(sum: &mut Map<String, Value>, change: &Map<String, Value>, written: bool) {
    for list in ["added", "changed", "removed"] {
        if let (Some(Value::Array(sum)), Some(Value::Array(new))) = (sum.get_mut(list), change.get(list)) {
            let new: Vec<Value> = new.iter().filter(|value| !sum.contains(value)).cloned().collect();
            sum.extend(new);
        }
    }
    if written {
        sum.insert("written".into(), true.into());
    }
}
