//! `lmsync doctor`: the facts (`gather`), the findings (a pure function for each area), how they are printed
//! (`report`), and what can be done about it (`repair`).

mod candidates;
mod configuration;
mod content;
mod daemon;
mod facts;
mod finding;
mod gateway;
mod gather;
mod host;
mod lines;
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
mod tests;

use config::{Config, Settings};

use crate::exit::Exit;

pub(crate) use self::candidates::reason;
use self::facts::{Facts, FileFacts};
pub(crate) use self::finding::{Diagnosis, Finding, Severity};
pub(crate) use self::path_fault::advice;
pub(crate) use self::repair::{Repair, described, remedies, repair};
pub(crate) use self::report::{as_json, as_text};

/// Checks everything. `tell` hears what the doctor checks now.
pub(crate) async fn examine(config: &Config, settings: &Settings, tell: impl Fn(&str)) -> Diagnosis {
    match gather::facts(settings, tell).await {
        Ok(facts) => {
            let findings = diagnose(config, &facts);
            Diagnosis { state: Some(sync_state::assess_facts(&facts, &findings)), findings }
        }
        Err(exit) => unusable(&exit),
    }
}

/// What is said where the configuration cannot be used at all.
pub(crate) fn unusable(exit: &Exit) -> Diagnosis {
    Diagnosis { findings: vec![configuration::unusable(&exit.to_string(), exit.advice())], state: None }
}

fn diagnose(config: &Config, facts: &Facts) -> Vec<Finding> {
    let (era, user) = (facts.gateway.era(), facts.user);
    let mut found = configuration::diagnose(config);
    found.extend(facts.candidates.iter().flat_map(candidates::diagnose_candidates));
    found.extend(facts.servers.iter().flat_map(|server| server::diagnose(server, era)));
    found.extend(state::diagnose_folder(&facts.folder, user));
    found.extend(place::diagnose(&facts.place, user.here));
    for FileFacts { file, folder, content } in &facts.files {
        found.extend(state::diagnose_file(file, folder, user, era));
        found.extend(content::diagnose(content, era, facts.daemon.runs(), user.here));
    }
    found.extend(state::mode(&facts.config_file, user));
    found.extend(openclaw::diagnose(&facts.openclaw, era));
    found.extend(gateway::diagnose(&facts.gateway));
    found.extend(daemon::diagnose(&facts.daemon));
    found.extend(host::diagnose(&facts.host));
    found
}
