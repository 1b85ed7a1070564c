//! `lmsync doctor`: the facts (`look`), the findings (a pure function for each area), how they are printed
//! (`report`), and what can be done about it (`repair`).

mod candidates;
mod configuration;
mod content;
mod daemon;
mod diagnosis;
mod facts;
mod finding;
mod gateway;
mod host;
mod lines;
mod listed;
mod look;
mod models;
mod openclaw;
mod path_fault;
mod place;
mod repair;
mod report;
mod server;
mod state;
mod sync_state;
#[cfg(test)]
mod systems;

use config::{Config, Settings};

use crate::exit::Exit;

pub(crate) use self::candidates::reason;
pub(crate) use self::diagnosis::Diagnosis;
use self::facts::{Facts, ServerArea};
pub(crate) use self::finding::{Finding, Severity, count};
pub(crate) use self::path_fault::advice;
pub(crate) use self::repair::{Repair, described, remedies, repair};
pub(crate) use self::report::{as_json, as_text};

/// Checks everything. `tell` hears what the doctor checks now.
pub(crate) async fn examine(config: &Config, settings: Settings, tell: impl Fn(&str)) -> Diagnosis {
    match look::gather(config, settings, tell).await {
        Ok(facts) => {
            let findings = diagnose(&facts);
            Diagnosis { state: Some(sync_state::assess_facts(&facts, &findings)), findings }
        }
        Err(exit) => unusable(&exit),
    }
}

/// What is said where the configuration cannot be used at all.
pub(crate) fn unusable(exit: &Exit) -> Diagnosis {
    Diagnosis { findings: vec![configuration::unusable(&exit.to_string(), exit.advice())], state: None }
}

fn diagnose(facts: &Facts) -> Vec<Finding> {
    let (era, system) = (facts.gateway.era(), facts.user.here.system());
    let mut found = configuration::diagnose(&facts.configuration);
    found.extend(facts.candidates.iter().flat_map(candidates::diagnose_candidates));
    for ServerArea { facts, listed, offered } in &facts.servers {
        found.extend(server::diagnose(facts));
        found.extend(listed.iter().flat_map(listed::diagnose));
        let lm_studio = listed.as_ref().is_some_and(|listed| listed.lm_studio);
        found.extend(models::diagnose(&facts.provider, offered, lm_studio, (era, facts.here.system())));
    }
    found.extend(state::diagnose_folder(&facts.folder, facts.user));
    found.extend(place::diagnose(&facts.openclaws, system));
    for ((file, folder), content) in facts.places.iter().zip(&facts.contents) {
        found.extend(state::diagnose_file(file, folder, facts.user, era));
        found.extend(content::diagnose(content, era, facts.daemon.runs(), system));
    }
    let config_file = facts.config_file.survey.as_ref().ok().and_then(Option::as_ref);
    found.extend(config_file.and_then(|survey| state::mode(&facts.config_file.path, survey, facts.user)));
    found.extend(openclaw::diagnose(&facts.openclaw, era));
    found.extend(gateway::diagnose(&facts.gateway));
    found.extend(daemon::diagnose(&facts.daemon));
    found.extend(host::diagnose(&facts.host));
    found
}
