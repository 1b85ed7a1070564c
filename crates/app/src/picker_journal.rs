//! The picker's part of the journal: whether it shows what was written, and if not, why and what helps.

use std::collections::HashSet;
use std::time::Duration;

use domain::era::{Era, Fate, Shows};
use domain::ports::{ConfigError, PickerError, Running, Shown};
use domain::{Left, ModelId};
use tracing::{debug, info, warn};

use crate::journal::named;
use crate::showing::Seen;
use crate::{Chain, Settled, TargetError, Trouble};

/// How often a picker is asked again that answers, and still does not show the change.
pub(crate) const PATIENCE: usize = 5;

/// Whether a change needs to be told of again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Settled,
    Again,
    /// As soon as no inference runs.
    Waits,
}

/// What the log knows of the picker.
#[derive(Debug, Default)]
pub(crate) struct PickerJournal {
    /// What does not work, as it was told.
    trouble: Option<Trouble>,
    unavailable: bool,
    waits: bool,
    /// The OpenClaw that would run.
    installed: Option<Running>,
}

impl PickerJournal {
    /// Knows of nothing yet but which OpenClaw would run, as far as that can be seen.
    pub(crate) fn new(installed: Option<Running>) -> Self {
        Self { installed, ..Self::default() }
    }

    /// Tells what came of showing a change, each trouble once; gives what the picker shows, or why it does not show what
    /// it should. Where nothing is `fresh`, that all is as it was is not worth a line.
    pub(crate) fn tell(
        &mut self,
        seen: &Seen,
        since_listed: Duration,
        attempts: usize,
        fresh: bool,
    ) -> (Next, Result<Shown, Trouble>) {
        if matches!(seen.target, Some(Ok(Settled::Waits))) {
            if !std::mem::replace(&mut self.waits, true) {
                info!("OpenClaw's configuration gets the lmstudio models when no inference runs any more");
            }
            let waits = Trouble { kind: "waits", error: "inference runs".to_owned(), advice: None };
            return (Next::Waits, Err(waits));
        }
        self.waits = false;
        let (next, mut result) = judge(seen, attempts);
        if let (Err(trouble), Some(installed)) = (&mut result, &self.installed)
            && trouble.kind == "unreachable"
        {
            trouble.error.push_str(&format!(" (OpenClaw {} is installed)", installed.version));
            trouble.advice = Some(once_it_runs(installed.era));
        }
        match &result {
            Ok(shown) if next == Next::Settled => {
                if fresh || self.trouble.is_some() || seen.has_written() {
                    info!(
                        models = shown.models,
                        gateway_ms = millis(shown.took),
                        since_lmstudio_answer_ms = millis(since_listed),
                        "OpenClaw's picker shows the lmstudio models"
                    );
                } else {
                    debug!("OpenClaw's picker still shows the lmstudio models");
                }
                self.trouble = None;
                self.availability(seen, shown.unavailable);
            }
            Ok(_) => debug!("OpenClaw's picker does not show the change yet"),
            Err(trouble) => self.fails(trouble),
        }
        (next, result)
    }

    /// Tells what was written into the second target.
    pub(crate) fn second_target(&self, seen: &Seen) {
        if let Some(Ok(Settled::Written(plan))) = &seen.target {
            let openclaw = seen.running.as_ref().map(|running| running.version.as_str());
            let added = named(plan.diff.added.iter().map(|model| &model.id));
            let changed = named(plan.diff.changed.iter().map(|changed| &changed.after.id));
            let removed = named(plan.diff.removed.iter());
            info!(openclaw, added, changed, removed, "OpenClaw's configuration has the lmstudio models");
        }
    }

    fn availability(&mut self, seen: &Seen, unavailable: bool) {
        if unavailable && !self.unavailable {
            let why = hindrance(seen).map(|(why, _)| why);
            warn!(
                why,
                "OpenClaw lists the lmstudio models, but has no key of its own for them: set LM_API_TOKEN=lm-studio \
                 (LM Studio's API token where it asks for one) in the gateway's environment, and restart it"
            );
        }
        self.unavailable = unavailable;
    }

    fn fails(&mut self, trouble: &Trouble) {
        let Trouble { kind, error, advice } = trouble;
        if self
            .trouble
            .as_ref()
            .is_some_and(|told| told.kind == *kind && (*kind != "hidden" || told == trouble))
        {
            debug!(error, "OpenClaw's picker still does not show the lmstudio models");
        } else if *kind == "unreachable" {
            info!(error, advice, "OpenClaw's picker is not told of the lmstudio models");
        } else {
            warn!(error, advice, "OpenClaw's picker does not show all lmstudio models");
        }
        self.trouble = Some(trouble.clone());
    }
}

/// What becomes of the models while no gateway runs.
fn once_it_runs(era: &Era) -> &'static str {
    if era.shows_by_config_alone() {
        "this version takes the models from openclaw.json, which the gateway changes for lmsync as soon as it runs; \
         OPENCLAW_GATEWAY_URL says where it is"
    } else if era.models_json_matters() {
        "it reads models.json when it starts; OPENCLAW_GATEWAY_URL says where it is"
    } else {
        "this version does not use models.json: update OpenClaw, or set LMSYNC_OPENCLAW_CONFIG=on and restart the gateway \
         after a change"
    }
}

/// What there is to say of what was seen.
fn judge(seen: &Seen, attempts: usize) -> (Next, Result<Shown, Trouble>) {
    let passes = matches!(
        seen.target,
        Some(Err(TargetError::Config(
            ConfigError::Unreachable { .. } | ConfigError::Changed | ConfigError::Failed { .. }
        )))
    );
    match &seen.shown {
        Err(error @ (PickerError::Unreachable { .. } | PickerError::Failed { .. })) => {
            (Next::Again, Err(error.into()))
        }
        Err(error @ PickerError::Forbidden { .. }) => (Next::Settled, Err(error.into())),
        Err(error @ PickerError::Unsupported { .. }) => {
            let next = if passes && attempts < PATIENCE { Next::Again } else { Next::Settled };
            (next, Err(invisible(seen, Trouble::from(error))))
        }
        Ok(shown) if shows_what_it_may(shown, seen) => match &seen.hidden {
            Some((list, hidden)) => {
                let error =
                    format!("{} in openclaw.json does not let in {}", list.place, named(hidden.iter()));
                (Next::Settled, Err(Trouble { kind: "hidden", error, advice: Some(list.advice()) }))
            }
            None if shown.unavailable && passes && attempts < PATIENCE => (Next::Again, Ok(shown.clone())),
            None => (Next::Settled, Ok(shown.clone())),
        },
        Ok(shown) if attempts < PATIENCE => (Next::Again, Ok(shown.clone())),
        Ok(shown) => {
            let missing = named(shown.missing.iter());
            let lingering = named(shown.lingering.iter());
            let error = match (shown.missing.is_empty(), shown.lingering.is_empty()) {
                (false, _) => format!("the picker lacks {missing}"),
                _ => format!("the picker still lists {lingering}"),
            };
            let advice = "is its allowlist (agents.defaults.models, modelPolicy.allow) in the way, or another provider's \
                          entry in models.json wrong? Else restart the gateway";
            (Next::Settled, Err(invisible(seen, Trouble { kind: "hidden", error, advice: Some(advice) })))
        }
    }
}

/// Whether it shows what it should, but for what the user's own list does not let in: some views have that all the same.
fn shows_what_it_may(shown: &Shown, seen: &Seen) -> bool {
    let kept_out: HashSet<&ModelId> = seen.hidden.iter().flat_map(|(_, hidden)| hidden).collect();
    shown.lingering.is_empty() && shown.missing.iter().all(|id| kept_out.contains(id))
}

/// Why this version does not show the models, and what would help; `else_` where that is not known.
fn invisible(seen: &Seen, else_: Trouble) -> Trouble {
    let Some(running) = &seen.running else { return else_ };
    let version = &running.version;
    let era = running.era;
    let nature = match (era.models_json_shows, era.models_json_fate) {
        (Shows::AtOnce | Shows::Refresh, _) => return else_,
        (Shows::Restart, _) => format!("OpenClaw {version} reads models.json only when it starts"),
        (Shows::RefreshWithoutCredential, _) => {
            format!("OpenClaw {version} shows models.json only while it has no credential for the provider")
        }
        (Shows::Nothing, Fate::Removed) => {
            format!("OpenClaw {version} takes the models out of models.json at each turn")
        }
        (Shows::Nothing, _) => {
            format!("OpenClaw {version} writes over the models in models.json at each turn")
        }
    };
    match hindrance(seen) {
        Some((why, advice)) => {
            Trouble { kind: "hidden", error: format!("{nature}; {why}"), advice: Some(advice) }
        }
        None if era.config_shows == Shows::Restart => {
            let advice = "restart the gateway to see the change; LMSYNC_ON_CHANGE can do that";
            Trouble { kind: "restart", error: nature, advice: Some(advice) }
        }
        None => Trouble { kind: "hidden", error: format!("{nature}; {}", else_.error), ..else_ },
    }
}

/// What kept the second target from being used, and what helps.
fn hindrance(seen: &Seen) -> Option<(String, &'static str)> {
    // What would help nothing if it were done is no hindrance.
    let restart = seen.running.as_ref().is_some_and(|running| running.era.config_shows == Shows::Restart);
    match seen.target.as_ref()? {
        Ok(Settled::Left(Left::Off)) if restart => None,
        Ok(Settled::Left(left)) => Some((left.to_string(), left.advice())),
        Ok(_) => None,
        Err(error) => Some((Chain(error).to_string(), target_advice(error))),
    }
}

/// What a person can do where the second target fails.
pub(crate) fn target_advice(error: &TargetError) -> &'static str {
    match error {
        TargetError::Config(ConfigError::Unreachable { .. }) => {
            "OPENCLAW_GATEWAY_URL says where the gateway is"
        }
        TargetError::Config(ConfigError::Forbidden { .. }) => {
            "let lmsync share the gateway's network (compose: network_mode: \"service:openclaw-gateway\") and token"
        }
        // 2026.8.1 says so also of an edit that changed no value, such as a comment removed, until it is started anew.
        TargetError::Config(ConfigError::Changed) => {
            "where nobody else is changing it, restart the gateway: it has not taken in the last edit of openclaw.json"
        }
        TargetError::Config(ConfigError::Failed { .. }) => {
            "`openclaw doctor` tells what is wrong with openclaw.json; LMSYNC_OPENCLAW_CONFIG=off leaves it alone"
        }
        TargetError::Ledger(_) => "lmsync's own folder must be one that it can write to",
    }
}

/// What kind of trouble it is, in a word, and what helps.
pub(crate) fn advise(error: &PickerError) -> (&'static str, &'static str) {
    match error {
        PickerError::Unreachable { .. } => {
            ("unreachable", "it reads models.json when it starts; OPENCLAW_GATEWAY_URL says where it is")
        }
        PickerError::Failed { .. } => ("failed", "trying again"),
        PickerError::Unsupported { .. } => {
            ("unsupported", "restart the gateway to see the change; LMSYNC_ON_CHANGE can do that")
        }
        PickerError::Forbidden { .. } => (
            "forbidden",
            "let lmsync share the gateway's network (compose: network_mode: \"service:openclaw-gateway\") and token",
        ),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::running;

    #[test]
    fn a_version_that_reads_only_at_its_start_asks_for_that_and_for_no_setting() {
        let left = |version: &str| {
            let seen = Seen {
                running: Some(running(version)),
                target: Some(Ok(Settled::Left(Left::Off))),
                shown: Err(PickerError::Unsupported { version: version.to_owned() }),
                hidden: None,
            };
            let (_, result) = PickerJournal::default().tell(&seen, Duration::ZERO, PATIENCE, true);
            let trouble = result.unwrap_err();
            (trouble.kind, trouble.advice.unwrap())
        };
        let (kind, advice) = left("2026.2.12");
        assert!(kind == "restart" && advice.starts_with("restart the gateway"), "{kind}: {advice}");
        let (kind, advice) = left("2026.7.1");
        assert!(kind == "hidden" && advice.starts_with("LMSYNC_OPENCLAW_CONFIG=auto"), "{kind}: {advice}");
    }

    #[test]
    fn while_no_gateway_runs_it_is_told_what_the_installed_version_will_do() {
        let advice = |installed: Option<&str>| {
            let away = || PickerError::Unreachable { address: "ws://h".into(), cause: "refused".into() };
            let seen = Seen { running: None, target: None, shown: Err(away()), hidden: None };
            let mut journal = PickerJournal::new(installed.map(running));
            let (next, result) = journal.tell(&seen, Duration::ZERO, 0, true);
            assert_eq!(next, Next::Again);
            result.unwrap_err().advice.unwrap()
        };
        assert!(advice(None).starts_with("it reads models.json"));
        assert!(advice(Some("2026.9.6")).starts_with("it reads models.json"));
        assert!(advice(Some("2026.7.1")).starts_with("this version takes the models from openclaw.json"));
        assert!(advice(Some("2026.4.15")).starts_with("this version does not use models.json"));
    }

    #[test]
    fn what_the_users_own_list_keeps_out_of_some_views_is_told_at_once_and_by_that_name() {
        let id = |text: &str| ModelId::new(text).unwrap();
        let told = |missing: &[&str]| {
            let missing = missing.iter().map(|text| id(text)).collect();
            let shown =
                Shown { models: 1, missing, lingering: vec![], unavailable: false, took: Duration::ZERO };
            let list = domain::Allowlist {
                place: "agents.defaults.models".to_owned(),
                ..domain::Allowlist::default()
            };
            let hidden = Some((list, vec![id("kept/out")]));
            let seen = Seen { running: Some(running("2026.9.6")), target: None, shown: Ok(shown), hidden };
            PickerJournal::default().tell(&seen, Duration::ZERO, 0, true)
        };
        for missing in [&[][..], &["kept/out"]] {
            let (next, result) = told(missing);
            assert_eq!(next, Next::Settled);
            assert!(result.unwrap_err().error.starts_with("agents.defaults.models"));
        }
        assert_eq!(told(&["kept/out", "another"]).0, Next::Again);
    }
}
