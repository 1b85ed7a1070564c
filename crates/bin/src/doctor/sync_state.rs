//! How things stand, from what the doctor found: the same assessment that the daemon makes.

use adapters_http::GatewayTrouble;
use app::{Chain, Outcome};
use domain::era::{Era, Shows};
use domain::ports::PickerError;
use domain::{Assessment, GatewayNow, ListingNow, PickerNow, ServerNow, Situation, assess};

use super::finding::{Finding, Severity};
use super::gateway::{GatewayFacts, PickerFacts};
use super::{Facts, ServerArea};
use crate::status::gateway_advice;

/// The areas whose findings are about something else than whether OpenClaw shows what the servers list, or whose facts
/// have states of their own.
const ELSEWHERE: [&str; 4] = ["configuration", "daemon", "host", "server"];

/// How things stand. Whatever of the findings fails is a reason not to be in sync.
pub(super) fn assess_facts(facts: &Facts, found: &[Finding]) -> Assessment {
    let texts: Vec<Texts> = facts.servers.iter().map(|server| Texts::new(server, facts, found)).collect();
    let servers: Vec<ServerNow<'_>> =
        facts.servers.iter().zip(&texts).map(|(server, texts)| server_now(server, texts, facts)).collect();
    let why = facts.gateway.seen.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assess(&Situation {
        hangs: None,
        pause: None,
        gateway: gateway_now(&facts.gateway, facts.openclaw.there, &why),
        servers: &servers,
    })
}

fn gateway_now<'a>(gateway: &GatewayFacts, configured: bool, why: &'a str) -> GatewayNow<'a> {
    match &gateway.seen {
        Ok(_) => GatewayNow::Runs,
        Err(GatewayTrouble::Absent | GatewayTrouble::Starting) => {
            if configured || gateway.installed.is_some() { GatewayNow::Away } else { GatewayNow::NoOpenclaw }
        }
        Err(trouble) => GatewayNow::Refuses { why, advice: Some(gateway_advice(trouble)) },
    }
}

/// The texts that the situation of one server borrows.
struct Texts {
    down: Option<String>,
    file: Option<String>,
    picker: Option<String>,
    /// What fails beside that.
    other: Option<String>,
}

impl Texts {
    fn new(server: &ServerArea, facts: &Facts, found: &[Finding]) -> Self {
        let provider = &server.facts.provider;
        let unreadable = facts.contents.iter().find_map(|content| content.unreadable.as_ref());
        let picker = picker_of(facts, provider).and_then(|picker| picker.shown.as_ref().err());
        let mut fails = found.iter().filter(|finding| {
            let area = finding.check.split('.').next().unwrap_or_default();
            let of_another = facts.servers.iter().any(|other| {
                other.facts.provider != *provider && finding.about.as_ref() == Some(&other.facts.provider)
            });
            finding.severity == Severity::Failure && !ELSEWHERE.contains(&area) && !of_another
        });
        Self {
            down: server.facts.answer.as_ref().err().map(|error| Chain(error).to_string()),
            file: unreadable.map(|error| Chain(error).to_string()),
            picker: picker.map(|error| Chain(error).to_string()),
            other: fails.next().map(|finding| finding.sentence.clone()),
        }
    }
}

fn picker_of<'a>(facts: &'a Facts, provider: &str) -> Option<&'a PickerFacts> {
    facts.gateway.pickers.iter().find(|picker| picker.provider == provider)
}

fn server_now<'a>(server: &'a ServerArea, texts: &'a Texts, facts: &'a Facts) -> ServerNow<'a> {
    let provider = &server.facts.provider;
    let era = facts.gateway.era();
    let listing = match (&texts.down, &server.listed) {
        (Some(why), _) => ListingNow::Down { why, advice: None, known: true },
        (None, None) => ListingNow::Unasked,
        (None, Some(listed)) => ListingNow::Models {
            listed: listed.listed,
            offered: listed.offered,
            not_for_chat: listed.not_for_chat,
            removing: 0,
            incomplete: listed.incomplete.as_deref(),
        },
    };
    let counts = era.is_none_or(Era::models_json_matters);
    let passes = facts.contents.iter().flat_map(|content| &content.passes);
    let lacks = passes.filter(|(of, _)| of == provider && counts).map(|(_, outcome)| match outcome {
        Outcome::Updated(plan) => plan.diff.added.len(),
        Outcome::Unchanged | Outcome::Undone(_) => 0,
    });
    let known = picker_of(facts, provider).map(|picker| picker_now(picker, &facts.gateway, texts, era));
    let picker = match (known, &texts.other) {
        (Some(PickerNow::Shows { missing: [], usable: true, .. }) | None, Some(why)) => {
            PickerNow::Hides { why, advice: None }
        }
        (known, _) => known.unwrap_or(PickerNow::Unasked),
    };
    ServerNow {
        provider,
        listing,
        file_trouble: texts.file.as_deref(),
        unwritten: lacks.max().unwrap_or_default(),
        picker,
    }
}

fn picker_now<'a>(
    picker: &'a PickerFacts,
    facts: &GatewayFacts,
    texts: &'a Texts,
    era: Option<&'static Era>,
) -> PickerNow<'a> {
    let why = texts.picker.as_deref().unwrap_or_default();
    match &picker.shown {
        Ok(shown) => PickerNow::Shows {
            models: shown.models,
            missing: &shown.missing,
            lingering: &shown.lingering,
            usable: super::gateway::has_key(facts, picker, era) != Some(false),
            again: false,
            keyless: None,
        },
        Err(PickerError::Unsupported { .. })
            if era.is_some_and(|era| era.models_json_shows == Shows::Restart) =>
        {
            PickerNow::NeedsRestart { why }
        }
        Err(PickerError::Unsupported { .. }) => PickerNow::Hides { why, advice: None },
        Err(_) => PickerNow::Fails { why, advice: None },
    }
}
