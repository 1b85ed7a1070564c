//! What a pass came to, for a person: each change once, with all files that get it.

use std::fmt::Write;

use adapters_fs::{AgentFiles, ModelsFile, document};
use app::{ChangedIds, Outcome, Report, StoreReport, TargetOutcome};
use domain::ports::{ModelStore, ModelStores};
use domain::{HeldModel, HoldReason, Plan, count};
use similar::TextDiff;

use super::masked::masked;
use super::passes::Passes;
use crate::changes;
use crate::commands::config_target::TargetReport;
use crate::exit::Exit;

/// What was done for one server, or would be.
pub(super) fn describe(passes: &Passes, dry_run: bool) -> String {
    let Passes { provider, address, results } = passes;
    let last = results.len().saturating_sub(1);
    let mut text = String::new();
    for (index, report) in results.iter().enumerate() {
        let Ok(report) = report else { continue };
        if index == 0 {
            text.push_str(&listed(provider, address, report));
        }
        // A dry run's first pass of two is the second one without the removals that it confirms.
        if !dry_run || index == last {
            text.push_str(&written(report, dry_run));
        }
        if last == 0 {
            for StoreReport { name, had, outcome, .. } in &report.stores {
                match (outcome, had) {
                    (Ok(Outcome::Unchanged), Some(_)) => text.push_str(&format!("{name} is up to date\n")),
                    (Ok(Outcome::Unchanged), None) => text.push_str(&format!("nothing to write to {name}\n")),
                    _ => {}
                }
            }
        }
        if index == last {
            text.push_str(&held(&report.held));
        }
    }
    text
}

/// Each change, and below it the files that get it: agents mostly get the same one.
fn written(report: &Report, dry_run: bool) -> String {
    let mut changes: Vec<(String, String)> = Vec::new();
    for (name, plan) in plans(report) {
        let lines = changes::plan_lines(plan);
        let file = format!("{} {name}\n", if dry_run { "would write" } else { "wrote" });
        match changes.iter_mut().find(|(known, _)| *known == lines) {
            Some((_, files)) => files.push_str(&file),
            None => changes.push((lines, file)),
        }
    }
    changes.into_iter().map(|(lines, files)| lines + &files).collect()
}

/// The files that change, and how.
fn plans(report: &Report) -> impl Iterator<Item = (&str, &Plan)> {
    report.stores.iter().filter_map(|store| match &store.outcome {
        Ok(Outcome::Updated(plan)) => Some((store.name.as_str(), plan)),
        _ => None,
    })
}

fn listed(provider: &str, address: &str, report: &Report) -> String {
    let Report { listed, incomplete, .. } = report;
    let mut text = format!("{provider} at {address} lists {}", count(*listed, "model"));
    let left_out = listed - report.offered().len();
    if left_out > 0 {
        let _ = write!(text, ", {left_out} left out (`lmsync explain <id>` says why)");
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

/// The last lines of a dry run: how many models would change, and what to type.
pub(super) fn conclude(all: &[Passes], targets: &[TargetReport]) -> String {
    let (mut totals, mut changes) = ([0; 3], false);
    for Passes { provider, results, .. } in all {
        let mut ids = ChangedIds::default();
        let plans = results.last().and_then(|result| result.as_ref().ok()).into_iter().flat_map(plans);
        for (_, plan) in plans {
            changes = true;
            ids.add(&plan.diff);
        }
        for target in targets.iter().filter(|target| target.provider == *provider) {
            if let Ok(TargetOutcome::Written(plan)) = &target.result {
                changes = true;
                ids.add(&plan.diff);
            }
        }
        let ChangedIds { added, changed, removed } = ids;
        for (total, ids) in totals.iter_mut().zip([added, changed, removed]) {
            *total += ids.len();
        }
    }
    let done = totals.into_iter().zip(["added", "changed", "removed"]).filter(|(total, _)| *total > 0);
    let done: Vec<(usize, &str)> = done.collect();
    let models = match done[..] {
        [] if !changes => return "nothing would change\n".to_owned(),
        [] => "no model would change, but the entry's settings".to_owned(),
        [(first, what), ref rest @ ..] => {
            let rest = rest.iter().map(|(total, what)| format!(", {total} {what}"));
            format!("{} would be {what}{}", count(first, "model"), rest.collect::<String>())
        }
    };
    format!("{models}. Run `lmsync sync` to do it.\n")
}

/// What each file's text would become, with all that could be a secret masked.
///
/// # Errors
/// A file that cannot be read, or in which nothing can be changed.
pub(super) async fn file_diffs(passes: &Passes, stores: &AgentFiles) -> Result<String, Exit> {
    let mut text = String::new();
    let Some(Ok(report)) = passes.results.last() else { return Ok(text) };
    let stores = stores.stores(&passes.provider).await;
    for (name, plan) in plans(report) {
        let Some(store) = stores.iter().find(|store| store.name == name) else { continue };
        let store: &ModelsFile = &store.store;
        let stored = store.load().await?;
        let old = stored.version.0.as_deref();
        // A file that is not there yet is made from an empty object.
        let new = document::edit(old.unwrap_or(b"{}"), &passes.provider, plan);
        let new = new.map_err(|error| Exit::io("failed to plan the write", &error))?;
        let [old, new] = [old.unwrap_or_default(), &new].map(|text| masked(&String::from_utf8_lossy(text)));
        text.push_str(&TextDiff::from_lines(&old, &new).unified_diff().header(name, name).to_string());
    }
    Ok(text)
}
