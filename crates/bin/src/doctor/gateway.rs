//! The running gateway: whether it lets us in, which version it is, and what its picker shows.

use std::path::PathBuf;

use adapters_fs::{AuthProfile, EntryKey, has_stored_key};
use adapters_http::{GatewaySeen, GatewayTrouble};
use domain::Chain;
use domain::era::{Abilities, AuthProfiles, Credential, Era, Shows};
use domain::ports::{GatewayError, Running, Shown};

use super::finding::{Finding, Remedy, some};
use crate::host_kind::{HostKind, System};

/// What there is of it.
pub(crate) struct GatewayFacts {
    pub(crate) here: HostKind,
    pub(crate) address: String,
    pub(crate) seen: Result<GatewaySeen, GatewayTrouble>,
    /// The OpenClaw that would run, where the gateway itself says nothing.
    pub(crate) installed: Option<Running>,
    pub(crate) pickers: Vec<PickerFacts>,
    /// openclaw.json
    pub(crate) config_file: PathBuf,
    /// The agent's auth-profiles.json.
    pub(crate) auth_file: PathBuf,
}

/// What its picker shows of one provider.
pub(crate) struct PickerFacts {
    pub(crate) provider: String,
    /// How many models OpenClaw's file holds for it.
    pub(crate) kept: usize,
    /// The name of that file, which the version decides.
    pub(crate) kept_in: &'static str,
    pub(crate) shown: Result<Shown, GatewayError>,
    pub(crate) profile: AuthProfile,
    /// What is written as its address.
    pub(crate) base_url: String,
    /// Whether openclaw.json has an entry for the provider.
    pub(crate) has_entry: bool,
    /// What that entry has for a key.
    pub(crate) key: EntryKey,
    /// Whether that entry lists models.
    pub(crate) rows: bool,
    /// Whether the server asks for a key that a person has set.
    pub(crate) own_key: bool,
}

impl GatewayFacts {
    /// The era of OpenClaw, as far as anything tells it.
    pub(crate) fn era(&self) -> Option<&'static Era> {
        match &self.seen {
            Ok(seen) => {
                let methods = seen.methods;
                let can = Abilities {
                    auth_status: methods.auth_status,
                    preflight: methods.preflight,
                    suspend: methods.suspend,
                };
                Some(Era::for_gateway(&seen.version, can))
            }
            Err(_) => self.installed.as_ref().map(|installed| installed.era),
        }
    }
}

pub(crate) fn diagnose(facts: &GatewayFacts) -> Vec<Finding> {
    let era = facts.era();
    let mut found = Vec::new();
    match &facts.seen {
        Err(trouble) => found.push(unreached(facts, trouble)),
        Ok(seen) => {
            found.push(Finding::good(
                "gateway.reachable",
                format!("it answers at {}, and lets lmsync read", facts.address),
            ));
            found.extend(era.map(|era| version(seen, era, facts.here.system())));
        }
    }
    found.extend(era.and_then(|era| harmful(facts, era)));
    for picker in &facts.pickers {
        let of = era.and_then(|era| credential(facts, picker, era));
        let shown = facts.seen.is_ok().then(|| self::picker(picker, era));
        found.extend(of.into_iter().chain(shown.flatten()).map(|finding| finding.about(&picker.provider)));
    }
    found
}

fn unreached(facts: &GatewayFacts, trouble: &GatewayTrouble) -> Finding {
    const REACHED: &str = "gateway.reachable";
    const SCOPES: &str = "gateway.scopes";
    const START_THE_GATEWAY: &str =
        "docker compose -f docker-compose.yml -f compose.lmsync.yaml up -d openclaw-gateway";
    let address = &facts.address;
    let then = || once_it_runs(facts.installed.as_ref());
    match trouble {
        GatewayTrouble::Absent => {
            Finding::warning(REACHED, format!("no gateway listens at {address}; {}", then())).line(
                format!(
                    "start it{}; where it is elsewhere, name it in OPENCLAW_GATEWAY_URL",
                    outside(facts.here)
                ),
                "openclaw gateway run",
            )
        }
        GatewayTrouble::Stopped => {
            let sentence =
                format!("the gateway's container does not run, or was started a moment ago; {}", then());
            Finding::warning(REACHED, sentence)
                .line("start it; its health check starts lmsync's relay there", START_THE_GATEWAY)
        }
        GatewayTrouble::NoRelay => {
            let sentence = format!(
                "lmsync's relay, which leads to the gateway at {address}, does not run in its container: the list is \
                 kept, and the picker is not refreshed"
            );
            let remedy = "look again half a minute after its start; else start the gateway with the health check that \
                          starts the relay";
            Finding::failure(REACHED, sentence).line(remedy, START_THE_GATEWAY)
        }
        GatewayTrouble::Starting => {
            Finding::warning(REACHED, format!("the gateway at {address} is starting"))
                .line("look again in a moment", "lmsync doctor")
        }
        GatewayTrouble::Silent => {
            Finding::warning(REACHED, format!("what listens at {address} does not answer in time"))
                .line("look at it, and restart it where it hangs", "openclaw gateway status")
        }
        GatewayTrouble::TokenRefused => {
            let sentence = format!("the gateway at {address} refuses the token or password, or wants one");
            Finding::failure("gateway.token", sentence)
                .line("give lmsync the one that the gateway was started with", "OPENCLAW_GATEWAY_TOKEN=…")
        }
        GatewayTrouble::NotPaired => {
            Finding::failure(SCOPES, format!("the gateway at {address} wants this device to be approved"))
                .line("approve it", "openclaw devices approve")
        }
        GatewayTrouble::NoRights => {
            let sentence = format!(
                "the gateway at {address} lets lmsync in, and grants it no right to read: it comes from another host"
            );
            let finding = Finding::failure(SCOPES, sentence);
            match facts.here {
                HostKind::Container("Kubernetes") => finding.fix("run lmsync in the gateway's pod: a container beside it"),
                HostKind::Container(_) => {
                    finding.line("share the gateway's network, in compose", "network_mode: \"service:openclaw-gateway\"")
                }
                _ => finding.line(
                    "run lmsync where the gateway runs; or come from there, with OPENCLAW_GATEWAY_URL=ws://127.0.0.1:18789, by",
                    "ssh -N -L 18789:127.0.0.1:18789 HOST",
                ),
            }
        }
        GatewayTrouble::Other(why) => {
            Finding::failure(REACHED, format!("what listens at {address} is no gateway: {why}"))
                .line("name the gateway's address", "OPENCLAW_GATEWAY_URL=ws://127.0.0.1:18789")
        }
    }
}

/// Where OpenClaw's own command is, seen from here.
fn outside(here: HostKind) -> &'static str {
    match here {
        HostKind::Container(_) => " where OpenClaw runs",
        HostKind::Wsl(_) => " on the side of Windows or WSL where OpenClaw is",
        HostKind::Mac | HostKind::Windows | HostKind::Linux => "",
    }
}

/// What becomes of the models when the gateway starts.
fn once_it_runs(installed: Option<&Running>) -> String {
    match installed {
        Some(Running { version, era }) if era.shows_by_config_alone() => {
            format!(
                "OpenClaw {version} takes the models from openclaw.json, which lmsync fills through it once it runs"
            )
        }
        Some(Running { version, era }) if !era.models_json_matters() => {
            format!("OpenClaw {version} does not use models.json")
        }
        _ => "it reads models.json when it starts".to_owned(),
    }
}

fn version(seen: &GatewaySeen, era: &Era, system: System) -> Finding {
    const CHECK: &str = "gateway.version";
    let told = format!("it is OpenClaw {} (as {})", seen.version, era.name());
    match era.models_json_shows {
        Shows::AtOnce | Shows::Refresh => {
            Finding::good(CHECK, format!("{told}: changes show without a restart"))
        }
        Shows::Restart => Finding::warning(CHECK, format!("{told}: a change shows after its restart alone"))
            .line(
                "update OpenClaw (2026.9.5 and later need none), or restart it after each change by",
                // lmsync starts it without a shell, and Windows has OpenClaw's command as a script.
                match system {
                    System::Windows => "LMSYNC_ON_CHANGE=\"openclaw.cmd gateway restart\"",
                    System::Linux | System::Wsl2 | System::MacOs => "LMSYNC_ON_CHANGE=\"openclaw gateway restart\"",
                },
            ),
        _ if era.config_shows == Shows::AtOnce => {
            Finding::good(CHECK, format!("{told}: it shows what openclaw.json holds, which lmsync keeps too"))
        }
        Shows::RefreshWithoutCredential | Shows::Nothing => {
            Finding::warning(CHECK, format!("{told}: it does not show what models.json holds")).line(
                "update OpenClaw (2026.9.5 and later need no more); else let lmsync keep openclaw.json too, and restart \
                 the gateway after each change",
                "LMSYNC_OPENCLAW_CONFIG=on",
            )
        }
    }
}

/// A file that early versions want and late ones refuse.
fn harmful(facts: &GatewayFacts, era: &Era) -> Option<Finding> {
    let there = facts.pickers.iter().any(|picker| picker.profile != AuthProfile::NoFile);
    (there && era.auth_profiles == AuthProfiles::Harmful).then(|| {
        let file = facts.auth_file.display();
        Finding::failure(
            "gateway.auth-profiles",
            format!("{file} keeps OpenClaw {} from starting, or from listing models", era.name()),
        )
        .line("let OpenClaw take its credentials over (it keeps the old file)", "openclaw doctor --fix")
    })
}

/// Whether OpenClaw has a key of its own for the provider; `None` where that cannot be seen from here.
pub(crate) fn has_key(facts: &GatewayFacts, picker: &PickerFacts, era: Option<&Era>) -> Option<bool> {
    let PickerFacts { profile, key, rows, .. } = picker;
    let era = era?;
    let told_by_gateway = facts.seen.as_ref().is_ok_and(|seen| seen.methods.auth_status);
    match &picker.shown {
        Ok(shown) if told_by_gateway && shown.models > 0 => Some(!shown.unavailable),
        _ => has_stored_key(*key, *rows, *profile, era),
    }
}

/// Whether OpenClaw has a key of its own for the provider, without which no chat is answered.
fn credential(facts: &GatewayFacts, picker: &PickerFacts, era: &Era) -> Option<Finding> {
    const CHECK: &str = "gateway.credential";
    let PickerFacts { provider, profile, own_key, has_entry, .. } = picker;
    let has = has_key(facts, picker, Some(era))?;
    if has {
        return Some(Finding::good(CHECK, format!("OpenClaw has a key of its own for {provider}")));
    }
    let finding = Finding::failure(
        CHECK,
        format!("OpenClaw has no key of its own for {provider}, so it answers no chat with these models"),
    );
    if era.credentials.contains(&Credential::AuthProfile) {
        let finding = finding.line(
            format!("write one (any text does, where the server asks for none) into {}", facts.auth_file.display()),
            format!("{{\"version\":1,\"profiles\":{{\"{provider}:default\":{{\"type\":\"api_key\",\"provider\":\"{provider}\",\"key\":\"lm-studio\"}}}}}}"),
        );
        let remedy = Remedy::AuthProfile { file: facts.auth_file.clone(), provider: provider.clone() };
        return Some(if *own_key || *profile == AuthProfile::Unreadable {
            finding
        } else {
            finding.by(remedy)
        });
    }
    let value = if *own_key { "KEY_OF_THE_SERVER" } else { "lm-studio" };
    let finding = if era.credentials.contains(&Credential::Environment) && provider == "lmstudio" {
        finding.line(
            "set it in the gateway's environment, and restart the gateway",
            format!("LM_API_TOKEN={value}"),
        )
    } else {
        finding.line(
            "give openclaw.json an entry for it",
            format!("openclaw config set models.providers.{provider}.apiKey {value}"),
        )
    };
    let patches = facts.seen.as_ref().is_ok_and(|seen| seen.methods.config_patch);
    // Beside a credential the versions before show no model of models.json.
    if *own_key || !patches || era.models_json_shows != Shows::Refresh {
        return Some(finding);
    }
    let new_at = (!has_entry).then(|| picker.base_url.clone());
    let (file, provider) = (facts.config_file.clone(), provider.clone());
    Some(finding.by(Remedy::ProviderKey { file, provider, new_at }))
}

/// Whether the picker shows what the file holds.
fn picker(picker: &PickerFacts, era: Option<&Era>) -> Option<Finding> {
    const CHECK: &str = "gateway.picker";
    let kept_in = picker.kept_in;
    match &picker.shown {
        Ok(shown) if !shown.missing.is_empty() => {
            let ids: Vec<&str> = shown.missing.iter().map(domain::ModelId::as_str).collect();
            Some(Finding::failure(CHECK, format!("the picker does not show what {kept_in} holds: {}", some(&ids)))
                .line("is another provider's entry wrong, or an allowlist in the way (above)? Else restart the gateway", "openclaw gateway restart"))
        }
        Ok(shown) if shown.models > picker.kept => Some(
            Finding::warning(
                CHECK,
                format!(
                    "the picker shows {} of {}, and {kept_in} holds {}",
                    shown.models, picker.provider, picker.kept
                ),
            )
            .line(
                "the others come from another place (openclaw.json, OpenClaw's own plugin); what openclaw.json has, says",
                format!("openclaw config get models.providers.{}", picker.provider),
            ),
        ),
        Ok(shown) => Some(Finding::good(
            CHECK,
            format!("the picker shows {}, as {kept_in} does", super::finding::count(shown.models, "model")),
        )),
        Err(GatewayError::Unsupported { .. })
            if era.is_some_and(|era| era.models_json_shows == Shows::Restart) =>
        {
            Some(
                Finding::failure(CHECK, "the picker shows what models.json held when the gateway started")
                    .line(
                        "restart the gateway, so that it reads models.json again",
                        "openclaw gateway restart",
                    ),
            )
        }
        // The finding about the version says it.
        Err(GatewayError::Unsupported { .. }) => None,
        Err(error) => Some(
            Finding::failure(CHECK, format!("the picker cannot be asked: {}", Chain(error)))
                .line("look at the gateway's log", "openclaw logs"),
        ),
    }
}
