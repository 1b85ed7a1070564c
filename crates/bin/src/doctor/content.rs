//! What a model list holds: whether OpenClaw takes it, and whether it says what the servers serve.

use adapters_fs::{Reader, Refusal};
use app::Outcome;
use domain::era::{Era, Release};
use domain::ports::StoreError;
use domain::{Chain, Plan};

use super::finding::{Finding, count};
use super::lines;
use crate::host_kind::System;

/// What there is of one file.
pub(crate) struct ContentFacts {
    pub(crate) path: std::path::PathBuf,
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

pub(crate) fn diagnose(
    facts: &ContentFacts,
    era: Option<&Era>,
    daemon_runs: bool,
    system: System,
) -> Vec<Finding> {
    let mut found = Vec::new();
    match &facts.unreadable {
        Some(StoreError::Malformed { cause, .. }) => found.push(
            Finding::failure(
                "models-json.parses",
                format!("OpenClaw cannot read it, and shows no model of any provider: {}", Chain(&**cause)),
            )
            .line(
                "where it breaks, says",
                // These quotes are the same to every system's shell.
                format!(
                    "node -e \"JSON.parse(require('fs').readFileSync(process.argv[1]))\" {}",
                    lines::path(system, &facts.path)
                ),
            ),
        ),
        // The findings about the place say already why it cannot be read or replaced.
        Some(_) => {}
        None => {
            if facts.there {
                found.extend(schema(facts, era));
            }
            found.extend(
                facts.passes.iter().map(|(provider, outcome)| current(provider, outcome, era, daemon_runs)),
            );
        }
    }
    let about = facts.path.display().to_string();
    found.into_iter().map(|finding| finding.about(about.clone())).collect()
}

fn schema(facts: &ContentFacts, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: &str = "models-json.schema";
    let ContentFacts { early, late, .. } = facts;
    let told = |refusal: &Refusal, severity: fn(&'static str, String) -> Finding, who: &str| {
        let Refusal { place, why } = refusal;
        severity(CHECK, format!("{place} {why}: {who} the whole file for it, other providers too"))
            .fix(format!("mend {place}, or remove the provider that it belongs to"))
    };
    let reader =
        era.map(|era| if era.since >= Release::new(2026, 8, 1) { Reader::Late } else { Reader::Early });
    let found: Vec<Finding> = match reader {
        Some(reader) => {
            let all = if reader == Reader::Late { late } else { early };
            all.iter().map(|refusal| told(refusal, Finding::failure, "OpenClaw refuses")).collect()
        }
        None => {
            let both = late.iter().filter(|refusal| early.contains(refusal));
            let both = both.map(|refusal| told(refusal, Finding::failure, "OpenClaw refuses"));
            let some = late
                .iter()
                .filter(|refusal| !early.contains(refusal))
                .map(|refusal| told(refusal, Finding::warning, "OpenClaw from 2026.8 on refuses"));
            let others = early
                .iter()
                .filter(|refusal| !late.contains(refusal))
                .map(|refusal| told(refusal, Finding::warning, "OpenClaw up to 2026.7 refuses"));
            both.chain(some).chain(others).collect()
        }
    };
    if found.is_empty() {
        vec![Finding::good(CHECK, "OpenClaw's own rules accept all of its providers")]
    } else {
        found
    }
}

fn current(provider: &str, outcome: &Outcome, era: Option<&Era>, daemon_runs: bool) -> Finding {
    const CHECK: &str = "models-json.current";
    let plan = match outcome {
        Outcome::Unchanged => {
            return Finding::good(CHECK, format!("{provider}: it holds what the server offers"));
        }
        Outcome::Updated(plan) | Outcome::Undone(plan) => plan,
    };
    if era.is_some_and(|era| !era.models_json_matters()) {
        let name = era.map(Era::name).unwrap_or_default();
        return Finding::good(CHECK, format!("{provider}: OpenClaw {name} keeps no models of ours in it"));
    }
    let sentence = format!("{provider}: it is behind the server: {}", behind(plan));
    let finding = if plan.diff.added.is_empty() {
        Finding::warning(CHECK, sentence)
    } else {
        Finding::failure(CHECK, sentence)
    };
    if daemon_runs {
        finding.line(
            "the daemon writes it with its next pass, unless something holds it; what it does, says",
            "lmsync status",
        )
    } else {
        finding
            .line("no daemon runs: write it once with this, or keep it true with `lmsync run`", "lmsync sync")
    }
}

fn behind(plan: &Plan) -> String {
    let parts = [
        (plan.diff.added.len(), "is missing", "are missing"),
        (plan.diff.changed.len(), "has changed", "have changed"),
        (plan.diff.removed.len(), "is gone there", "are gone there"),
    ];
    let mut told: Vec<String> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| {
            format!("{} {}", count(number, "model"), if number == 1 { one } else { many })
        })
        .collect();
    if told.is_empty() {
        told.push("the provider's own settings differ".to_owned());
    }
    told.join(", ")
}
