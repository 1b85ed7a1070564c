//! OpenClaw's own configuration: whether it lets the models of models.json through, and uses ones that there are.

use std::path::PathBuf;

use adapters_fs::{DefaultModel, EntryKey, ModelSettings, ProviderEntry, Text};
use domain::Allowlist;
use domain::era::{Era, Fate, Shows};

use super::finding::{Finding, some};

/// What there is of openclaw.json.
pub(crate) struct OpenClawFacts {
    pub(crate) path: PathBuf,
    pub(crate) there: bool,
    /// Why it cannot be used; then nothing else is known of it.
    pub(crate) unusable: Option<String>,
    /// What it says of each provider that is kept.
    pub(crate) providers: Vec<ProviderFacts>,
}

/// One provider that is kept.
pub(crate) struct ProviderFacts {
    pub(crate) provider: String,
    pub(crate) settings: ModelSettings,
    /// What is written as its address.
    pub(crate) base_url: String,
    /// The models that OpenClaw is offered; nothing where the server did not say.
    pub(crate) offered: Option<Vec<String>>,
}

pub(crate) fn judge(facts: &OpenClawFacts, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: &str = "openclaw.config";
    let shown = facts.path.display();
    if let Some(why) = &facts.unusable {
        return vec![
            Finding::failure(CHECK, why.clone())
                .line("what OpenClaw says of it (2026.9 and later)", "openclaw config validate"),
        ];
    }
    if !facts.there {
        return vec![
            Finding::warning(
                CHECK,
                format!("{shown} is not there: OpenClaw is not set up, or has another state folder"),
            )
            .line("set OpenClaw up, or name its state folder in OPENCLAW_STATE_DIR", "openclaw onboard"),
        ];
    }
    let mut found = vec![Finding::good(CHECK, format!("{shown} is read"))];
    for provider in &facts.providers {
        found.extend(mode(provider));
        found.extend(entry(provider, era));
        found.extend(allowlist(provider));
    }
    found.extend(defaults(&facts.providers));
    found
}

fn mode(facts: &ProviderFacts) -> Option<Finding> {
    facts.settings.replaces.then(|| {
        Finding::failure(
            "openclaw.mode",
            "models.mode is replace: OpenClaw leaves models.json out of account",
        )
        .about(&facts.provider)
        .line("let both count", "openclaw config set models.mode merge")
    })
}

fn entry(facts: &ProviderFacts, era: Option<&Era>) -> Option<Finding> {
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
        return told(
            Finding::failure(CHECK, format!("openclaw.json has {place} too: with the next chat OpenClaw puts that over what models.json holds"))
                .line("take it out; the key then belongs into auth-profiles.json (`lmsync doctor --fix`)", format!("openclaw config unset {place}")),
        );
    }
    if let Some(other) = other_address(entry, &facts.base_url) {
        return told(
            Finding::warning(
                CHECK,
                format!("{place} names another address than models.json: {other}, not {}", facts.base_url),
            )
            .line(
                "make both the same, by LMSYNC_PROVIDER_BASE_URL or",
                format!("openclaw config set {place}.baseUrl {}", facts.base_url),
            ),
        );
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
        told(finding.line(say, format!("openclaw config set {place}.models '[]'")))
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

/// The entry's address, where it leads elsewhere.
fn other_address(entry: &ProviderEntry, ours: &str) -> Option<String> {
    let plain = |url: &str| url.trim_end_matches('/').trim_end_matches("/v1").to_ascii_lowercase();
    let Some(Text::Known(url)) = &entry.base_url else { return None };
    (plain(url) != plain(ours)).then(|| url.escape_debug().to_string())
}

fn allowlist(facts: &ProviderFacts) -> Option<Finding> {
    const CHECK: &str = "openclaw.allowlist";
    let ProviderFacts { provider, settings, offered, .. } = facts;
    let Allowlist { place, entries } = settings.allowlist.as_ref()?;
    let offered = offered.as_deref().unwrap_or_default();
    let all = format!("{provider}/*");
    let allowed =
        |id: &&String| entries.iter().any(|entry| *entry == all || *entry == format!("{provider}/{id}"));
    let hidden: Vec<&str> = offered.iter().filter(|id| !allowed(id)).map(String::as_str).collect();
    let Some(first) = hidden.first() else {
        return Some(Finding::good(CHECK, format!("{place} lets the models through")).about(provider));
    };
    let sentence = format!("{place} allows other models alone, and hides {}", some(&hidden));
    let finding = if hidden.len() == offered.len() {
        Finding::failure(CHECK, sentence)
    } else {
        Finding::warning(CHECK, sentence)
    };
    let finding = finding.about(provider);
    Some(if place.ends_with("allow") {
        finding.line(format!("add to {place}"), format!("{all:?}"))
    } else {
        finding.line(
            format!("add to {place}, for each of them"),
            format!("\"{provider}/{}\": {{}}", first.escape_debug()),
        )
    })
}

fn defaults(providers: &[ProviderFacts]) -> Vec<Finding> {
    const CHECK: &str = "openclaw.default-model";
    let Some(all) = providers.first().map(|provider| &provider.settings.defaults) else { return Vec::new() };
    let mut found: Vec<Finding> =
        all.iter().filter_map(|default| default_model(default, providers)).collect();
    if found.is_empty() {
        let told = match all.first() {
            None => {
                "no default model is set: OpenClaw takes its own, until one is chosen with /model".to_owned()
            }
            Some(first) => format!("the default model is {}", first.model),
        };
        found.push(Finding::good(CHECK, told));
    }
    found
}

/// What is wrong with a default model, where it is one of ours.
fn default_model(default: &DefaultModel, providers: &[ProviderFacts]) -> Option<Finding> {
    const CHECK: &str = "openclaw.default-model";
    let DefaultModel { place, model } = default;
    let set = |name: String| format!("openclaw models set {name}");
    for ProviderFacts { provider, offered, .. } in providers {
        let Some(offered) = offered.as_deref().filter(|offered| !offered.is_empty()) else { continue };
        if offered.contains(model) {
            return Some(
                Finding::failure(
                    CHECK,
                    format!("{place} is {model}, without its provider: OpenClaw looks for it elsewhere"),
                )
                .line("write the provider before it", set(format!("{provider}/{model}"))),
            );
        }
        let Some(id) = model.strip_prefix(&format!("{provider}/")) else { continue };
        if offered.iter().any(|offered| offered == id) {
            return None;
        }
        let nearest =
            offered.iter().max_by(|one, other| likeness(one, id).total_cmp(&likeness(other, id)))?;
        return Some(
            Finding::failure(CHECK, format!("{place} is {model}, which the server does not offer; the nearest that it does is {nearest}"))
                .line("take that one (the name must be exactly as the server writes it)", set(format!("{provider}/{nearest}"))),
        );
    }
    None
}

fn likeness(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(&one.to_lowercase(), &other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;
    use domain::era::Release;

    fn facts(settings: ModelSettings) -> OpenClawFacts {
        let provider = ProviderFacts {
            provider: "lmstudio".into(),
            settings,
            base_url: "http://localhost:1234/v1".into(),
            offered: Some(vec!["qwen/qwen3-8b".into(), "gemma-3".into()]),
        };
        OpenClawFacts {
            path: "/s/openclaw.json".into(),
            there: true,
            unusable: None,
            providers: vec![provider],
        }
    }

    fn found(settings: ModelSettings, era: (u16, u16, u16), check: &str) -> (Severity, Option<String>) {
        let era = Era::at(Release::new(era.0, era.1, era.2));
        let found = judge(&facts(settings), Some(era));
        let finding = found.into_iter().find(|finding| finding.check == check).unwrap();
        (finding.severity, finding.fix.and_then(|fix| fix.line))
    }

    fn default(model: &str) -> ModelSettings {
        let place = "agents.defaults.model".to_owned();
        ModelSettings {
            defaults: vec![DefaultModel { place, model: model.into() }],
            ..ModelSettings::default()
        }
    }

    #[test]
    fn a_default_model_that_is_not_offered_comes_with_the_nearest_that_is() {
        let judged = |model| found(default(model), (2026, 9, 6), "openclaw.default-model");
        let line = |name: &str| Some(format!("openclaw models set lmstudio/{name}"));
        assert_eq!(judged("lmstudio/qwen3-8b"), (Severity::Failure, line("qwen/qwen3-8b")));
        assert_eq!(judged("qwen/qwen3-8b"), (Severity::Failure, line("qwen/qwen3-8b")));
        assert_eq!(judged("lmstudio/gemma-3"), (Severity::Good, None));
        assert_eq!(judged("anthropic/x"), (Severity::Good, None));
    }

    #[test]
    fn an_entry_clobbers_in_early_versions_and_is_needed_in_the_middle_ones() {
        let entry = || ModelSettings {
            entry: Some(ProviderEntry { key: EntryKey::Key, ..ProviderEntry::default() }),
            ..ModelSettings::default()
        };
        assert_eq!(found(entry(), (2026, 2, 12), "openclaw.provider").0, Severity::Failure);
        assert_eq!(found(entry(), (2026, 9, 6), "openclaw.provider").0, Severity::Good);
        let (severity, line) = found(ModelSettings::default(), (2026, 7, 1), "openclaw.provider");
        assert_eq!((severity, line.as_deref()), (Severity::Failure, Some("lmsync sync")));
    }

    #[test]
    fn an_allowlist_that_hides_models_is_told_with_what_to_add() {
        let list = |place, entries: &[&str]| ModelSettings {
            allowlist: Some(Allowlist {
                place,
                entries: entries.iter().map(|&entry| entry.into()).collect(),
            }),
            ..ModelSettings::default()
        };
        let judged = |settings| found(settings, (2026, 9, 6), "openclaw.allowlist");
        const LIST: &str = "agents.defaults.modelPolicy.allow";
        assert_eq!(judged(list(LIST, &["x/y"])), (Severity::Failure, Some("\"lmstudio/*\"".into())));
        assert_eq!(judged(list(LIST, &["lmstudio/*"])), (Severity::Good, None));
        let some = judged(list("agents.defaults.models", &["lmstudio/gemma-3"]));
        assert_eq!(some, (Severity::Warning, Some("\"lmstudio/qwen/qwen3-8b\": {}".into())));
    }
}
