//! How things stand, from what the doctor found: the same assessment that the daemon makes.

use adapters_http::GatewayTrouble;
use app::Outcome;
use domain::era::{Era, Shows};
use domain::ports::GatewayError;
use domain::{Assessment, Chain, GatewayNow, ListingNow, PickerNow, ServerNow, Situation, assess};

use super::content::ContentFacts;
use super::facts::{Facts, ServerArea};
use super::finding::{Finding, Severity};
use super::gateway::{GatewayFacts, PickerFacts};
use crate::status::gateway_advice;

/// The areas whose findings are about something else than whether OpenClaw shows what the servers list, or whose facts
/// have states of their own.
const ELSEWHERE: [&str; 4] = ["configuration", "daemon", "host", "server"];

/// How things stand. Whatever of the findings fails is a reason not to be in sync.
pub(super) fn assess_facts(facts: &Facts, found: &[Finding]) -> Assessment {
    let Facts { servers, contents, gateway, .. } = facts;
    assess_known(Known { servers, contents, gateway, configured: facts.openclaw.there }, found)
}

/// What of the facts decides.
#[derive(Clone, Copy)]
struct Known<'a> {
    servers: &'a [ServerArea],
    contents: &'a [ContentFacts],
    gateway: &'a GatewayFacts,
    /// Whether there is an openclaw.json.
    configured: bool,
}

fn assess_known(facts: Known<'_>, found: &[Finding]) -> Assessment {
    let texts: Vec<Texts> = facts.servers.iter().map(|server| Texts::new(server, facts, found)).collect();
    let servers: Vec<ServerNow<'_>> =
        facts.servers.iter().zip(&texts).map(|(server, texts)| server_now(server, texts, facts)).collect();
    let why = facts.gateway.seen.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assess(&Situation {
        hangs: None,
        pause: None,
        gateway: gateway_now(facts.gateway, facts.configured, &why),
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
    fn new(server: &ServerArea, facts: Known<'_>, found: &[Finding]) -> Self {
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

fn picker_of<'a>(facts: Known<'a>, provider: &str) -> Option<&'a PickerFacts> {
    facts.gateway.pickers.iter().find(|picker| picker.provider == provider)
}

fn server_now<'a>(server: &'a ServerArea, texts: &'a Texts, facts: Known<'a>) -> ServerNow<'a> {
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
    let known = picker_of(facts, provider).map(|picker| picker_now(picker, facts.gateway, texts, era));
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
            wants_profile: false,
        },
        Err(GatewayError::Unsupported { .. })
            if era.is_some_and(|era| era.models_json_shows == Shows::Restart) =>
        {
            PickerNow::NeedsRestart { why }
        }
        Err(GatewayError::Unsupported { .. }) => PickerNow::Hides { why, advice: None },
        Err(_) => PickerNow::Fails { why, advice: None },
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use adapters_fs::{AuthProfile, EntryKey};
    use adapters_http::{GatewayMethods, GatewaySeen};
    use domain::era::Abilities;
    use domain::ports::Shown;
    use domain::{ModelId, SyncState};
    use proptest::prelude::*;

    use super::*;
    use crate::doctor::gateway;
    use crate::doctor::listed::{self, Listed};
    use crate::doctor::server::{Answered, ServerFacts};
    use crate::host_kind::HostKind;

    /// A server that lists so many models, and offers OpenClaw so many of them.
    fn server(listed: usize, offered: usize) -> ServerArea {
        let provider = "lmstudio".to_owned();
        let answered = Answered { took: Duration::ZERO, product: None, version: None, api: None };
        ServerArea {
            facts: ServerFacts {
                lm_studio: true,
                ..ServerFacts::with_answer(HostKind::Linux, "h", Ok(answered))
            },
            listed: Some(Listed {
                provider,
                lm_studio: true,
                listed,
                offered,
                not_for_chat: listed - offered,
                incomplete: None,
                unlisted: Vec::new(),
            }),
            offered: Vec::new(),
        }
    }

    fn seen(version: &str, auth_status: bool) -> GatewaySeen {
        GatewaySeen {
            version: version.to_owned(),
            era: Era::for_gateway(version, Abilities::default()),
            protocol: 4,
            methods: GatewayMethods { auth_status, ..GatewayMethods::default() },
            reads: true,
            started_at: None,
        }
    }

    fn shown(models: usize, missing: bool, unavailable: bool) -> Shown {
        let missing = if missing { vec![ModelId::new("a").unwrap()] } else { Vec::new() };
        Shown { models, missing, lingering: Vec::new(), unavailable, took: Duration::ZERO }
    }

    proptest! {
        #[test]
        fn it_is_never_in_sync_while_the_doctor_fails(
            (offered, more) in (0usize..3, 0usize..3),
            (models, missing, unavailable) in (0usize..4, any::<bool>(), any::<bool>()),
            answers in any::<bool>(),
            (version, auth_status) in (prop::sample::select(&["2026.2.12", "2026.7.1", "2026.9.6"][..]), any::<bool>()),
            trouble in prop::option::weighted(0.2, prop::sample::select(&[
                GatewayTrouble::Absent, GatewayTrouble::TokenRefused, GatewayTrouble::NoRights,
            ][..])),
            key in prop::sample::select(&[EntryKey::None, EntryKey::Key][..]),
            other in prop::option::weighted(0.2, prop::sample::select(&[
                "openclaw.mode", "models-json.parses", "state.file", "gateway.auth-profiles",
            ][..])),
        ) {
            let servers = [server(offered + more, offered)];
            let picker = PickerFacts {
                provider: "lmstudio".into(),
                kept: offered,
                kept_in: "models.json",
                shown: if answers {
                    Ok(shown(models, missing, unavailable))
                } else {
                    Err(GatewayError::Unsupported { version: version.to_owned() })
                },
                profile: AuthProfile::NoFile,
                base_url: "http://h:1234/v1".into(),
                has_entry: key != EntryKey::None,
                key,
                rows: false,
                own_key: false,
            };
            let gateway = GatewayFacts {
                here: HostKind::Linux,
                address: "ws://h:1".into(),
                seen: trouble.map_or_else(|| Ok(seen(version, auth_status)), Err),
                installed: None,
                pickers: vec![picker],
                config_file: PathBuf::from("openclaw.json"),
                auth_file: PathBuf::from("auth-profiles.json"),
            };
            let mut found: Vec<Finding> = servers[0].listed.iter().flat_map(listed::diagnose).collect();
            found.extend(gateway::diagnose(&gateway));
            found.extend(other.map(|check| Finding::failure(check, "it fails")));
            let known = Known { servers: &servers, contents: &[], gateway: &gateway, configured: true };
            let state = assess_known(known, &found).state;
            let fails = found.iter().any(|finding| finding.severity == Severity::Failure);
            prop_assert!(!(fails && state == SyncState::InSync), "{state:?}: {found:#?}");
        }
    }
}
