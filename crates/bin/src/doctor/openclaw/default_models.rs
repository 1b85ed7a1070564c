//! The models that OpenClaw uses without being asked for them, as openclaw.json sets them.

use adapters_fs::{DefaultModel, Text};

use super::kept::ProviderFacts;
use crate::doctor::finding::Finding;

/// Whether the default models are among those that are offered.
pub(super) fn diagnose(providers: &[ProviderFacts]) -> Vec<Finding> {
    const CHECK: &str = "openclaw.default-model";
    let Some(all) = providers.first().map(|provider| &provider.settings.defaults) else { return Vec::new() };
    let mut found: Vec<Finding> =
        all.iter().filter_map(|default| default_model(default, providers)).collect();
    if found.is_empty() {
        let told = match all.first() {
            None => {
                "no default model is set: OpenClaw takes its own, until one is chosen with /model".to_owned()
            }
            Some(DefaultModel { model: Text { value: Some(model), .. }, .. }) => {
                format!("the default model is {model}")
            }
            Some(DefaultModel { place, model: Text { variable, .. } }) => format!(
                "{place} is not known here: it refers to {}, which is not set for lmsync",
                variable.as_deref().unwrap_or_default()
            ),
        };
        found.push(Finding::good(CHECK, told));
    }
    found
}

/// What is wrong with a default model, where it is one of ours.
fn default_model(default: &DefaultModel, providers: &[ProviderFacts]) -> Option<Finding> {
    const CHECK: &str = "openclaw.default-model";
    let DefaultModel { place, model: Text { value, variable } } = default;
    let model = value.as_ref()?;
    // `openclaw models set` sets that of all agents, and would put a name in the place of a reference.
    let is_everybodys = place.starts_with("agents.defaults.model") && !place.contains("fallbacks");
    let mend = |finding: Finding, say: &str, name: String| match variable {
        Some(variable) => finding.line(format!("{say}, by {variable} where OpenClaw gets it"), name),
        None if is_everybodys => finding.line(say, format!("openclaw models set {name}")),
        None => finding.line(format!("{say}, at {place}"), format!("{name:?}")),
    };
    for ProviderFacts { provider, offered, .. } in providers {
        let Some(offered) = offered.as_deref().filter(|offered| !offered.is_empty()) else { continue };
        if offered.contains(model) {
            let sentence =
                format!("{place} is {model}, without its provider: OpenClaw looks for it elsewhere");
            let finding = Finding::failure(CHECK, sentence);
            return Some(mend(finding, "write the provider before it", format!("{provider}/{model}")));
        }
        let Some(id) = own_id(model, provider) else { continue };
        if offered.iter().any(|offered| offered == id) {
            return None;
        }
        let nearest =
            offered.iter().max_by(|one, other| likeness(one, id).total_cmp(&likeness(other, id)))?;
        let sentence = format!(
            "{place} is {model}, which the server does not offer; the nearest that it does is {nearest}"
        );
        let say = "take that one (the name must be exactly as the server writes it)";
        return Some(mend(Finding::failure(CHECK, sentence), say, format!("{provider}/{nearest}")));
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
