//! The models that OpenClaw uses without being asked for them, as openclaw.json sets them.

use adapters_fs::{DefaultModel, Text};

use super::facts::ProviderFacts;
use crate::doctor::finding::{Check, Finding};

const CHECK: Check = Check("openclaw.default-model");

/// Whether the default models are among those that are offered.
pub(super) fn diagnose(defaults: &[DefaultModel], providers: &[ProviderFacts]) -> Vec<Finding> {
    let wrong: Vec<Finding> = defaults.iter().filter_map(|default| default_model(default, providers)).collect();
    if !wrong.is_empty() {
        return wrong;
    }
    vec![CHECK.good(match defaults.first() {
        None => "no default model is set: OpenClaw takes its own, until one is chosen with /model".to_owned(),
        Some(DefaultModel { model: Text { value: Some(model), .. }, .. }) => {
            format!("the default model is {model}")
        }
        Some(DefaultModel { place, model: Text { variable, .. } }) => {
            let variable = variable.as_deref().unwrap_or_default();
            format!("{place} is not known here: it refers to {variable}, which is not set for lmsync")
        }
    })]
}

/// What is wrong with a default model, where it is one of ours.
fn default_model(default: &DefaultModel, providers: &[ProviderFacts]) -> Option<Finding> {
    let DefaultModel { place, model: Text { value, variable } } = default;
    let model = value.as_ref()?;
    // `openclaw models set` sets that of all agents, and would put a name in the place of a reference.
    let is_everybodys = place.starts_with("agents.defaults.model") && !place.contains("fallbacks");
    let wrong = |sentence: String, say: &str, name: String| {
        let finding = CHECK.failure(format!("{place} is {model}, {sentence}"));
        Some(match variable {
            Some(variable) => finding.line(format!("{say}, by {variable} where OpenClaw gets it"), name),
            None if is_everybodys => finding.line(say, format!("openclaw models set {name}")),
            None => finding.line(format!("{say}, at {place}"), format!("{name:?}")),
        })
    };
    for ProviderFacts { provider, offered, .. } in providers {
        let Some(offered) = offered.as_deref().filter(|offered| !offered.is_empty()) else { continue };
        if offered.contains(model) {
            let sentence = "without its provider: OpenClaw looks for it elsewhere".to_owned();
            return wrong(sentence, "write the provider before it", format!("{provider}/{model}"));
        }
        let Some(id) = own_id(model, provider) else { continue };
        if offered.iter().any(|offered| offered == id) {
            return None;
        }
        let nearest = offered.iter().max_by(|one, other| likeness(one, id).total_cmp(&likeness(other, id)))?;
        return wrong(
            format!("which the server does not offer; the nearest that it does is {nearest}"),
            "take that one (the name must be exactly as the server writes it)",
            format!("{provider}/{nearest}"),
        );
    }
    None
}

/// The id in a model's full name, where that is of this provider: its name counts in any case.
fn own_id<'a>(model: &'a str, provider: &str) -> Option<&'a str> {
    let (named, id) = model.split_once('/')?;
    named.trim().eq_ignore_ascii_case(provider).then(|| id.trim())
}

fn likeness(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(&one.to_lowercase(), &other.to_lowercase())
}
