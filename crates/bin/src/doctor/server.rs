//! The server: whether it is reached, what it is, and how quickly it answers.

mod facts;
mod unreached;

use std::time::Duration;

pub(crate) use self::facts::{Answered, Elsewhere, LM_STUDIO_PORT, ServerFacts};
use self::unreached::unreached;
use super::finding::Finding;

/// An answer that takes longer than this is felt.
const SLOW: Duration = Duration::from_secs(1);

pub(crate) fn diagnose(facts: &ServerFacts) -> Vec<Finding> {
    let mut found = match &facts.answer {
        Ok(answered) => vec![
            Finding::good("server.reachable", format!("{} answers with a list of models", facts.address)),
            kind(facts.lm_studio, answered),
            latency(answered.took, facts.timeout),
        ],
        Err(error) => vec![unreached(facts, error)],
    };
    if facts.openai_key {
        let sentence = format!(
            "the key that {} is sent is one of OpenAI's, and that server is not OpenAI's",
            facts.host
        );
        let key = if facts.in_file { "key_env = \"…\"" } else { "OPENAI_API_KEY=…" };
        found.push(Finding::warning("server.key", sentence).line("set the server's own key, or none", key));
    }
    found.into_iter().map(|finding| finding.about(&facts.provider)).collect()
}

fn kind(lm_studio: bool, answered: &Answered) -> Finding {
    const CHECK: &str = "server.kind";
    let api = |api: &str| format!("its own API ({api}) tells what each model can do");
    match (lm_studio, &answered.version, answered.api) {
        (true, Some(version), Some(own)) => {
            Finding::good(CHECK, format!("it is LM Studio {version}; {}", api(own)))
        }
        (true, None, Some(own)) => Finding::good(CHECK, format!("it is LM Studio; {}", api(own))),
        (true, version, None) => {
            let version = version.as_deref().unwrap_or("of an early version");
            Finding::warning(CHECK, format!("it is LM Studio {version}, and tells nothing of its models but their names"))
                .fix("update LM Studio (0.3.6 and later tell), or say what the models can do in lmsync.toml ([[override]])")
        }
        (false, ..) => {
            let product = answered.product.unwrap_or("another server than LM Studio");
            Finding::good(
                CHECK,
                format!(
                    "it is {product}: what its list does not say of a model, its name and lmsync.toml do"
                ),
            )
        }
    }
}

fn latency(took: Duration, limit: Duration) -> Finding {
    const CHECK: &str = "server.latency";
    let took_ms = took.as_millis();
    if took < SLOW && took * 2 < limit {
        return Finding::good(CHECK, format!("it answers within {} ms", took_ms.max(1)));
    }
    Finding::warning(CHECK, format!("it took {took_ms} ms to answer; {} ms are allowed", limit.as_millis()))
        .line("allow it more time", format!("LMSYNC_TIMEOUT={}s", (took.as_secs() * 3).max(15)))
}

#[cfg(test)]
mod tests {
    use domain::ports::{Failure, SourceError};

    use super::*;
    use crate::doctor::finding::Severity;
    use crate::host_kind::HostKind;

    fn facts(host: &str, here: HostKind, failure: Failure) -> ServerFacts {
        let error = SourceError::Unreachable { address: "x".into(), failure, cause: "refused".into() };
        ServerFacts::with_answer(here, host, Err(error))
    }

    fn line(facts: &ServerFacts) -> String {
        let found = diagnose(facts).remove(0);
        assert_eq!(found.severity, Severity::Failure);
        found.fix.unwrap().line.unwrap()
    }

    #[test]
    fn a_refused_connection_is_mended_where_it_is_refused() {
        assert_eq!(
            line(&facts("localhost", HostKind::Linux, Failure::Refused)),
            "lms server start --port 1234"
        );
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
        let ollama = |host, here| ServerFacts { port: 11434, ..facts(host, here, Failure::Refused) };
        assert_eq!(line(&ollama("localhost", HostKind::Linux)), "OPENAI_API_BASE=http://localhost:PORT/v1");
        let inside =
            diagnose(&ollama("host.docker.internal", HostKind::Container("Docker"))).remove(0).fix.unwrap();
        assert!(inside.say.contains("0.0.0.0") && inside.line.is_none());
    }

    #[test]
    fn a_further_server_is_mended_in_lmsync_toml() {
        let further =
            ServerFacts { in_file: true, port: 8080, ..facts("attic", HostKind::Linux, Failure::Unresolved) };
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
        assert_eq!(
            latency(Duration::from_millis(60), Duration::from_millis(100)).severity,
            Severity::Warning
        );
    }
}
