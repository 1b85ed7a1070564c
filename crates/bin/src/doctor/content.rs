//! What a model list holds: whether OpenClaw takes it, and whether it says what the servers serve.

use std::path::PathBuf;

use adapters_fs::Refusal;
use app::Outcome;
use domain::era::{Era, Release};
use domain::ports::StoreError;
use domain::{Chain, Plan, by_number, count};

use super::finding::{Check, Finding, Severity};
use super::lines;
use crate::host_kind::HostKind;

/// What there is of one file.
pub(crate) struct ContentFacts {
    pub(crate) path: PathBuf,
    /// Why it cannot be read; then nothing else is known of it.
    pub(crate) unreadable: Option<StoreError>,
    /// Whether there is a file.
    pub(crate) there: bool,
    /// What each reader would refuse it for.
    pub(crate) early: Vec<Refusal>,
    pub(crate) late: Vec<Refusal>,
    /// For each provider whose server answered: what a pass would do to it.
    pub(crate) passes: Vec<(String, Outcome)>,
}

pub(crate) fn diagnose(facts: &ContentFacts, era: Option<&Era>, daemon_runs: bool, here: HostKind) -> Vec<Finding> {
    let mut found = Vec::new();
    match &facts.unreadable {
        Some(StoreError::Malformed { cause, .. }) => {
            let why = Chain(&**cause);
            // These quotes are the same to every system's shell.
            let parse = "JSON.parse(require('fs').readFileSync(process.argv[1]))";
            let line = format!("node -e \"{parse}\" {}", lines::path(here, &facts.path));
            found.push(
                Check("models-json.parses")
                    .failure(format!("OpenClaw cannot read it, and shows no model of any provider: {why}"))
                    .line("to see where it breaks, run", line),
            );
        }
        // The findings about the place say already why it cannot be read or replaced.
        Some(_) => {}
        None => {
            if facts.there {
                found.extend(schema(facts, era));
            }
            let passes = facts.passes.iter();
            found.extend(passes.map(|(provider, outcome)| current(provider, outcome, era, daemon_runs)));
        }
    }
    found.into_iter().map(|finding| finding.about(facts.path.display().to_string())).collect()
}

fn schema(facts: &ContentFacts, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: Check = Check("models-json.schema");
    let ContentFacts { early, late, .. } = facts;
    let is_late = era.map(|era| era.since >= Release::new(2026, 8, 1));
    let refused = |refusal: &Refusal| {
        let (severity, who) = match (early.contains(refusal), late.contains(refusal), is_late) {
            (true, true, _) | (true, _, Some(false)) | (_, true, Some(true)) => (Severity::Failure, "OpenClaw refuses"),
            (_, true, None) => (Severity::Warning, "OpenClaw from 2026.8 on refuses"),
            (true, _, None) => (Severity::Warning, "OpenClaw up to 2026.7 refuses"),
            _ => return None,
        };
        let Refusal { place, why } = refusal;
        let sentence = format!("{place} {why}: {who} the whole file for it, other providers too");
        let say = format!("mend {place}, or remove the provider that it belongs to");
        Some(CHECK.finding(severity, sentence).fix(say))
    };
    let all = late.iter().chain(early.iter().filter(|refusal| !late.contains(refusal)));
    let found: Vec<Finding> = all.filter_map(refused).collect();
    if found.is_empty() { vec![CHECK.good("OpenClaw's own rules accept all of its providers")] } else { found }
}

fn current(provider: &str, outcome: &Outcome, era: Option<&Era>, daemon_runs: bool) -> Finding {
    const CHECK: Check = Check("models-json.current");
    let plan = match outcome {
        Outcome::Unchanged => return CHECK.good(format!("{provider}: it holds what the server offers")),
        Outcome::Updated(plan) | Outcome::Undone(plan) => plan,
    };
    if let Some(era) = era.filter(|era| !era.models_json_matters()) {
        return CHECK.good(format!("{provider}: OpenClaw {} keeps no models of ours in it", era.name()));
    }
    let severity = if plan.diff.added.is_empty() { Severity::Warning } else { Severity::Failure };
    let (say, line) = if daemon_runs {
        (
            "the daemon writes it with its next pass, unless something holds it; to see what it does, run",
            "lmsync status",
        )
    } else {
        ("no daemon runs: write it once with this, or keep it true with `lmsync run`", "lmsync sync")
    };
    CHECK.finding(severity, format!("{provider}: {}", pending(plan))).line(say, line)
}

/// What of the server's list the file does not have yet.
fn pending(plan: &Plan) -> String {
    let parts = [
        (plan.diff.added.len(), "is not in it yet", "are not in it yet"),
        (plan.diff.changed.len(), "has old values", "have old values"),
        (plan.diff.removed.len(), "is no longer listed", "are no longer listed"),
    ];
    let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
    let told =
        parts.map(|(number, one, several)| format!("{} {}", count(number, "model"), by_number(number, one, several)));
    let told: Vec<String> = told.collect();
    if told.is_empty() { "the provider's own settings have old values".to_owned() } else { told.join(", ") }
}
