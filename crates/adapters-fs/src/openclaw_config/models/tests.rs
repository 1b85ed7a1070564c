//! What is read of models in configurations of one file.

use super::*;
use crate::openclaw_config::tests::config;

fn settings(text: &str) -> ModelSettings {
    config(text).models("lmstudio")
}

fn known(text: &str) -> Text {
    Text { value: Some(text.to_owned()), variable: None }
}

#[test]
fn an_entry_is_told_without_its_key() {
    let found = settings(
        "{models: {mode: 'replace', providers: {other: {baseUrl: 'http://o'}, LMStudio: {
           baseUrl: 'http://h/v1', apiKey: 'hunter2', models: [{id: 'a'}, {}, {id: 'b'}]}}}}",
    );
    assert!(found.replaces);
    let entry = found.entry.unwrap();
    assert_eq!((entry.base_url, entry.key), (Some(known("http://h/v1")), EntryKey::Key));
    assert_eq!(entry.models, ["a", "b"]);
    assert_eq!(found.others, [("other".to_owned(), "http://o".to_owned())]);
    for (key, expected) in [
        ("'lmstudio-local'", EntryKey::Marker),
        ("' '", EntryKey::None),
        ("null", EntryKey::None),
        ("{source: 'env', id: 'X'}", EntryKey::Key),
        ("'${NOWHERE}'", EntryKey::Key),
    ] {
        let entry = settings(&format!("{{models: {{providers: {{lmstudio: {{apiKey: {key}}}}}}}}}")).entry;
        assert_eq!(entry.unwrap().key, expected, "{key}");
    }
}

#[test]
fn a_reference_is_told_with_its_variable() {
    let url = |url: &str| {
        let found = settings(&format!("{{models: {{providers: {{lmstudio: {{baseUrl: '{url}'}}}}}}}}"));
        found.entry.unwrap().base_url.unwrap()
    };
    let text = |value: Option<&str>, variable: &str| Text {
        value: value.map(str::to_owned),
        variable: Some(variable.to_owned()),
    };
    assert_eq!(url("http://h${DIR}"), text(Some("http://h/dir"), "DIR"));
    assert_eq!(url("${NOWHERE}"), text(None, "NOWHERE"));
    assert_eq!(url("$DIR"), known("$DIR"));
}

/// The lists as `place: entries`.
fn lists(text: &str) -> Vec<String> {
    let told = |list: Allowlist| format!("{}: {}", list.place, list.entries.join(" "));
    settings(text).allowlists.into_iter().map(told).collect()
}

#[test]
fn both_kinds_of_allowlists_are_found() {
    assert_eq!(lists("{agents: {defaults: {models: {'lmstudio/a': {}}}}}"), ["agents.defaults.models: lmstudio/a"]);
    let policy = "agents.defaults.modelPolicy.allow: lmstudio/*";
    assert_eq!(lists("{agents: {defaults: {models: {x: {}}, modelPolicy: {allow: ['lmstudio/*']}}}}"), [policy]);
    for none in [
        "{models: {}}",
        "{models: ['lmstudio/a']}",
        "{modelPolicy: {allow: []}}",
        "{modelPolicy: {allow: []}, models: {x: {}}}",
        "{modelPolicy: {}, models: {x: {}}}",
    ] {
        assert_eq!(lists(&format!("{{agents: {{defaults: {none}}}}}")), [""; 0], "{none}");
    }
    let marked = "{meta: {migrations: {modelPolicyAllowlist: true}}, agents: {defaults: {models: {x: {}}}}}";
    assert_eq!(lists(marked), [""; 0]);
}

#[test]
fn an_agents_own_list_takes_the_place_of_that_of_all() {
    let all = "defaults: {modelPolicy: {allow: ['openai/*']}}";
    let with = |entries: &str| lists(&format!("{{agents: {{{all}, entries: {entries}}}}}"));
    let own = "agents.entries.work.modelPolicy.allow: lmstudio/a";
    let everybodys = "agents.defaults.modelPolicy.allow: openai/*";
    assert_eq!(with("{main: {}, work: {modelPolicy: {allow: ['lmstudio/a']}}}"), [everybodys, own]);
    assert_eq!(with("{work: {modelPolicy: {allow: ['lmstudio/a']}}}"), [own]);
    assert_eq!(with("{free: {modelPolicy: {allow: []}}}"), [""; 0]);
    let alias = "{work: {models: {'lmstudio/a': {alias: 'Mine'}}, modelPolicy: {allow: ['mine']}}}";
    assert_eq!(with(alias), [own]);
}

#[test]
fn default_models_are_found_with_their_places_and_aliases_are_none() {
    let told = |text: &str| -> Vec<String> {
        let told = |of: DefaultModel| format!("{}={}", of.place, of.model.value.unwrap_or_default());
        settings(text).defaults.into_iter().map(told).collect()
    };
    let list = "{agents: {defaults: {models: {'lmstudio/a': {alias: 'fast'}},
                          model: {primary: 'lmstudio/a', fallbacks: ['fast', 'x/y']}},
               list: [{id: 'main'}, {id: 'work', model: 'lmstudio/b'}]}}";
    assert_eq!(
        told(list),
        [
            "agents.defaults.model.primary=lmstudio/a",
            "agents.defaults.model.fallbacks.1=x/y",
            "agents.list.1.model=lmstudio/b",
        ]
    );
    let entries = "{agents: {entries: {work: {model: {primary: '${NOWHERE}'}, models: {x: {alias: 'm'}}},
                                       other: {model: 'm'}, third: {models: {x: {alias: 'm'}}, model: 'M'}}}}";
    assert_eq!(told(entries), ["agents.entries.other.model=m", "agents.entries.work.model.primary="]);
}

#[test]
fn what_is_shaped_otherwise_says_nothing() {
    for text in ["{}", "7", "{models: []}", "{agents: {defaults: 1, list: {}}}", "{models: {providers: 3}}"] {
        assert_eq!(settings(text), ModelSettings::default(), "{text}");
    }
}
