//! Whether the picker shows what the files have.

use super::point::{Advice, Point};
use crate::sync_state::situation::{GatewayNow, PickerNow, ServerNow};
use crate::sync_state::state::SyncState;
use crate::text::{by_number, count, name_some};

/// Whether the picker shows what the files have, as far as that is known now.
pub(super) fn shown(server: &ServerNow<'_>, offered: usize, gateway: GatewayNow<'_>) -> Point {
    let provider = server.provider;
    match gateway {
        GatewayNow::NoOpenclaw => {
            return Point::new(SyncState::NoOpenclaw, "No OpenClaw is here that could show models.").advice(
                Advice::line("set OpenClaw up, or name its state folder in OPENCLAW_STATE_DIR", "openclaw onboard"),
            );
        }
        GatewayNow::Away => {
            let advice = match server.picker {
                PickerNow::Fails { advice, .. } => advice.map(Advice::say),
                _ => None,
            };
            return Point::new(
                SyncState::WaitingForOpenclaw,
                "OpenClaw's gateway is not running; lmsync asks it as soon as it starts.",
            )
            .advice(advice);
        }
        GatewayNow::Refuses { why, advice } => return cannot_check(why, advice),
        GatewayNow::Unknown | GatewayNow::Runs => {}
    }
    match server.picker {
        PickerNow::Off => Point::new(
            SyncState::NotChecked,
            "The models are written. lmsync does not ask OpenClaw whether it shows them: LMSYNC_REFRESH is off.",
        ),
        PickerNow::Unasked => {
            Point::new(SyncState::Updating, "The models are written; lmsync is asking OpenClaw whether it shows them.")
        }
        PickerNow::Fails { why, advice } => cannot_check(why, advice),
        PickerNow::NeedsRestart { why } => {
            Point::new(SyncState::NeedsRestart, format!("{why}, so it does not show the last change yet."))
                .advice(Advice::line("restart the gateway; LMSYNC_ON_CHANGE can do that", "openclaw gateway restart"))
        }
        PickerNow::Hides { why, advice } => Point::new(
            SyncState::PickerLacksModels,
            format!("OpenClaw's picker does not show all models of {provider}: {why}."),
        )
        .advice(advice.map(Advice::say)),
        PickerNow::Shows { models, missing, again, .. } if !missing.is_empty() || models < offered => {
            // Where ids are only counted, the number tells.
            let lacks = missing.len().max(offered.saturating_sub(models));
            let which = if missing.is_empty() { String::new() } else { format!(": {}", name_some(missing)) };
            let what = format!("OpenClaw's picker lacks {} of {provider}{which}", count(lacks, "model"));
            if again {
                return Point::new(SyncState::Updating, format!("{what}; lmsync asks again."));
            }
            Point::new(SyncState::PickerLacksModels, format!("{what}.")).models(lacks).advice(Advice::line(
                "is an allowlist in the way, or another provider's entry in models.json wrong? To find out, run",
                "lmsync doctor",
            ))
        }
        PickerNow::Shows { lingering, .. } if !lingering.is_empty() => {
            let sentence = format!(
                "OpenClaw's picker still lists {} of {provider} that {} removed: {}.",
                count(lingering.len(), "model"),
                by_number(lingering.len(), "was", "were"),
                name_some(lingering)
            );
            Point::new(SyncState::Lingering, sentence)
                .models(lingering.len())
                .advice(Advice::line("where that lasts, restart the gateway", "openclaw gateway restart"))
        }
        PickerNow::Shows { usable: false, again, keyless, wants_profile, .. } => {
            no_key(provider, again, keyless, wants_profile)
        }
        PickerNow::Shows { .. } => Point::new(SyncState::InSync, ""),
    }
}

fn cannot_check(why: &str, advice: Option<&str>) -> Point {
    Point::new(
        SyncState::CannotCheck,
        format!("The models are written. Whether OpenClaw shows them is not known: {why}."),
    )
    .advice(advice.map(Advice::say))
}

fn no_key(provider: &str, again: bool, keyless: Option<(&str, &str)>, wants_profile: bool) -> Point {
    if again {
        return Point::new(
            SyncState::Updating,
            format!("OpenClaw lists the models of {provider}, and takes in the key for them."),
        );
    }
    let sentence = format!(
        "OpenClaw lists the models of {provider}, but has no key of its own for them, so it answers no chat with them."
    );
    let without = keyless
        .map(|(why, advice)| format!("it would need none if lmsync wrote openclaw.json, but {why}: {advice}. Else "));
    let without = without.unwrap_or_default();
    let advice = if wants_profile {
        let say = format!("{without}let the doctor write a key for it into the agent's auth-profiles.json");
        Advice::line(say, "lmsync doctor --fix")
    } else if provider == "lmstudio" {
        let say = format!(
            "{without}set LM_API_TOKEN in the gateway's environment (to the token of a server that asks for one), and \
             restart it"
        );
        Advice::line(say, "LM_API_TOKEN=lm-studio")
    } else {
        let line = format!("openclaw config set models.providers.{provider}.apiKey <any text>");
        Advice::line(format!("{without}give openclaw.json a key for it"), line)
    };
    Point::new(SyncState::NoKey, sentence).advice(advice)
}
