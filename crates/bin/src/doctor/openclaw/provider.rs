//! The provider's own entry in openclaw.json, and other providers that lead to its server.

use adapters_fs::{EntryKey, ProviderEntry, Text};
use domain::era::{Era, Fate, Shows};

use domain::name_some;

use super::facts::ProviderFacts;
use crate::doctor::finding::{Check, Finding};

const CHECK: Check = Check("openclaw.provider");

/// Whether the provider's entry lets the models of models.json through.
pub(super) fn diagnose_entry(facts: &ProviderFacts, era: Option<&Era>) -> Option<Finding> {
    let needed = era.filter(|era| era.picker_needs_config());
    let place = format!("models.providers.{}", facts.provider);
    let finding = match &facts.settings.entry {
        None => in_configuration(format!(
            "OpenClaw {} does not show what models.json holds: its models have to stand in openclaw.json",
            needed?.name()
        )),
        Some(_) if era.is_some_and(|era| era.models_json_fate == Fate::KeptUnlessConfigured) => CHECK
            .failure(format!(
                "openclaw.json has {place} too: with the next chat OpenClaw puts that over what models.json holds"
            ))
            .line(
                "take it out; the key then belongs into auth-profiles.json (`lmsync doctor --fix`)",
                format!("openclaw config unset {place}"),
            ),
        Some(entry) => address(entry, &place, &facts.base_url)
            .unwrap_or_else(|| rows(entry, &place, facts.offered.as_deref().unwrap_or_default(), era)),
    };
    Some(finding.about(&facts.provider))
}

/// An entry whose address is not known, or is another one.
fn address(entry: &ProviderEntry, place: &str, ours: &str) -> Option<Finding> {
    let Text { value, variable } = entry.base_url.as_ref()?;
    let Some(other) = value else {
        let variable = variable.as_ref()?;
        return Some(CHECK.good(format!(
            "{place}.baseUrl is not known here: it refers to {variable}, which is not set for lmsync (OpenClaw's \
             own environment may have it)"
        )));
    };
    let is_https = |url: &str| url.trim().to_ascii_lowercase().starts_with("https://");
    if server(other) == server(ours) && is_https(other) == is_https(ours) {
        return None;
    }
    let other = other.escape_debug();
    let finding = CHECK.warning(format!("{place} names another address than models.json: {other}, not {ours}"));
    Some(match variable {
        // A command that sets the address would put it in the place of the reference.
        Some(variable) => finding.line(
            format!("make both the same, by {variable} where OpenClaw gets it, or"),
            format!("LMSYNC_PROVIDER_BASE_URL={other}"),
        ),
        None => finding.line(
            "make both the same, by LMSYNC_PROVIDER_BASE_URL or",
            format!("openclaw config set {place}.baseUrl {ours}"),
        ),
    })
}

/// The models that an entry lists, beside those that are offered.
fn rows(entry: &ProviderEntry, place: &str, offered: &[String], era: Option<&Era>) -> Finding {
    let beyond = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|id| !those.contains(id)).cloned().collect()
    };
    let lacks = beyond(offered, &entry.models);
    if era.is_some_and(Era::picker_needs_config) && !lacks.is_empty() {
        return in_configuration(format!("{place}.models lacks {}", name_some(&lacks)));
    }
    let empty = format!("openclaw config set {place}.models \"[]\"");
    let gone = beyond(&entry.models, offered);
    if !gone.is_empty() && !offered.is_empty() {
        let finding =
            CHECK.warning(format!("{place}.models lists what the server does not offer: {}", name_some(&gone)));
        return match entry.key {
            // As lmsync itself writes it there.
            EntryKey::Marker => finding.line("they go with the next pass, or with", "lmsync sync"),
            _ => finding.line("empty that list: models.json has the models", empty),
        };
    }
    let rows_count = era.is_none_or(|era| era.models_json_shows == Shows::Refresh);
    if !entry.models.is_empty() && rows_count && entry.key != EntryKey::Marker {
        let models = name_some(&entry.models);
        let sentence = format!("{place}.models describes {models} by itself, and wins over models.json");
        return CHECK.warning(sentence).line("where that is not meant, empty the list", empty);
    }
    let key = match entry.key {
        EntryKey::Key => "with a key",
        EntryKey::Marker => "with the marker of a server that asks for none",
        EntryKey::None => "without a key",
    };
    CHECK.good(format!("{place} is there, {key}, and overrides nothing"))
}

/// What helps where models have to stand in openclaw.json.
fn in_configuration(sentence: String) -> Finding {
    CHECK.failure(sentence).line(
        "lmsync puts them there through the running gateway (LMSYNC_OPENCLAW_CONFIG, unless it is off), with each \
         pass, or once with",
        "lmsync sync",
    )
}

/// Another provider that leads to the same server shows its models a second time.
pub(super) fn diagnose_others(facts: &ProviderFacts) -> Vec<Finding> {
    let ProviderFacts { provider, settings, base_url, beside, .. } = facts;
    let configured = settings.others.iter().map(|other| ("openclaw.json", other));
    let listed = beside.iter().map(|other| ("models.json", other));
    let mut others: Vec<(&str, &str)> = Vec::new();
    for (file, (name, url)) in configured.chain(listed) {
        if server(url) == server(base_url) && others.iter().all(|(_, known)| known != name) {
            others.push((file, name));
        }
    }
    let told = |(file, name): (&str, &str)| {
        let name = name.escape_debug();
        let sentence =
            format!("{file} has the provider {name} too, at the same server: OpenClaw has two providers for it");
        let say = format!("let lmsync keep that one, or take it out of {file}");
        let finding = Check("openclaw.same-server").warning(sentence).about(provider);
        finding.line(say, format!("LMSYNC_PROVIDER=\"{name}\""))
    };
    others.into_iter().map(told).collect()
}

/// What tells a server from another: host, port and path. This machine has one name there, and LM Studio's paths count
/// as one.
fn server(url: &str) -> String {
    let url = url.trim().to_ascii_lowercase();
    let url = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/');
    let url = ["/api/v1", "/api/v0", "/v1"].iter().find_map(|end| url.strip_suffix(end)).unwrap_or(url);
    let (host, path) = url.split_once('/').map_or((url, String::new()), |(host, path)| (host, format!("/{path}")));
    let here = ["127.0.0.1", "[::1]", "0.0.0.0"].iter().find_map(|name| host.strip_prefix(name));
    let host = here.map_or_else(|| host.to_owned(), |port| format!("localhost{port}"));
    host + &path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_server_are_told_from_others() {
        for same in ["http://127.0.0.1:1234/v1/", "http://localhost:1234", "HTTP://LocalHost:1234/api/v1"] {
            assert_eq!(server(same), server("http://localhost:1234/v1"), "{same}");
        }
        for other in ["http://localhost:1235/v1", "http://10.0.0.9:1234/v1", "http://localhost:1234/other/v1"] {
            assert_ne!(server(other), server("http://localhost:1234/v1"), "{other}");
        }
    }
}
