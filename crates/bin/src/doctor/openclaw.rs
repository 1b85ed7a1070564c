//! OpenClaw's own configuration: whether it lets the models of models.json through, and uses ones that there are.

mod default_models;
mod facts;
mod lists;
mod problems;
mod provider;

use domain::count;
use domain::era::Era;

use self::facts::CONFIG;
pub(crate) use self::facts::{OpenClawFacts, ProviderFacts};
use super::finding::{Check, Finding, Severity};

pub(crate) fn diagnose(facts: &OpenClawFacts, era: Option<&Era>) -> Vec<Finding> {
    let shown = facts.path.display();
    if let Some(why) = &facts.unusable {
        let say = "what OpenClaw says of it (2026.9 and later)";
        return vec![CONFIG.failure(why).line(say, "openclaw config validate")];
    }
    if !facts.there {
        let sentence = format!("{shown} is not there: OpenClaw is not set up, or has another state folder");
        let say = "set OpenClaw up, or name its state folder in OPENCLAW_STATE_DIR";
        return vec![CONFIG.warning(sentence).line(say, "openclaw onboard")];
    }
    let problems = facts.problems.iter().filter_map(|problem| problems::diagnose(problem, era));
    let mut found: Vec<Finding> = problems.collect();
    if found.iter().all(|finding| finding.severity < Severity::Failure) {
        let with = match facts.included {
            0 => String::new(),
            files => format!(", with {} that it includes", count(files, "file")),
        };
        found.insert(0, CONFIG.good(format!("{shown} is read{with}")));
    }
    for kept in &facts.providers {
        found.extend(mode(kept));
        found.extend(provider::diagnose_entry(kept, era));
        found.extend(provider::diagnose_others(kept));
    }
    // All agents' lists and default models are the same for each provider.
    let Some(first) = facts.providers.first() else { return found };
    found.extend(first.settings.allowlists.iter().filter_map(lists::refused));
    found.extend(facts.providers.iter().flat_map(|provider| lists::diagnose(provider, era)));
    found.extend(default_models::diagnose(&first.settings.defaults, &facts.providers));
    found
}

fn mode(facts: &ProviderFacts) -> Option<Finding> {
    facts.settings.replaces.then(|| {
        Check("openclaw.mode")
            .failure("models.mode is replace: OpenClaw leaves models.json out of account")
            .about(&facts.provider)
            .line("let both count", "openclaw config set models.mode merge")
    })
}

#[cfg(test)]
mod tests {
    use adapters_fs::{DefaultModel, EntryKey, ModelSettings, ProviderEntry, Text};
    use domain::Allowlist;
    use domain::era::Release;

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
        let era = Era::for_release(Release::new(era.0, era.1, era.2));
        let found = diagnose(&facts(settings), Some(era));
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
        let diagnosed = |model| found(default(model), (2026, 9, 6), "openclaw.default-model");
        let line = |name: &str| Some(format!("openclaw models set lmstudio/{name}"));
        assert_eq!(diagnosed("lmstudio/qwen3-8b"), (Severity::Failure, line("qwen/qwen3-8b")));
        assert_eq!(diagnosed("qwen/qwen3-8b"), (Severity::Failure, line("qwen/qwen3-8b")));
        assert_eq!(diagnosed("lmstudio/gemma-3"), (Severity::Good, None));
        assert_eq!(diagnosed("anthropic/x"), (Severity::Good, None));
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
        let diagnosed = |settings| found(settings, (2026, 9, 6), "openclaw.allowlist");
        assert_eq!(diagnosed(list(LIST, &["x/y"])), (Severity::Failure, Some("\"lmstudio/*\"".into())));
        assert_eq!(diagnosed(list(LIST, &["lmstudio/*"])), (Severity::Good, None));
        let some = diagnosed(list("agents.defaults.models", &["lmstudio/gemma-3"]));
        assert_eq!(some, (Severity::Warning, Some("\"lmstudio/qwen/qwen3-8b\": {}".into())));
    }
}
