//! The provider's own entry in openclaw.json, and other providers that lead to its server.

use adapters_fs::{EntryKey, Text};
use domain::era::{Era, Fate, Shows};

use super::kept::ProviderFacts;
use crate::doctor::finding::{Finding, some};

/// Whether the provider's entry lets the models of models.json through.
pub(super) fn diagnose_entry(facts: &ProviderFacts, era: Option<&Era>) -> Option<Finding> {
    const CHECK: &str = "openclaw.provider";
    let ProviderFacts { provider, settings, offered, .. } = facts;
    let place = format!("models.providers.{provider}");
    let told = |finding: Finding| Some(finding.about(provider));
    let needed = era.filter(|era| era.picker_needs_config());
    let Some(entry) = &settings.entry else {
        let needs = needed?;
        return told(in_configuration(format!(
            "OpenClaw {} does not show what models.json holds: its models have to stand in openclaw.json",
            needs.name()
        )));
    };
    let fate = era.map(|era| era.models_json_fate);
    if fate == Some(Fate::KeptUnlessConfigured) {
        let sentence = format!(
            "openclaw.json has {place} too: with the next chat OpenClaw puts that over what models.json holds"
        );
        return told(Finding::failure(CHECK, sentence).line(
            "take it out; the key then belongs into auth-profiles.json (`lmsync doctor --fix`)",
            format!("openclaw config unset {place}"),
        ));
    }
    let url = entry.base_url.as_ref();
    if let Some(Text { value: None, variable: Some(variable) }) = url {
        return told(Finding::good(
            CHECK,
            format!(
                "{place}.baseUrl is not known here: it refers to {variable}, which is not set for lmsync (OpenClaw's \
                 own environment may have it)"
            ),
        ));
    }
    if let Some(Text { value: Some(other), variable }) =
        url.filter(|url| leads_elsewhere(url, &facts.base_url))
    {
        let other = other.escape_debug();
        let sentence =
            format!("{place} names another address than models.json: {other}, not {}", facts.base_url);
        let finding = Finding::warning(CHECK, sentence);
        return told(match variable {
            // A command that sets the address would put it in the place of the reference.
            Some(variable) => finding.line(
                format!("make both the same, by {variable} where OpenClaw gets it, or"),
                format!("LMSYNC_PROVIDER_BASE_URL={other}"),
            ),
            None => finding.line(
                "make both the same, by LMSYNC_PROVIDER_BASE_URL or",
                format!("openclaw config set {place}.baseUrl {}", facts.base_url),
            ),
        });
    }
    let offered = offered.as_deref().unwrap_or_default();
    let lacks: Vec<&str> =
        offered.iter().map(String::as_str).filter(|id| !entry.models.iter().any(|row| row == id)).collect();
    if needed.is_some() && !lacks.is_empty() {
        return told(in_configuration(format!("{place}.models lacks {}", some(&lacks))));
    }
    let gone: Vec<&str> =
        entry.models.iter().map(String::as_str).filter(|id| !offered.iter().any(|row| row == id)).collect();
    let empty = |finding: Finding, say: &str| {
        told(finding.line(say, format!("openclaw config set {place}.models \"[]\"")))
    };
    if !gone.is_empty() && !offered.is_empty() {
        let sentence = format!("{place}.models lists what the server does not offer: {}", some(&gone));
        let finding = Finding::warning(CHECK, sentence);
        return match entry.key {
            // As lmsync itself writes it there.
            EntryKey::Marker => told(finding.line("they go with the next pass, or with", "lmsync sync")),
            _ => empty(finding, "empty that list: models.json has the models"),
        };
    }
    let rows_count = era.is_none_or(|era| era.models_json_shows == Shows::Refresh);
    if !entry.models.is_empty() && rows_count && entry.key != EntryKey::Marker {
        let sentence =
            format!("{place}.models describes {} by itself, and wins over models.json", some(&entry.models));
        return empty(Finding::warning(CHECK, sentence), "where that is not meant, empty the list");
    }
    let key = match entry.key {
        EntryKey::Key => "with a key",
        EntryKey::Marker => "with the marker of a server that asks for none",
        EntryKey::None => "without a key",
    };
    told(Finding::good(CHECK, format!("{place} is there, {key}, and overrides nothing")))
}

/// What helps where models have to stand in openclaw.json.
fn in_configuration(sentence: String) -> Finding {
    Finding::failure("openclaw.provider", sentence).line(
        "lmsync puts them there through the running gateway (LMSYNC_OPENCLAW_CONFIG, unless it is off), with each pass, \
         or once with",
        "lmsync sync",
    )
}

/// Whether an address that is known leads to another server than ours.
fn leads_elsewhere(url: &Text, ours: &str) -> bool {
    let scheme = |url: &str| url.trim().to_ascii_lowercase().starts_with("https://");
    url.value.as_deref().is_some_and(|url| server(url) != server(ours) || scheme(url) != scheme(ours))
}

/// Another provider that leads to the same server shows its models a second time.
pub(super) fn diagnose_others(facts: &ProviderFacts) -> Vec<Finding> {
    let ProviderFacts { provider, settings, base_url, beside, .. } = facts;
    let mut others: Vec<(&str, &str)> = Vec::new();
    for (file, (name, url)) in settings
        .others
        .iter()
        .map(|other| ("openclaw.json", other))
        .chain(beside.iter().map(|other| ("models.json", other)))
    {
        if server(url) == server(base_url) && others.iter().all(|(_, known)| known != name) {
            others.push((file, name));
        }
    }
    let told = |(file, name): (&str, &str)| {
        let name = name.escape_debug();
        Finding::warning(
            "openclaw.same-server",
            format!(
                "{file} has the provider {name} too, at the same server: OpenClaw has two providers for it"
            ),
        )
        .about(provider)
        .line(
            format!("let lmsync keep that one, or take it out of {file}"),
            format!("LMSYNC_PROVIDER=\"{name}\""),
        )
    };
    others.into_iter().map(told).collect()
}

/// What tells a server from another: host, port and path. This machine has one name there, and LM Studio's paths count
/// as one.
fn server(url: &str) -> String {
    let url = url.trim().to_ascii_lowercase();
    let url = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/');
    let url = ["/api/v1", "/api/v0", "/v1"].iter().find_map(|end| url.strip_suffix(end)).unwrap_or(url);
    let (host, path) =
        url.split_once('/').map_or((url, String::new()), |(host, path)| (host, format!("/{path}")));
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
        for other in ["http://localhost:1235/v1", "http://10.0.0.9:1234/v1", "http://localhost:1234/other/v1"]
        {
            assert_ne!(server(other), server("http://localhost:1234/v1"), "{other}");
        }
    }
}
