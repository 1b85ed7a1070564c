//! The lists of models that alone may be used, in openclaw.json.

use domain::era::Era;
use domain::{Allowlist, ModelId, name_some};

use super::facts::{CONFIG, ProviderFacts};
use crate::doctor::finding::{Check, Finding, Severity};

/// Entries of a list for which OpenClaw refuses its whole configuration.
pub(super) fn refused(list: &Allowlist) -> Option<Finding> {
    let refused: Vec<String> = list.refused().map(|entry| format!("{entry:?}")).collect();
    let sentence =
        format!("{} has {}: OpenClaw refuses its whole configuration for it", list.place, name_some(&refused));
    let say = "write \"provider/id\", \"provider/*\" or \"provider/namespace/*\"";
    (!refused.is_empty()).then(|| CONFIG.failure(sentence).fix(say))
}

/// Whether the lists let a provider's models through.
pub(super) fn diagnose(facts: &ProviderFacts, era: Option<&Era>) -> Vec<Finding> {
    let usable = facts.settings.allowlists.iter().filter(|list| list.refused().next().is_none());
    usable.map(|list| allowlist(list, facts, era).about(&facts.provider)).collect()
}

fn allowlist(list: &Allowlist, facts: &ProviderFacts, era: Option<&Era>) -> Finding {
    const CHECK: Check = Check("openclaw.allowlist");
    let ProviderFacts { provider, offered, .. } = facts;
    let place = &list.place;
    let offered = offered.as_deref().unwrap_or_default();
    let ids: Vec<ModelId> = offered.iter().filter_map(|id| ModelId::new(id).ok()).collect();
    let hidden = list.hides(provider, &ids, era);
    let Some(first) = hidden.first() else {
        return CHECK.good(format!("{place} lets the models through"));
    };
    let names: Vec<&str> = hidden.iter().map(ModelId::as_str).collect();
    let severity = if hidden.len() == offered.len() { Severity::Failure } else { Severity::Warning };
    let finding =
        CHECK.finding(severity, format!("{place} allows other models alone, and hides {}", name_some(&names)));
    if list.is_policy {
        finding.line(format!("add to {place}"), format!("\"{provider}/*\""))
    } else {
        let first = first.as_str().escape_debug();
        finding.line(format!("add to {place}, for each of them"), format!("\"{provider}/{first}\": {{}}"))
    }
}
