//! How things stand, from what the doctor found: the same assessment that the daemon makes.

use app::{OpenclawStatus, Outcome};
use domain::era::{Era, Shows};
use domain::ports::GatewayError;
use domain::{Assessment, Chain, ListingNow, PickerNow, ServerNow, Situation, assess};

use super::facts::Facts;
use super::finding::{Finding, Severity};
use super::gateway::{PickerFacts, has_key};
use super::server::ServerFacts;
use crate::status::gateway_link;

/// The areas whose findings are about something else than whether OpenClaw shows what the servers list, or whose facts
/// have states of their own.
const ELSEWHERE: [&str; 4] = ["configuration", "daemon", "host", "server"];

/// How things stand. Whatever of the findings fails is a reason not to be in sync.
pub(super) fn assess_facts(facts: &Facts, found: &[Finding]) -> Assessment {
    let texts: Vec<Texts> = facts.servers.iter().map(|server| Texts::new(server, facts, found)).collect();
    let servers: Vec<ServerNow<'_>> =
        facts.servers.iter().zip(&texts).map(|(server, texts)| server_now(server, texts, facts)).collect();
    let openclaw = OpenclawStatus {
        link: gateway_link(Some(facts.gateway.seen.as_ref().map(|_| ()).map_err(Clone::clone))),
        is_there: facts.openclaw.there || facts.gateway.installed.is_some(),
        picker_is_off: false,
    };
    assess(&Situation { hangs: None, pause: None, gateway: openclaw.gateway(), servers: &servers })
}

/// The texts that the situation of one server borrows.
struct Texts {
    down: String,
    incomplete: Option<String>,
    file: Option<String>,
    picker: String,
    /// What fails beside that.
    other: Option<String>,
}

impl Texts {
    fn new(server: &ServerFacts, facts: &Facts, found: &[Finding]) -> Self {
        let provider = &server.provider;
        let is_of_another = |finding: &Finding| {
            let mut others = facts.servers.iter().filter(|other| other.provider != *provider);
            others.any(|other| finding.about.as_ref() == Some(&other.provider))
        };
        let fails = found.iter().find(|finding| {
            finding.severity == Severity::Failure && !ELSEWHERE.contains(&finding.area()) && !is_of_another(finding)
        });
        let incomplete = server.answer.as_ref().ok().and_then(|answered| answered.report.incomplete.as_ref());
        let unreadable = facts.files.iter().find_map(|file| file.content.unreadable.as_ref());
        let picker = picker_of(facts, provider).and_then(|picker| picker.shown.as_ref().err());
        Self {
            down: server.answer.as_ref().err().map(|error| Chain(error).to_string()).unwrap_or_default(),
            incomplete: incomplete.map(ToString::to_string),
            file: unreadable.map(|error| Chain(error).to_string()),
            picker: picker.map(|error| Chain(error).to_string()).unwrap_or_default(),
            other: fails.map(|finding| finding.sentence.clone()),
        }
    }
}

fn picker_of<'a>(facts: &'a Facts, provider: &str) -> Option<&'a PickerFacts> {
    facts.gateway.pickers.iter().find(|picker| picker.provider == provider)
}

fn server_now<'a>(server: &'a ServerFacts, texts: &'a Texts, facts: &'a Facts) -> ServerNow<'a> {
    let provider = &server.provider;
    let listing = match &server.answer {
        Err(_) => ListingNow::Down { why: &texts.down, advice: None, known: true },
        Ok(answered) => ListingNow::Models {
            listed: answered.report.listed,
            offered: answered.report.offered().len(),
            not_for_chat: answered.not_for_chat(),
            removing: 0,
            incomplete: texts.incomplete.as_deref(),
        },
    };
    let passes = facts.files.iter().flat_map(|file| &file.content.passes);
    let lacks = passes.filter(|(name, _)| name == provider).map(|(_, outcome)| match outcome {
        Outcome::Updated(plan) => plan.diff.added.len(),
        Outcome::Unchanged | Outcome::Undone(_) => 0,
    });
    let matters = facts.gateway.era().is_none_or(Era::models_json_matters);
    let known = picker_of(facts, provider).map(|picker| picker_now(picker, facts, texts));
    let picker = match (known, &texts.other) {
        (Some(PickerNow::Shows { missing: [], usable: true, .. }) | None, Some(why)) => {
            PickerNow::Hides { why, advice: None }
        }
        (known, _) => known.unwrap_or(PickerNow::Unasked),
    };
    ServerNow {
        provider,
        listing,
        empty_after: None,
        file_trouble: texts.file.as_deref(),
        unwritten: if matters { lacks.max().unwrap_or_default() } else { 0 },
        picker,
    }
}

fn picker_now<'a>(picker: &'a PickerFacts, facts: &Facts, texts: &'a Texts) -> PickerNow<'a> {
    let (era, why) = (facts.gateway.era(), &texts.picker);
    match &picker.shown {
        Ok(shown) => PickerNow::Shows {
            models: shown.models,
            missing: &shown.missing,
            lingering: &shown.lingering,
            usable: has_key(&facts.gateway, picker, era) != Some(false),
            again: false,
            keyless: None,
            wants_profile: false,
        },
        Err(GatewayError::Unsupported { .. }) if era.is_some_and(|era| era.models_json_shows == Shows::Restart) => {
            PickerNow::NeedsRestart { why }
        }
        Err(GatewayError::Unsupported { .. }) => PickerNow::Hides { why, advice: None },
        Err(_) => PickerNow::Fails { why, advice: None },
    }
}

#[cfg(test)]
mod tests;
