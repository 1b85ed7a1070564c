//! The picker's part of the log: whether it shows what was written, and if not, why and what helps. It decides nothing.

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use domain::ports::Shown;
use tracing::{debug, info, warn};

use crate::config_target::TargetOutcome;
use crate::picker_answer::{PickerTrouble, PickerTroubleKind};
use crate::picker_verdict::{Verdict, describe_difference, find_hindrance};
use crate::server_log::names_of;
use crate::showing::Seen;

/// What the log has said of the picker.
#[derive(Debug, Default)]
pub(crate) struct PickerLog {
    /// Whether no gateway answers: that is one line, however many providers there are.
    away: bool,
    providers: BTreeMap<String, ProviderLog>,
}

/// What it has said of one provider's models there.
#[derive(Debug, Default)]
struct ProviderLog {
    provider: String,
    /// What does not work, as it was logged.
    trouble: Option<PickerTrouble>,
    unavailable: bool,
    waits: bool,
}

impl PickerLog {
    /// Logs what came of showing a provider's change, each trouble once. Where nothing is `fresh`, it is worth no line
    /// that all is as it was.
    pub(crate) fn answer(
        &mut self,
        provider: &str,
        seen: &Seen,
        verdict: &Verdict,
        since_listed: Duration,
        fresh: bool,
    ) {
        let log = self.providers.entry(provider.to_owned()).or_default();
        provider.clone_into(&mut log.provider);
        match verdict {
            Verdict::Answer { result: Err(trouble), .. } if trouble.kind == PickerTroubleKind::Unreachable => {
                if !mem::replace(&mut self.away, true) {
                    let PickerTrouble { error, advice, .. } = trouble;
                    info!(name: "picker_unreachable", error, advice, "no gateway of OpenClaw answers");
                }
                log.trouble = Some(trouble.clone());
            }
            _ => {
                self.away = false;
                log.answer(seen, verdict, since_listed, fresh);
            }
        }
    }

    /// Logs what was written into the config target.
    pub(crate) fn config_target(&self, provider: &str, seen: &Seen) {
        if let Some(Ok(TargetOutcome::Written(plan))) = &seen.target {
            let openclaw = seen.running.as_ref().map(|running| running.version.as_str());
            let [added, changed, removed] = names_of(&plan.diff);
            let (added, changed, removed) = (added.as_value(), changed.as_value(), removed.as_value());
            info!(
                name: "openclaw_config_written", provider, openclaw, added, changed, removed,
                "OpenClaw's configuration has the {provider} models"
            );
        }
    }
}

impl ProviderLog {
    fn answer(&mut self, seen: &Seen, verdict: &Verdict, since_listed: Duration, fresh: bool) {
        let provider = &self.provider;
        let Verdict::Answer { result, again } = verdict else {
            if !mem::replace(&mut self.waits, true) {
                info!(
                    name: "openclaw_config_waits", provider,
                    "OpenClaw's configuration gets the {provider} models when no inference runs any more"
                );
            }
            return;
        };
        self.waits = false;
        match result {
            Ok(shown) if !again && shown.is_as_expected() => self.shows(seen, shown, since_listed, fresh),
            Ok(shown) if !again => self.fails(&describe_difference(shown)),
            Ok(_) => debug!(provider, "OpenClaw's picker does not show the change yet"),
            Err(trouble) => self.fails(trouble),
        }
    }

    fn shows(&mut self, seen: &Seen, shown: &Shown, since_listed: Duration, fresh: bool) {
        let provider = &self.provider;
        if fresh || self.trouble.is_some() || seen.has_written() {
            info!(
                name: "picker_shows",
                provider,
                models = shown.models,
                gateway_seconds = shown.took.as_secs_f64(),
                since_listed_seconds = since_listed.as_secs_f64(),
                "OpenClaw's picker shows the {provider} models"
            );
        } else {
            debug!("OpenClaw's picker still shows the {provider} models");
        }
        self.trouble = None;
        self.availability(seen, shown.unavailable);
    }

    fn availability(&mut self, seen: &Seen, unavailable: bool) {
        let provider = &self.provider;
        if unavailable && !self.unavailable {
            let why = find_hindrance(seen).map(|(why, _)| why);
            let advice = if seen.wants_profile() {
                "`lmsync doctor --fix` writes one into the agent's auth-profiles.json"
            } else if provider != "lmstudio" {
                "`lmsync doctor` says how OpenClaw gets one"
            } else {
                "set LM_API_TOKEN=lm-studio (LM Studio's API token where it asks for one) in the gateway's \
                environment, and restart it"
            };
            warn!(
                name: "no_key", provider, why, advice,
                "OpenClaw lists the {provider} models, but has no key of its own for them"
            );
        }
        self.unavailable = unavailable;
    }

    fn fails(&mut self, trouble: &PickerTrouble) {
        let provider = &self.provider;
        let PickerTrouble { kind, error, advice } = trouble;
        if self
            .trouble
            .as_ref()
            .is_some_and(|known| known.kind == *kind && (*kind != PickerTroubleKind::Hidden || known == trouble))
        {
            debug!(provider, error, "OpenClaw's picker still does not show the {provider} models");
        } else {
            let fails = match kind {
                PickerTroubleKind::Forbidden | PickerTroubleKind::Failed => "cannot be asked about the",
                _ => "does not show all",
            };
            warn!(name: "picker_fails", provider, error, advice, "OpenClaw's picker {fails} {provider} models");
        }
        self.trouble = Some(trouble.clone());
    }
}
