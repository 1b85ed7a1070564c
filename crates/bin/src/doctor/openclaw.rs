//! OpenClaw's own configuration: whether it lets the models of models.json through, and uses ones that there are.

use std::path::PathBuf;

use adapters_fs::{ConfigProblem, DefaultModel, EntryKey, LateRefusal, ModelSettings, Text};
use domain::era::{Era, Fate, Release, Shows};
use domain::{Allowlist, ModelId};

use super::finding::{Finding, Severity, count, some};

/// The first era of which it was read that its versions bound what they include; 2026.2.12 follows any path.
const INCLUDES_BOUNDED_SINCE: Release = Release::new(2026, 4, 15);

/// The first era whose versions look up `$NAME` where a secret stands: 2026.6.6 does, 2026.5.7 does not.
const SHORTHAND_SINCE: Release = Release::new(2026, 6, 5);

/// What there is of openclaw.json.
pub(crate) struct OpenClawFacts {
    pub(crate) path: PathBuf,
    pub(crate) there: bool,
    /// Why it cannot be used; then nothing else is known of it.
    pub(crate) unusable: Option<String>,
    /// How many files it includes.
    pub(crate) included: usize,
    /// What in it does not do what it seems to.
    pub(crate) problems: Vec<ConfigProblem>,
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
    /// The other providers that models.json files have, and their addresses.
    pub(crate) beside: Vec<(String, String)>,
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
    let with = match facts.included {
        0 => String::new(),
        files => format!(", with {} that it includes", count(files, "file")),
    };
    let mut found: Vec<Finding> =
        facts.problems.iter().filter_map(|problem| config_problem(problem, era)).collect();
    if found.iter().all(|finding| finding.severity < Severity::Failure) {
        found.insert(0, Finding::good(CHECK, format!("{shown} is read{with}")));
    }
    for provider in &facts.providers {
        found.extend(mode(provider));
        found.extend(entry(provider, era));
        found.extend(same_server(provider));
    }
    found.extend(refused_entries(&facts.providers));
    for provider in &facts.providers {
        found.extend(allowlists(provider, era));
    }
    found.extend(defaults(&facts.providers));
    found
}

/// What is said of something in the configuration that does not do what it seems to.
fn config_problem(problem: &ConfigProblem, era: Option<&Era>) -> Option<Finding> {
    const CHECK: &str = "openclaw.config";
    match problem {
        // Early versions follow any path.
        ConfigProblem::LateRefuses { .. } if era.is_some_and(|era| era.since < INCLUDES_BOUNDED_SINCE) => {
            None
        }
        ConfigProblem::LateRefuses { path, include, why } => {
            let sentence = format!(
                "OpenClaw does not follow {include:?}, which {} includes: {why}; then it uses nothing of its \
                 configuration",
                path.display()
            );
            let advice = match why {
                LateRefusal::Outside => {
                    "name its folder in OPENCLAW_INCLUDE_ROOTS for OpenClaw, or move the file"
                }
                LateRefusal::TooLarge => "divide the file",
                LateRefusal::HardLink => "make a copy of the file",
                LateRefusal::TooLong => "move the file",
            };
            Some(Finding::failure(CHECK, sentence).fix(advice))
        }
        ConfigProblem::NotReplaced { place, variable } => {
            let is_secret =
                ["apikey", "token", "password"].iter().any(|key| place.to_lowercase().ends_with(key));
            let is_ours = ["models.", "agents.", "gateway."].iter().any(|start| place.starts_with(start));
            // For a secret, late versions look the variable up.
            let is_known = is_secret && era.is_none_or(|era| era.since >= SHORTHAND_SINCE);
            (is_ours && !is_known).then(|| {
                let sentence = format!(
                    "{place} is \"${variable}\", which OpenClaw takes as it stands: it replaces ${{NAME}} alone"
                );
                Finding::warning(CHECK, sentence)
                    .line("where the variable is meant, write", format!("\"${{{variable}}}\""))
            })
        }
        // Said where it matters.
        ConfigProblem::NotKnownHere { .. } => None,
    }
}

/// Another provider that leads to the same server shows its models a second time.
fn same_server(facts: &ProviderFacts) -> Vec<Finding> {
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

/// Whether an address that is known leads to another server than ours.
fn leads_elsewhere(url: &Text, ours: &str) -> bool {
    let scheme = |url: &str| url.trim().to_ascii_lowercase().starts_with("https://");
    url.value.as_deref().is_some_and(|url| server(url) != server(ours) || scheme(url) != scheme(ours))
}

/// Entries of a list for which OpenClaw refuses its whole configuration.
fn refused_entries(providers: &[ProviderFacts]) -> Vec<Finding> {
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

fn allowlists(facts: &ProviderFacts, era: Option<&Era>) -> Vec<Finding> {
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

#[cfg(test)]
mod tests {
    use adapters_fs::ProviderEntry;

    use super::*;

    fn facts(settings: ModelSettings) -> OpenClawFacts {
        let provider = ProviderFacts {
            provider: "lmstudio".into(),
            settings,
            base_url: "http://localhost:1234/v1".into(),
            offered: Some(vec!["qwen/qwen3-8b".into(), "gemma-3".into()]),
            beside: Vec::new(),
        };
        OpenClawFacts {
            path: "/s/openclaw.json".into(),
            there: true,
            unusable: None,
            included: 0,
            problems: Vec::new(),
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
            defaults: vec![DefaultModel { place, model: Text { value: Some(model.into()), variable: None } }],
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
        const LIST: &str = "agents.defaults.modelPolicy.allow";
        let list = |place: &str, entries: &[&str]| ModelSettings {
            allowlists: vec![Allowlist {
                place: place.to_owned(),
                entries: entries.iter().map(|&entry| entry.into()).collect(),
                is_policy: place == LIST,
                ..Allowlist::default()
            }],
            ..ModelSettings::default()
        };
        let judged = |settings| found(settings, (2026, 9, 6), "openclaw.allowlist");
        assert_eq!(judged(list(LIST, &["x/y"])), (Severity::Failure, Some("\"lmstudio/*\"".into())));
        assert_eq!(judged(list(LIST, &["lmstudio/*"])), (Severity::Good, None));
        let some = judged(list("agents.defaults.models", &["lmstudio/gemma-3"]));
        assert_eq!(some, (Severity::Warning, Some("\"lmstudio/qwen/qwen3-8b\": {}".into())));
    }
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
