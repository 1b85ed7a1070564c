//! Configurations on disk, read as OpenClaw reads them.

use std::path::Path;

use domain::Secret;
use tempfile::TempDir;

use super::*;
use crate::work::Work;

/// The environment of all tests here.
fn environment(name: &str) -> Option<String> {
    let value = match name {
        "TOKEN" => "from-environment",
        "HOME" => "/home/me",
        "DIR" => "/dir",
        _ => return None,
    };
    Some(value.to_owned())
}

/// A configuration of one file.
pub(super) fn config(text: &str) -> OpenClawConfig {
    read(&[("openclaw.json", text)]).1.ok().unwrap()
}

/// A configuration of several files.
fn read(files: &[(&str, &str)]) -> (TempDir, Result<OpenClawConfig, OpenClawConfigError>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let config = OpenClawFile::new(folder.path().join("openclaw.json"), environment).read_here();
    (folder, config)
}

/// The reason for which a configuration cannot be read, with all its causes.
fn refusal(files: &[(&str, &str)]) -> String {
    let (folder, config) = read(files);
    let error = config.err().unwrap();
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told.replace(&folder.path().display().to_string(), "").replace('\\', "/")
}

#[test]
fn a_local_gateway_is_found_in_json5() {
    let text = "{ // mine\n gateway: { port: 19000, auth: { mode: 'token', token: 't0k', }, }, }";
    let expected = GatewayHints { port: Some(19000), token: Secret::new("t0k"), ..GatewayHints::default() };
    assert_eq!(config(text).gateway(), expected);
}

#[test]
fn a_token_may_stand_in_the_environment() {
    let token = |text: &str| config(&format!("{{gateway: {{auth: {{token: {text}}}}}}}")).gateway().token;
    assert_eq!(token("'${TOKEN}'"), Secret::new("from-environment"));
    assert_eq!(token("'${UNKNOWN}'"), None);
    assert_eq!(token("{source: 'file', id: 'x'}"), None);
}

#[test]
fn a_remote_gateway_brings_its_own_address_and_token() {
    let text = "{gateway: {mode: 'remote', auth: {token: 'local'}, remote: {url: 'wss://far', token: 'far'}}}";
    let hints = config(text).gateway();
    assert_eq!(hints.remote_url.as_deref(), Some("wss://far"));
    assert_eq!(hints.token, Secret::new("far"));
}

#[test]
fn nothing_useful_is_no_error() {
    for text in ["{}", "[]", "null", "{gateway: 7}", "{gateway: {port: 'x'}}"] {
        assert_eq!(config(text).gateway(), GatewayHints::default(), "{text}");
    }
}

#[tokio::test]
async fn a_broken_file_is_named_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.json");
    std::fs::write(&path, "{\n  token: \"hunter2\" oops }").unwrap();
    let error = OpenClawFile::new(path, environment).read(Work::Here).await.err().unwrap();
    let text = error.to_string();
    assert!(text.contains("line 2") && !text.contains("hunter2"), "{text}");
    let missing = OpenClawFile::new(folder.path().join("none"), environment);
    assert_eq!(missing.read(Work::Aside).await.unwrap().gateway(), GatewayHints::default());
}

#[test]
fn included_files_take_the_place_of_their_object() {
    let (folder, read) = read(&[
        ("openclaw.json", "{$include: ['./a.json', 'sub/b.json5'], gateway: {port: 3, auth: {$include: 'auth.json'}}}"),
        (
            "a.json",
            "{\"gateway\": {\"port\": 1, \"tls\": {\"enabled\": true}}, \"agents\": {\"list\": [{\"id\": \"a\"}]}}",
        ),
        ("sub/b.json5", "{gateway: {port: 2}, agents: {$include: './c.json'},}"),
        ("sub/c.json", "{\"list\": [{\"id\": \"c\"}]}"),
        ("auth.json", "{\"token\": \"${TOKEN}\"}"),
    ]);
    let config = read.ok().unwrap();
    let expected =
        GatewayHints { port: Some(3), tls: true, token: Secret::new("from-environment"), ..GatewayHints::default() };
    assert_eq!(config.gateway(), expected);
    let ids: Vec<String> = config.roster().into_iter().map(|agent| agent.id).collect();
    assert_eq!(ids, ["a", "c"], "arrays are put behind each other");
    let mut included: Vec<&Path> =
        config.included().iter().map(|file| file.strip_prefix(folder.path()).unwrap()).collect();
    included.sort_unstable();
    assert_eq!(included, ["a.json", "auth.json", "sub/b.json5", "sub/c.json"].map(Path::new));
    assert_eq!(config.problems(), []);
}

#[test]
fn an_include_that_openclaw_does_not_follow_is_an_error_that_names_it() {
    let with = |text: &str| refusal(&[("openclaw.json", text), ("list.json", "[1]"), ("broken.json", "{\n a: oops }")]);
    assert!(
        with("{$include: './none.json'}")
            .starts_with("/openclaw.json includes \"./none.json\": cannot read /none.json: ")
    );
    assert_eq!(
        with("{$include: 'broken.json'}"),
        "/openclaw.json includes \"broken.json\": /broken.json is not JSON5, line 2 column 5"
    );
    assert_eq!(
        with("{$include: 'list.json', a: 1}"),
        "/openclaw.json includes \"list.json\": keys stand beside it, so the included file has to hold an object"
    );
    assert_eq!(
        with("{a: {$include: 'openclaw.json'}}"),
        "/openclaw.json includes \"openclaw.json\": the files include each other in a circle"
    );
    assert_eq!(with("{$include: 7}"), "/openclaw.json includes \"\": $include takes a path or a list of paths");
}

#[test]
fn ten_levels_of_files_are_followed() {
    let chain = |length: usize| {
        let file = |index: usize| if index == 0 { "openclaw.json".to_owned() } else { format!("{index}.json") };
        let text = |index: usize| {
            if index == length {
                "{gateway: {port: 7}}".to_owned()
            } else {
                format!("{{$include: '{}'}}", file(index + 1))
            }
        };
        let files: Vec<(String, String)> = (0..=length).map(|index| (file(index), text(index))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        read(&files).1.map(|config| config.gateway().port)
    };
    assert_eq!(chain(error::DEEPEST).ok(), Some(Some(7)));
    assert!(matches!(
        chain(error::DEEPEST + 1),
        Err(OpenClawConfigError::Include { problem, .. }) if matches!(*problem, IncludeProblem::TooDeep)
    ));
}

#[test]
fn what_later_versions_refuse_is_read_and_named() {
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("gateway.json");
    std::fs::write(&file, "{\"port\": 7}").unwrap();
    let (folder, config) = read(&[("openclaw.json", &format!("{{gateway: {{$include: {file:?}}}}}"))]);
    let config = config.ok().unwrap();
    assert_eq!(config.gateway().port, Some(7));
    let refused = |include: &Path, why| ConfigProblem::LateRefuses {
        path: folder.path().join("openclaw.json"),
        include: include.display().to_string(),
        why,
    };
    assert_eq!(config.problems(), [refused(&file, LateRefusal::Outside)]);
    let linked = folder.path().join("linked.json");
    std::fs::write(folder.path().join("openclaw.json"), "{gateway: {$include: './linked.json'}}").unwrap();
    let read = || OpenClawFile::new(folder.path().join("openclaw.json"), environment).read_here().ok().unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&file, &linked).unwrap();
        assert_eq!(read().problems(), [refused(Path::new("./linked.json"), LateRefusal::Outside)]);
        std::fs::remove_file(&linked).unwrap();
    }
    std::fs::hard_link(folder.path().join("openclaw.json"), folder.path().join("other")).unwrap();
    std::fs::write(&linked, "{\"port\": 7}").unwrap();
    std::fs::hard_link(&linked, folder.path().join("another")).unwrap();
    assert_eq!(read().problems(), [refused(Path::new("./linked.json"), LateRefusal::HardLink)]);
}

#[test]
fn the_env_files_and_the_configurations_own_variables_are_used() {
    let token = |file: &str, config: &str| {
        let text = format!("{{env: {config}, gateway: {{auth: {{token: '${{SECRET}}-${{TOKEN}}'}}}}}}");
        read(&[(".env", file), ("openclaw.json", &text)]).1.ok().unwrap().gateway().token
    };
    let expected = |text: &str| Secret::new(format!("{text}-from-environment"));
    assert_eq!(token("SECRET=file\nTOKEN=file", "{}"), expected("file"));
    assert_eq!(token("", "{vars: {SECRET: 'own', TOKEN: 'own'}}"), expected("own"));
    assert_eq!(token("SECRET=file", "{SECRET: 'own'}"), expected("file"));
    assert_eq!(token("", "{}"), None);
}
