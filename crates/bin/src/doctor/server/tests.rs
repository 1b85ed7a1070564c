//! Which findings there are of a server, by its answer and the place of this process.

use config::ServerUrl;
use domain::ports::Failure;

use super::*;
use crate::doctor::finding::Severity;
use crate::host_kind::HostKind;

/// A server on LM Studio's port of that host, which gave this answer.
pub(in crate::doctor) fn with_answer(here: HostKind, host: &str, answer: Result<Answered, SourceError>) -> ServerFacts {
    let url = ServerUrl::parse(&format!("{host}:{LM_STUDIO_PORT}")).unwrap();
    let asked = Asked::new(&url, Duration::from_secs(5), here);
    ServerFacts {
        provider: "lmstudio".into(),
        base_url: asked.address.clone(),
        asked,
        openai_key: false,
        lm_studio: false,
        answer,
        elsewhere: None,
    }
}

fn facts(host: &str, here: HostKind, failure: Failure) -> ServerFacts {
    let error = SourceError::Unreachable { address: "x".into(), failure, cause: "refused".into() };
    with_answer(here, host, Err(error))
}

fn line(facts: &ServerFacts) -> String {
    let found = diagnose(facts, None).remove(0);
    assert_eq!(found.severity, Severity::Failure);
    found.fix.unwrap().line.unwrap()
}

#[test]
fn a_refused_connection_is_mended_where_it_is_refused() {
    assert_eq!(line(&facts("localhost", HostKind::Linux, Failure::Refused)), "lms server start --port 1234");
    assert_eq!(
        line(&facts("127.0.0.1", HostKind::Container("Docker"), Failure::Refused)),
        "OPENAI_API_BASE=http://host.docker.internal:1234/v1"
    );
    assert_eq!(
        line(&facts("host.docker.internal", HostKind::Container("Docker"), Failure::Refused)),
        "lms server start --bind 0.0.0.0 --port 1234"
    );
}

#[test]
fn advice_for_another_server_does_not_speak_of_lm_studio() {
    let ollama = |host, here| {
        let mut ollama = facts(host, here, Failure::Refused);
        ollama.asked.port = 11434;
        ollama
    };
    assert_eq!(line(&ollama("localhost", HostKind::Linux)), "OPENAI_API_BASE=http://localhost:PORT/v1");
    let inside = diagnose(&ollama("host.docker.internal", HostKind::Container("Docker")), None).remove(0).fix.unwrap();
    assert!(inside.say.contains("0.0.0.0") && inside.line.is_none());
}

#[test]
fn a_further_server_is_mended_in_lmsync_toml() {
    let mut further = facts("attic", HostKind::Linux, Failure::Unresolved);
    further.asked = Asked { in_file: true, port: 8080, ..further.asked };
    assert_eq!(line(&further), "base_url = \"http://localhost:8080/v1\"");
}

#[test]
fn an_unknown_name_is_mended_by_compose_or_by_another_address() {
    let inside = facts("host.docker.internal", HostKind::Container("Docker"), Failure::Unresolved);
    assert!(line(&inside).contains("host-gateway"));
    let outside = facts("studio.lan", HostKind::Linux, Failure::Unresolved);
    assert_eq!(line(&outside), "OPENAI_API_BASE=http://localhost:1234/v1");
}

#[test]
fn slowness_is_told_before_it_becomes_a_failure() {
    let limit = Duration::from_secs(5);
    assert_eq!(latency(Duration::from_millis(900), limit).severity, Severity::Good);
    assert_eq!(latency(Duration::from_millis(1_100), limit).severity, Severity::Warning);
    assert_eq!(latency(Duration::from_millis(60), Duration::from_millis(100)).severity, Severity::Warning);
}
