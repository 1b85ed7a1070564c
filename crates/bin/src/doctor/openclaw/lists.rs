//! The lists of models that alone may be used, in openclaw.json.

use domain::era::Era;
use domain::{Allowlist, ModelId};

use super::kept::ProviderFacts;
use crate::doctor::finding::{Finding, some};

/// Entries of a list for which OpenClaw refuses its whole configuration.
pub(super) fn diagnose_entries(providers: &[ProviderFacts]) -> Vec<Finding> {
    let lists = providers.first().map_or(&[][..], |provider| &provider.settings.allowlists);
    let told = |list: &Allowlist| {
        let refused: Vec<String> = list.refused().map(|entry| format!("{entry:?}")).collect();
        (!refused.is_empty()).then(|| {
            let sentence = format!(
                "{} has {}: OpenClaw refuses its whole configuration for it",
                list.place,
                some(&refused)
            );
            Finding::failure("openclaw.config", sentence)
                .fix("write \"provider/id\", \"provider/*\" or \"provider/namespace/*\"")
        })
    };
    lists.iter().filter_map(told).collect()
}

/// Whether the lists let a provider's models through.
pub(super) fn diagnose(facts: &ProviderFacts, era: Option<&Era>) -> Vec<Finding> {
    let usable = facts.settings.allowlists.iter().filter(|list| list.refused().next().is_none());
    usable.map(|list| allowlist(list, facts, era)).collect()
}

fn allowlist(list: &Allowlist, facts: &ProviderFacts, era: Option<&Era>) -> Finding {
    const CHECK: &str = "openclaw.allowlist";
    let ProviderFacts { provider, offered, .. } = facts;
    let place = &list.place;
    let offered = offered.as_deref().unwrap_or_default();
    let ids: Vec<ModelId> = offered.iter().filter_map(|id| ModelId::new(id).ok()).collect();
    let hidden = list.hides(provider, &ids, era);
    let Some(first) = hidden.first() else {
        return Finding::good(CHECK, format!("{place} lets the models through")).about(provider);
    };
    let names: Vec<&str> = hidden.iter().map(ModelId::as_str).collect();
    let sentence = format!("{place} allows other models alone, and hides {}", some(&names));
    let finding = if hidden.len() == offered.len() {
        Finding::failure(CHECK, sentence)
    } else {
        Finding::warning(CHECK, sentence)
    };
    let finding = finding.about(provider);
    if list.is_policy {
        finding.line(format!("add to {place}"), format!("\"{provider}/*\""))
    } else {
        finding.line(
            format!("add to {place}, for each of them"),
            format!("\"{provider}/{}\": {{}}", first.as_str().escape_debug()),
        )
    }
}
