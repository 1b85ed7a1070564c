//! One server's part of the log: each change of state is logged once, not once a pass.

use std::collections::{HashMap, HashSet};
use std::mem;

use domain::ports::SourceError;
use domain::{Diff, HeldModel, HoldReason, Incomplete, ModelId, Plan, Replaced};
use tracing::{debug, info, warn};

use crate::advice::{advice, kind, store_kind};
use crate::names::NameList;
use crate::server::{Outcome, Report, StoreReport};
use domain::Chain;

/// What the log knows of one server and its stores.
#[derive(Debug, Default)]
pub(crate) struct ServerLog {
    provider: String,
    state: State,
    incomplete: Option<&'static str>,
    all_ruled_out: bool,
    facts_fail: Option<&'static str>,
    held: HashSet<ModelId>,
    failing_stores: HashMap<String, &'static str>,
    undone: HashSet<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Answers,
    Fails(&'static str),
}

impl ServerLog {
    pub(crate) fn new(provider: &str) -> Self {
        Self { provider: provider.to_owned(), ..Self::default() }
    }

    /// Tells what a pass came to.
    pub(crate) fn pass(&mut self, result: &Result<Report, SourceError>) {
        match result {
            Err(error) => self.fails(error),
            Ok(report) => {
                self.answers(report.listed);
                self.incomplete(report.incomplete.as_ref());
                self.ruled_out(report.all_ruled_out(), report.listed);
                self.facts(report.facts_failed.as_ref());
                for store in &report.stores {
                    self.store(report.listed, store);
                }
                self.held(report.listed, &report.held);
            }
        }
    }

    fn answers(&mut self, models: usize) {
        let provider = &self.provider;
        match mem::replace(&mut self.state, State::Answers) {
            State::Unknown => info!(name: "server_answers", provider, models, "{provider} answers"),
            State::Fails(_) => {
                info!(name: "server_answers_again", provider, models, "{provider} answers again")
            }
            State::Answers => debug!(provider, models, "{provider} answers"),
        }
    }

    fn fails(&mut self, error: &SourceError) {
        let (provider, kind, advice) = (&self.provider, kind(error), advice(error));
        if mem::replace(&mut self.state, State::Fails(kind)) == State::Fails(kind) {
            debug!(provider, error = %Chain(error), "{provider} still does not list its models");
        } else {
            let error = Chain(error).to_string();
            warn!(
                name: "server_fails", provider, kind, error, advice,
                "{provider} does not list its models; what is known stays"
            );
        }
    }

    fn incomplete(&mut self, incomplete: Option<&Incomplete>) {
        let provider = &self.provider;
        let before = mem::replace(&mut self.incomplete, incomplete.map(Incomplete::kind));
        match incomplete {
            Some(why) if before != Some(why.kind()) => warn!(
                name: "listing_incomplete",
                provider,
                %why,
                "the {provider} list was not understood as a whole; models are added and changed, and none is removed"
            ),
            Some(why) => debug!(provider, %why, "the {provider} list is still not understood as a whole"),
            None if before.is_some() => {
                info!(name: "listing_complete", provider, "the {provider} list is understood as a whole again");
            }
            None => {}
        }
    }

    fn ruled_out(&mut self, all: bool, listed: usize) {
        let provider = &self.provider;
        if !mem::replace(&mut self.all_ruled_out, all) && all {
            let advice = "look at include and exclude in lmsync.toml; `lmsync explain <id>` says why one is left out";
            warn!(
                name: "all_models_left_out",
                provider,
                models = listed,
                advice,
                "the rules leave out every model that {provider} lists for chat"
            );
        }
    }

    fn facts(&mut self, failed: Option<&SourceError>) {
        let provider = &self.provider;
        match (failed, mem::replace(&mut self.facts_fail, failed.map(kind))) {
            (Some(error), before) if before != Some(kind(error)) => {
                let error = Chain(error).to_string();
                warn!(
                    name: "facts_fail", provider, error,
                    "{provider} does not answer with details of its models; what is known of them stays"
                );
            }
            (None, Some(_)) => debug!(provider, "{provider} answers with details of its models again"),
            _ => {}
        }
    }

    fn store(&mut self, models: usize, report: &StoreReport) {
        let (provider, StoreReport { name: file, outcome, .. }) = (&self.provider, report);
        match outcome {
            Err(error) => {
                let kind = store_kind(error);
                if self.failing_stores.insert(file.clone(), kind) == Some(kind) {
                    debug!(provider, error = %Chain(error), "the {provider} model list still cannot be updated");
                } else {
                    let error = Chain(error).to_string();
                    warn!(
                        name: "file_fails", provider, file, kind, error,
                        "the {provider} model list cannot be updated; trying again"
                    );
                }
                return;
            }
            Ok(Outcome::Unchanged) => debug!(provider, models, %file, "{provider} models unchanged"),
            Ok(Outcome::Undone(_)) if !self.undone.insert(file.clone()) => {}
            Ok(Outcome::Undone(_)) => {
                let openclaw = report.openclaw.as_deref();
                warn!(
                    name: "openclaw_undoes",
                    provider,
                    %file,
                    openclaw,
                    "this version of OpenClaw takes the {provider} models out of models.json itself; they are not \
                    written there again"
                );
            }
            Ok(Outcome::Updated(plan)) => refreshed(provider, file, models, plan),
        }
        if self.failing_stores.remove(file).is_some() {
            info!(name: "file_works_again", provider, %file, "the {provider} model list can be updated again");
        }
    }

    /// Tells of models that are held since the last pass.
    fn held(&mut self, listed: usize, held: &[HeldModel]) {
        let provider = &self.provider;
        let new: Vec<&HeldModel> = held.iter().filter(|held| !self.held.contains(&held.id)).collect();
        if new.iter().any(|held| held.reason == HoldReason::ListEmpty) {
            let advice = "check that a model is downloaded, its disk is mounted, and just-in-time loading is on";
            let held = NameList::of_ids(new.iter().map(|held| &held.id));
            let held = held.as_value();
            let no_model = if listed == 0 { "no model" } else { "no model to chat with" };
            warn!(
                name: "list_empty", provider, held, advice,
                "{provider} lists {no_model}; what is known stays for now"
            );
        } else if new.iter().any(|held| held.reason == HoldReason::Unconfirmed) {
            let held = NameList::of_ids(new.iter().map(|held| &held.id));
            let held = held.as_value();
            info!(
                name: "models_missing", provider, held,
                "{provider} models are missing from its list; asking again before they are removed"
            );
        }
        self.held = held.iter().map(|held| held.id.clone()).collect();
    }
}

fn refreshed(provider: &str, file: &str, models: usize, plan: &Plan) {
    let diff = &plan.diff;
    let [added, changed, removed] = names_of(diff);
    let mut fields: Vec<&str> = Vec::new();
    for field in diff.changed.iter().flat_map(|changed| &changed.fields) {
        if !fields.contains(&field.key()) {
            fields.push(field.key());
        }
    }
    let fields = NameList::new(fields.into_iter());
    // The settings of the entry that had another value: another program has written them.
    let replaced = NameList::new(plan.replaced.iter().map(Replaced::key));
    let (added, changed, removed) = (added.as_value(), changed.as_value(), removed.as_value());
    let (changed_fields, replaced) = (fields.as_value(), replaced.as_value());
    info!(
        name: "models_refreshed", provider, models, added, changed, changed_fields, removed, replaced, %file,
        "{provider} models refreshed"
    );
}

/// The ids that are new, that have other values, and that are gone.
pub(crate) fn names_of(diff: &Diff) -> [NameList; 3] {
    [
        NameList::of_ids(diff.added.iter().map(|model| &model.id)),
        NameList::of_ids(diff.changed.iter().map(|changed| &changed.after.id)),
        NameList::of_ids(diff.removed.iter()),
    ]
}
