//! The running gateway: whether it lets us in, which version it is, and what its picker shows.

mod facts;
mod unreached;

use adapters_fs::{AuthProfile, EntryKey, has_stored_key};
use adapters_http::GatewaySeen;
use domain::era::{AuthProfiles, Credential, Era, Shows};
use domain::ports::GatewayError;
use domain::{Chain, ModelId, count, name_some};

use self::facts::REACHED;
pub(crate) use self::facts::{GatewayFacts, PickerFacts};
use self::unreached::unreached;
use super::finding::{Check, Finding, Remedy};
use crate::host_kind::HostKind;

pub(crate) fn diagnose(facts: &GatewayFacts) -> Vec<Finding> {
    let era = facts.era();
    let mut found = Vec::new();
    match &facts.seen {
        Err(trouble) => found.push(unreached(facts, trouble)),
        Ok(seen) => {
            found.push(REACHED.good(format!("it answers at {}, and lets lmsync read", facts.address)));
            found.push(version(seen, facts.here));
        }
    }
    found.extend(era.and_then(|era| harmful(facts, era)));
    for picker in &facts.pickers {
        let key = era.and_then(|era| credential(facts, picker, era));
        let shown = if facts.seen.is_ok() { diagnose_picker(picker, era) } else { None };
        found.extend(key.into_iter().chain(shown).map(|finding| finding.about(&picker.provider)));
    }
    found
}

fn version(seen: &GatewaySeen, here: HostKind) -> Finding {
    const CHECK: Check = Check("gateway.version");
    let era = seen.era;
    let told = format!("it is OpenClaw {} (as {})", seen.version, era.name());
    match era.models_json_shows {
        Shows::AtOnce | Shows::Refresh => CHECK.good(format!("{told}: changes show without a restart")),
        Shows::Restart => {
            // lmsync starts it without a shell, and Windows has OpenClaw's command as a script.
            let openclaw = if here == HostKind::Windows { "openclaw.cmd" } else { "openclaw" };
            CHECK.warning(format!("{told}: a change shows after its restart alone")).line(
                "update OpenClaw (2026.9.5 and later need none), or restart it after each change by",
                format!("LMSYNC_ON_CHANGE=\"{openclaw} gateway restart\""),
            )
        }
        _ if era.config_shows == Shows::AtOnce => {
            CHECK.good(format!("{told}: it shows what openclaw.json holds, which lmsync keeps too"))
        }
        Shows::RefreshWithoutCredential | Shows::Nothing => {
            CHECK.warning(format!("{told}: it does not show what models.json holds")).line(
                "update OpenClaw (2026.9.5 and later need no more); else let lmsync keep openclaw.json too, and \
                 restart the gateway after each change",
                "LMSYNC_OPENCLAW_CONFIG=on",
            )
        }
    }
}

/// A file that early versions want and late ones refuse.
fn harmful(facts: &GatewayFacts, era: &Era) -> Option<Finding> {
    let there = facts.pickers.iter().any(|picker| picker.profile != AuthProfile::NoFile);
    (there && era.auth_profiles == AuthProfiles::Harmful).then(|| {
        let (file, name) = (facts.auth_file.display(), era.name());
        Check("gateway.auth-profiles")
            .failure(format!("{file} keeps OpenClaw {name} from starting, or from listing models"))
            .line("let OpenClaw take its credentials over (it keeps the old file)", "openclaw doctor --fix")
    })
}

/// Whether OpenClaw has a key of its own for the provider, without which no chat is answered; `None` where that cannot
/// be seen from here.
pub(crate) fn has_key(facts: &GatewayFacts, picker: &PickerFacts, era: Option<&Era>) -> Option<bool> {
    let era = era?;
    let told_by_gateway = facts.seen.as_ref().is_ok_and(|seen| seen.methods.auth_status);
    match &picker.shown {
        Ok(shown) if told_by_gateway && shown.models > 0 => Some(!shown.unavailable),
        _ => {
            let (key, rows) =
                picker.entry.as_ref().map_or((EntryKey::None, false), |entry| (entry.key, !entry.models.is_empty()));
            has_stored_key(key, rows, picker.profile, era)
        }
    }
}

fn credential(facts: &GatewayFacts, picker: &PickerFacts, era: &Era) -> Option<Finding> {
    const CHECK: Check = Check("gateway.credential");
    let PickerFacts { provider, profile, own_key, entry, .. } = picker;
    if has_key(facts, picker, Some(era))? {
        return Some(CHECK.good(format!("OpenClaw has a key of its own for {provider}")));
    }
    let finding = CHECK
        .failure(format!("OpenClaw has no key of its own for {provider}, so it answers no chat with these models"));
    if era.credentials.contains(&Credential::AuthProfile) {
        let file = facts.auth_file.display();
        let profiles =
            format!(r#"{{"{provider}:default":{{"type":"api_key","provider":"{provider}","key":"lm-studio"}}}}"#);
        let finding = finding.line(
            format!("write one (any text does, where the server asks for none) into {file}"),
            format!(r#"{{"version":1,"profiles":{profiles}}}"#),
        );
        let is_ours_to_write = !own_key && *profile != AuthProfile::Unreadable;
        let remedy = Remedy::AuthProfile { file: facts.auth_file.clone(), provider: provider.clone() };
        return Some(if is_ours_to_write { finding.by(remedy) } else { finding });
    }
    let value = if *own_key { "KEY_OF_THE_SERVER" } else { "lm-studio" };
    let finding = if era.credentials.contains(&Credential::Environment) && provider == "lmstudio" {
        let say = "set it in the gateway's environment, and restart the gateway";
        finding.line(say, format!("LM_API_TOKEN={value}"))
    } else {
        let line = format!("openclaw config set models.providers.{provider}.apiKey {value}");
        finding.line("give openclaw.json an entry for it", line)
    };
    let patches = facts.seen.as_ref().is_ok_and(|seen| seen.methods.config_patch);
    // Beside a credential the versions before show no model of models.json.
    if *own_key || !patches || era.models_json_shows != Shows::Refresh {
        return Some(finding);
    }
    let new_at = entry.is_none().then(|| picker.base_url.clone());
    let (file, provider) = (facts.config_file.clone(), provider.clone());
    Some(finding.by(Remedy::ProviderKey { file, provider, new_at }))
}

/// Whether the picker shows what the file holds.
fn diagnose_picker(picker: &PickerFacts, era: Option<&Era>) -> Option<Finding> {
    const CHECK: Check = Check("gateway.picker");
    const RESTART: &str = "openclaw gateway restart";
    let PickerFacts { provider, kept, kept_in, .. } = picker;
    Some(match &picker.shown {
        Ok(shown) if !shown.missing.is_empty() => {
            let ids: Vec<&str> = shown.missing.iter().map(ModelId::as_str).collect();
            CHECK.failure(format!("the picker does not show what {kept_in} holds: {}", name_some(&ids))).line(
                "is another provider's entry wrong, or an allowlist in the way (above)? Else restart the gateway",
                RESTART,
            )
        }
        Ok(shown) if shown.models > *kept => {
            let models = shown.models;
            CHECK.warning(format!("the picker shows {models} of {provider}, and {kept_in} holds {kept}")).line(
                "the others come from another place (openclaw.json, OpenClaw's own plugin); to see what \
                 openclaw.json has, run",
                format!("openclaw config get models.providers.{provider}"),
            )
        }
        Ok(shown) => CHECK.good(format!("the picker shows {}, as {kept_in} does", count(shown.models, "model"))),
        Err(GatewayError::Unsupported { .. }) if era.is_some_and(|era| era.models_json_shows == Shows::Restart) => {
            CHECK
                .failure("the picker shows what models.json held when the gateway started")
                .line("restart the gateway, so that it reads models.json again", RESTART)
        }
        // The finding about the version says it.
        Err(GatewayError::Unsupported { .. }) => return None,
        Err(error) => CHECK
            .failure(format!("the picker cannot be asked: {}", Chain(error)))
            .line("look at the gateway's log", "openclaw logs"),
    })
}
