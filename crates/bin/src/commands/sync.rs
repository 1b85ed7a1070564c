//! `lmsync sync`: one pass, told to a person or a program.

mod masked;

use std::fmt::Write;
use std::time::Duration;

use adapters_fs::{AgentFiles, ModelsFile, Work, document};
use adapters_http::LmStudio;
use app::{Mode, Outcome, Report, Server, StoreReport, TokioClock};
use config::Settings;
use domain::ports::{ModelStore, ModelStores, SourceError};
use domain::{Chain, HeldModel, HoldReason, Incomplete, Plan};
use serde_json::{Map, Value, json};
use similar::TextDiff;
use tokio::sync::Mutex;
use tokio::time::sleep;

use self::masked::masked;
use crate::commands::config_target::{self, TargetReport};
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::Progress;
use crate::wiring::{self, adapters};
use crate::{changes, gateway, output};

/// How long a single pass waits for a second listing that confirms a removal. Longer waits are for the daemon.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the passes of one server came to: one, or two where a removal had to be confirmed.
struct Passes {
    provider: String,
    /// The server's address, as it is asked.
    address: String,
    results: Vec<Result<Report, SourceError>>,
}

pub(crate) async fn sync(settings: Settings, dry_run: bool, json: bool) -> Result<(), Exit> {
    let mut adapters = adapters(&settings, Work::Here).await?;
    if !dry_run {
        wiring::sweep(&adapters).await;
    }
    let mode = if dry_run { Mode::DryRun } else { Mode::Write };
    let notes = Place::read(&settings, &adapters.stores).await.notes();
    let progress = Progress::new(!json);
    let openclaw_json = settings.gateway.config.clone();
    let gateway =
        gateway::gateway(settings.gateway.clone(), &settings.own_folder, adapters.tls.clone(), Work::Here)
            .await?;
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
            if json { Ok(()) } else { output::print(line) }
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
    } else {
        for passes in &all {
            let text = as_text(passes, &adapters.stores, dry_run).await?;
            // A diff is not wrapped.
            if dry_run { output::print(&text)? } else { output::print_wrapped(&text)? }
        }
        for target in &targets {
            output::print(&target.text(dry_run))?;
        }
        if targets.is_empty() && all.iter().any(|passes| passes.results.iter().any(Result::is_ok)) {
            output::print(&config_target::without_gateway(&openclaw_json).await)?;
        }
        for note in &notes {
            output::print_wrapped(&format!("note: {note}"))?;
        }
    }
    if let Some(TargetReport { result: Err(error), .. }) =
        targets.iter().find(|target| target.result.is_err())
    {
        return Err(Exit::io("failed to change openclaw.json through the gateway", error));
    }
    failure(all)
}

/// Makes a pass, and another one where that may confirm a removal.
pub(crate) async fn passes(
    server: &mut Server<LmStudio>,
    stores: &AgentFiles,
    mode: Mode,
    tell: impl Fn(&str) -> Result<(), Exit>,
) -> Result<Vec<Result<Report, SourceError>>, Exit> {
    let (clock, turn) = (TokioClock::start(), Mutex::new(()));
    let first = server.pass(stores, &clock, &turn, mode).await;
    let wait =
        first.as_ref().ok().filter(|report| !report.held.is_empty()).and_then(|report| report.again_in);
    let mut passes = vec![first];
    if let Some(wait) = wait.filter(|wait| *wait <= PATIENCE) {
        tell(&format!(
            "some models are missing from the list; asking again in {wait:.0?} before they are removed\n"
        ))?;
        sleep(wait).await;
        passes.push(server.pass(stores, &clock, &turn, mode).await);
    }
    Ok(passes)
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

async fn as_text(passes: &Passes, stores: &AgentFiles, dry_run: bool) -> Result<String, Exit> {
    let Passes { provider, address, results } = passes;
    let mut text = String::new();
    let last = results.len().saturating_sub(1);
    for (index, report) in results.iter().enumerate() {
        let Ok(report) = report else { continue };
        if index == 0 {
            text.push_str(&listed(provider, address, report));
        }
        for StoreReport { name, outcome, .. } in &report.stores {
            // Writing to a String cannot fail.
            let _ = match outcome {
                Ok(Outcome::Unchanged) if index == last && last == 0 => {
                    writeln!(text, "{name} is up to date")
                }
                Ok(Outcome::Unchanged | Outcome::Undone(_)) | Err(_) => Ok(()),
                Ok(Outcome::Updated(_)) if dry_run && index < last => Ok(()),
                Ok(Outcome::Updated(plan)) if dry_run => {
                    let diff = file_diff(stores, provider, name, plan).await?;
                    writeln!(
                        text,
                        "{}{diff}dry run: {name} is not written; `lmsync sync` writes it",
                        changes::plan_lines(plan)
                    )
                }
                Ok(Outcome::Updated(plan)) => writeln!(text, "{}wrote {name}", changes::plan_lines(plan)),
            };
        }
        if index == last {
            text.push_str(&held(&report.held));
        }
    }
    Ok(text)
}

fn listed(provider: &str, address: &str, report: &Report) -> String {
    let Report { listed, incomplete, .. } = report;
    let mut text = format!(
        "{provider} at {address} lists {}",
        if *listed == 1 { "1 model".into() } else { format!("{listed} models") }
    );
    let left_out = listed - report.offered().len();
    if left_out > 0 {
        let _ = write!(
            text,
            ", of which {left_out} {} left out (`lmsync explain <id>` says why)",
            if left_out == 1 { "is" } else { "are" }
        );
    }
    if let Some(why) = incomplete {
        let _ = write!(text, "\nnothing is removed: {why}");
    }
    text + "\n"
}

fn held(held: &[HeldModel]) -> String {
    held.iter().fold(String::new(), |mut text, held| {
        let why = match held.reason {
            HoldReason::Unconfirmed => "missing from the list; stays until that is confirmed",
            HoldReason::ListEmpty => "stays: an empty list removes nothing until it has lasted",
            HoldReason::ListIncomplete => "stays: the list that lacks it was not understood as a whole",
        };
        let _ = writeln!(text, "  ? {}  {why}", held.id);
        text
    })
}

/// What the plan would do to the file's text.
async fn file_diff(stores: &AgentFiles, provider: &str, name: &str, plan: &Plan) -> Result<String, Exit> {
    let stores = stores.stores(provider).await;
    let Some(store) = stores.into_iter().find(|store| store.name == name) else { return Ok(String::new()) };
    let store: ModelsFile = store.store;
    let stored = store.load().await?;
    let old = stored.version.0.as_deref();
    // A file that is not there yet is made from an empty object.
    let new = document::edit(old.unwrap_or(b"{}"), provider, plan);
    let (old, new) =
        (old.unwrap_or_default(), new.map_err(|error| Exit::io("failed to plan the write", &error))?);
    let (old, new) = (masked(&String::from_utf8_lossy(old)), masked(&String::from_utf8_lossy(&new)));
    Ok(TextDiff::from_lines(&old, &new).unified_diff().header(name, name).to_string())
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
                Ok(Outcome::Unchanged | Outcome::Undone(_)) => {
                    file.extend([("written".to_owned(), json!(false))])
                }
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
