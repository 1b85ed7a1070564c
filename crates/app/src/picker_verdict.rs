//! What an answer of the picker means: whether it shows what it should, why not, and whether it is asked again.

use std::collections::HashSet;

use domain::era::{Era, Fate, Shows};
use domain::ports::{GatewayError, Running, Shown};
use domain::{ModelId, SkipReason};

use crate::config_target::{TargetError, TargetOutcome};
use crate::names::NameList;
use crate::picker_answer::{PickerTrouble, PickerTroubleKind};
use crate::showing::Seen;
use domain::Chain;

/// How often a picker is asked again that answers, and still does not show the change.
pub(crate) const PATIENCE: usize = 4;

/// What an answer of the picker means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The picker was not asked: OpenClaw's configuration gets the models first, once no inference runs.
    Waits,
    /// It was asked.
    Answer {
        /// What it shows, or why that is not what it should.
        result: Result<Shown, PickerTrouble>,
        /// Whether to ask it again about the same change.
        again: bool,
    },
}

/// Says what came of showing a change, and whether the picker is asked again. `attempts` is how often it was asked
/// again already; `installed` is the OpenClaw that would run where no gateway does.
pub(crate) fn assess_answer(seen: &Seen, attempts: usize, installed: Option<&Running>) -> Verdict {
    if matches!(seen.target, Some(Ok(TargetOutcome::Waits))) {
        return Verdict::Waits;
    }
    let (again, mut result) = read_answer(seen, attempts < PATIENCE);
    if let (Err(trouble), Some(installed)) = (&mut result, installed)
        && trouble.kind == PickerTroubleKind::Unreachable
    {
        trouble.error.push_str(&format!(" (OpenClaw {} is installed)", installed.version));
        trouble.advice = Some(once_it_runs(installed.era));
    }
    Verdict::Answer { result, again }
}

/// What becomes of the models while no gateway runs.
fn once_it_runs(era: &Era) -> &'static str {
    if era.shows_by_config_alone() {
        "this version takes the models from openclaw.json, which the gateway changes for lmsync as soon as it runs; \
         OPENCLAW_GATEWAY_URL says where it is"
    } else if era.models_json_matters() {
        "the gateway reads models.json when it starts; where it runs elsewhere, set OPENCLAW_GATEWAY_URL"
    } else {
        "this version does not use models.json: update OpenClaw, or set LMSYNC_OPENCLAW_CONFIG=on and restart \
        the gateway after a change"
    }
}

/// Whether to ask again, and what was found; `patient` is whether a picker that answers may be asked again.
fn read_answer(seen: &Seen, patient: bool) -> (bool, Result<Shown, PickerTrouble>) {
    // What kept the models out of the configuration may pass.
    let passes = matches!(
        seen.target,
        Some(Err(TargetError::Gateway(
            GatewayError::Unreachable { .. } | GatewayError::Changed | GatewayError::Failed { .. }
        )))
    );
    match &seen.shown {
        Err(error @ (GatewayError::Unreachable { .. } | GatewayError::Failed { .. } | GatewayError::Changed)) => {
            (true, Err(error.into()))
        }
        Err(error @ GatewayError::Forbidden { .. }) => (false, Err(error.into())),
        Err(error @ GatewayError::Unsupported { .. }) => {
            (passes && patient, Err(explain_invisible(seen).unwrap_or_else(|| error.into())))
        }
        Ok(shown) if shows_what_it_may(shown, seen) => match &seen.hidden {
            Some((list, hidden)) => {
                let error =
                    format!("{} in openclaw.json does not let in {}", list.place, NameList::of_ids(hidden.iter()));
                let advice = Some(list.advice());
                (false, Err(PickerTrouble { kind: PickerTroubleKind::Hidden, error, advice }))
            }
            None => (shown.unavailable && passes && patient, Ok(shown.clone())),
        },
        Ok(shown) if patient => (true, Ok(shown.clone())),
        // What this version of OpenClaw does may explain it; else its ids say all that is known.
        Ok(shown) => (false, explain_invisible(seen).map_or_else(|| Ok(shown.clone()), Err)),
    }
}

/// What a picker lacks or still lists, as a trouble.
pub(crate) fn describe_difference(shown: &Shown) -> PickerTrouble {
    let error = match (&*shown.missing, &*shown.lingering) {
        ([], lingering) => format!("the picker still lists {}", NameList::of_ids(lingering.iter())),
        (missing, _) => format!("the picker lacks {}", NameList::of_ids(missing.iter())),
    };
    let advice = "is its allowlist (agents.defaults.models, modelPolicy.allow) in the way, or another \
                  provider's entry in models.json wrong? Else restart the gateway";
    PickerTrouble { kind: PickerTroubleKind::Hidden, error, advice: Some(advice) }
}

/// Whether it shows what it should, but for what the user's own list does not let in: some views have that all the
/// same.
fn shows_what_it_may(shown: &Shown, seen: &Seen) -> bool {
    let kept_out: HashSet<&ModelId> = seen.hidden.iter().flat_map(|(_, hidden)| hidden).collect();
    shown.lingering.is_empty() && shown.missing.iter().all(|id| kept_out.contains(id))
}

/// Why this version does not show the models, and what would help; `None` where that is not known.
fn explain_invisible(seen: &Seen) -> Option<PickerTrouble> {
    let running = seen.running.as_ref()?;
    let version = &running.version;
    let era = running.era;
    let nature = match (era.models_json_shows, era.models_json_fate) {
        (Shows::AtOnce | Shows::Refresh, _) => return None,
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
    let hidden = |error, advice| PickerTrouble { kind: PickerTroubleKind::Hidden, error, advice };
    Some(match (find_hindrance(seen), &seen.shown) {
        (Some((why, advice)), _) => hidden(format!("{nature}; {why}"), Some(advice)),
        (None, _) if era.config_shows == Shows::Restart => {
            let advice = "restart the gateway to see the change; LMSYNC_ON_CHANGE can do that";
            PickerTrouble { kind: PickerTroubleKind::Restart, error: nature, advice: Some(advice) }
        }
        // What is in openclaw.json shows by itself, so that what models.json comes to explains nothing.
        (None, Ok(_)) => return None,
        (None, Err(error)) => {
            let PickerTrouble { error, advice, .. } = error.into();
            hidden(format!("{nature}; {error}"), advice)
        }
    })
}

/// What kept the config target from being used, and what helps.
pub(crate) fn find_hindrance(seen: &Seen) -> Option<(String, &'static str)> {
    // What would help nothing if it were done is no hindrance.
    let is =
        |shows: fn(&Era) -> Shows| seen.running.as_ref().is_some_and(|running| shows(running.era) == Shows::Restart);
    match seen.target.as_ref()? {
        Ok(TargetOutcome::Skipped(SkipReason::Off)) if is(|era| era.config_shows) => None,
        Ok(TargetOutcome::Skipped(SkipReason::ShowsNothing)) if is(|era| era.models_json_shows) => None,
        Ok(TargetOutcome::Skipped(reason)) => Some((reason.to_string(), reason.advice())),
        Ok(_) => None,
        Err(error) => Some((Chain(error).to_string(), error.advice())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fakes::running;

    fn answer(seen: &Seen, attempts: usize) -> (bool, Result<Shown, PickerTrouble>) {
        match assess_answer(seen, attempts, None) {
            Verdict::Answer { result, again } => (again, result),
            Verdict::Waits => unreachable!("nothing waits"),
        }
    }

    #[test]
    fn a_change_that_waits_for_inference_is_not_looked_for_yet() {
        let seen = Seen {
            running: Some(running("2026.9.6")),
            target: Some(Ok(TargetOutcome::Waits)),
            shown: Err(GatewayError::Unsupported { version: "2026.9.6".into() }),
            hidden: None,
        };
        assert_eq!(assess_answer(&seen, 0, None), Verdict::Waits);
    }

    #[test]
    fn a_version_that_reads_only_at_its_start_asks_for_that_and_for_no_setting() {
        let left = |version: &str, left: SkipReason| {
            let seen = Seen {
                running: Some(running(version)),
                target: Some(Ok(TargetOutcome::Skipped(left))),
                shown: Err(GatewayError::Unsupported { version: version.to_owned() }),
                hidden: None,
            };
            let trouble = answer(&seen, PATIENCE).1.unwrap_err();
            (trouble.kind, trouble.advice.unwrap())
        };
        for left_by in [SkipReason::Off, SkipReason::ShowsNothing] {
            let (kind, advice) = left("2026.2.12", left_by);
            assert!(
                kind == PickerTroubleKind::Restart && advice.starts_with("restart the gateway"),
                "{kind:?}: {advice}"
            );
        }
        let (kind, advice) = left("2026.7.1", SkipReason::Off);
        assert!(
            kind == PickerTroubleKind::Hidden && advice.starts_with("LMSYNC_OPENCLAW_CONFIG=auto"),
            "{kind:?}: {advice}"
        );
    }

    #[test]
    fn while_no_gateway_runs_it_is_told_what_the_installed_version_will_do() {
        let advice = |installed: Option<&str>| {
            let away = || GatewayError::Unreachable { address: "ws://h".into(), cause: "refused".into() };
            let seen = Seen { running: None, target: None, shown: Err(away()), hidden: None };
            let Verdict::Answer { result, again } = assess_answer(&seen, 0, installed.map(running).as_ref()) else {
                unreachable!("nothing waits")
            };
            assert!(again);
            result.unwrap_err().advice.unwrap()
        };
        assert!(advice(None).starts_with("the gateway reads models.json"));
        assert!(advice(Some("2026.9.6")).starts_with("the gateway reads models.json"));
        assert!(advice(Some("2026.7.1")).starts_with("this version takes the models from openclaw.json"));
        assert!(advice(Some("2026.4.15")).starts_with("this version does not use models.json"));
    }

    #[test]
    fn what_the_users_own_list_keeps_out_of_some_views_is_told_at_once_and_by_that_name() {
        let id = |text: &str| ModelId::new(text).unwrap();
        let verdict = |missing: &[&str]| {
            let missing = missing.iter().map(|text| id(text)).collect();
            let shown = Shown { models: 1, missing, lingering: vec![], unavailable: false, took: Duration::ZERO };
            let list = domain::Allowlist { place: "agents.defaults.models".to_owned(), ..domain::Allowlist::default() };
            let hidden = Some((list, vec![id("kept/out")]));
            let seen = Seen { running: Some(running("2026.9.6")), target: None, shown: Ok(shown), hidden };
            answer(&seen, 0)
        };
        for missing in [&[][..], &["kept/out"]] {
            let (again, result) = verdict(missing);
            assert!(!again);
            assert!(result.unwrap_err().error.starts_with("agents.defaults.models"));
        }
        assert!(verdict(&["kept/out", "another"]).0);
    }
}
