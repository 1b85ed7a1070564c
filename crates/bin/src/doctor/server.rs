//! The server: whether it is reached, what it is, and how quickly it answers.

use std::time::Duration;

use app::Chain;
use domain::ports::{Failure, SourceError};

use super::finding::Finding;

/// An answer that takes longer than this is felt.
const SLOW: Duration = Duration::from_secs(1);

/// What there is of one server.
pub(crate) struct ServerFacts {
    /// The key below `providers` that is kept for it.
    pub(crate) provider: String,
    /// The address of its API, `http://host:1234/v1`.
    pub(crate) address: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) https: bool,
    /// Whether the key that is sent is the one that nobody has set.
    pub(crate) default_key: bool,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// The container that this process runs in.
    pub(crate) container: Option<&'static str>,
    pub(crate) answer: Result<Answered, SourceError>,
    /// Where a list of models answers instead, after a failure.
    pub(crate) elsewhere: Vec<Elsewhere>,
}

/// A server that lists its models.
pub(crate) struct Answered {
    pub(crate) took: Duration,
    /// Whether it is LM Studio, by its own word.
    pub(crate) lm_studio: bool,
    pub(crate) version: Option<String>,
    /// LM Studio's own API, where it has one.
    pub(crate) api: Option<&'static str>,
}

/// Another address that was tried, and answers with a list of models or asks for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// This host's loopback address, at the same port.
    Loopback(String),
    /// The same host, at LM Studio's own port.
    DefaultPort(String),
    /// The host of the container that this is.
    ContainerHost(String),
    /// The same host and port, with or without TLS.
    OtherScheme(String),
}

pub(crate) fn judge(facts: &ServerFacts) -> Vec<Finding> {
    let found = match &facts.answer {
        Ok(answered) => vec![
            Finding::good("server.reachable", format!("{} answers with a list of models", facts.address)),
            kind(answered),
            latency(answered.took, facts.timeout),
        ],
        Err(error) => vec![unreached(facts, error)],
    };
    found.into_iter().map(|finding| finding.about(&facts.provider)).collect()
}

fn kind(answered: &Answered) -> Finding {
    const CHECK: &str = "server.kind";
    let api = |api: &str| format!("its own API ({api}) tells what each model can do");
    match (answered.lm_studio, &answered.version, answered.api) {
        (true, Some(version), Some(own)) => {
            Finding::good(CHECK, format!("it is LM Studio {version}; {}", api(own)))
        }
        (true, None, Some(own)) => Finding::good(CHECK, format!("it is LM Studio; {}", api(own))),
        (true, version, None) => {
            let version = version.as_deref().unwrap_or("of an early version");
            Finding::warning(CHECK, format!("it is LM Studio {version}, and tells nothing of its models but their names"))
                .fix("update LM Studio (0.3.6 and later tell), or say what the models can do in lmsync.toml ([[override]])")
        }
        (false, ..) => Finding::good(
            CHECK,
            "it is another server than LM Studio: its models are described by their names and lmsync.toml alone",
        ),
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

fn unreached(facts: &ServerFacts, error: &SourceError) -> Finding {
    let ServerFacts { address, host, port, container, .. } = facts;
    let failure = |check, sentence: String| Finding::failure(check, sentence);
    if let Some(elsewhere) = facts.elsewhere.first() {
        return found_elsewhere(facts, elsewhere);
    }
    match error {
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => {
            let told = failure("server.name", format!("the name {host} is not known here"));
            if container.is_some() && host == "host.docker.internal" {
                return told.line(
                    "compose: give the service (with a shared network: the gateway's service)",
                    "extra_hosts: [\"host.docker.internal:host-gateway\"]",
                );
            }
            told.line("set the server's address as this machine knows it", "OPENAI_API_BASE=http://localhost:1234/v1")
        }
        SourceError::Unreachable { failure: Failure::Refused, .. } => {
            let told = |what: &str| failure("server.reachable", format!("nobody listens at {host} on port {port}{what}"));
            match container {
                Some(engine) if is_loopback(host) => told(&format!(": inside {engine}, {host} is the container itself"))
                    .line(
                        "set the address of the host",
                        format!("OPENAI_API_BASE=http://host.docker.internal:{port}/v1"),
                    ),
                Some(_) => told(" for this container").line(
                    "start LM Studio's server so that it listens on all addresses of the host (\"Serve on local network\")",
                    format!("lms server start --bind 0.0.0.0 --port {port}"),
                ),
                None => told("").line(
                    "start LM Studio's server (Developer > Start server), or set its address in OPENAI_API_BASE",
                    format!("lms server start --port {port}"),
                ),
            }
        }
        SourceError::Unreachable { failure: Failure::Tls, .. } => {
            failure("server.tls", format!("no trusted connection: {}", cause(error))).line(
                "trust the authority that signed its certificate",
                "SSL_CERT_FILE=/path/to/authority.pem",
            )
        }
        SourceError::Unreachable { failure: Failure::Other, .. } => {
            failure("server.reachable", format!("{address} cannot be reached: {}", cause(error)))
                .line("is the address right, and the machine on? Set it with", "OPENAI_API_BASE=http://HOST:1234/v1")
        }
        SourceError::TimedOut { limit, .. } => {
            failure("server.reachable", format!("{address} does not answer within {} s", limit.as_secs_f32())).line(
                "is something else at this address, or does a firewall drop what comes from here (Docker's networks: \
                 172.16.0.0/12)? A server that is only slow may have more time",
                "LMSYNC_TIMEOUT=30s",
            )
        }
        SourceError::Unauthorized { status, .. } => {
            let key = if facts.default_key { "no key is set, and it asks for one" } else { "it refuses the key that is set" };
            failure("server.key", format!("{address} answers with HTTP {status}: {key}")).line(
                "make an API token (LM Studio: Developer > Server Settings > Require Authentication) and set it",
                "OPENAI_API_KEY=sk-lm-…",
            )
        }
        SourceError::Unreachable { failure: Failure::HungUp, .. } | SourceError::Malformed { .. } => failure(
            "server.reachable",
            format!("another program than LM Studio answers at {host}:{port}: {}", cause(error)),
        )
        .line(
            "find out which on its machine (below), and set LM Studio's own address in OPENAI_API_BASE",
            format!("ss -ltnp 'sport = :{port}'"),
        ),
    }
}

/// The server was found, at another address.
fn found_elsewhere(facts: &ServerFacts, elsewhere: &Elsewhere) -> Finding {
    let ServerFacts { host, port, container, https, .. } = facts;
    let set = |to: &str| format!("OPENAI_API_BASE={to}");
    let told = |sentence| Finding::failure("server.reachable", sentence);
    match elsewhere {
        Elsewhere::Loopback(to) => told(format!(
            "the server listens on 127.0.0.1:{port} alone, so nobody reaches it as {host}:{port}"
        ))
        .line(
            format!(
                "let it listen on all addresses (\"Serve on local network\"); or, where OpenClaw runs on this machine \
                 too, set {}",
                set(to)
            ),
            format!("lms server start --bind 0.0.0.0 --port {port}"),
        ),
        Elsewhere::DefaultPort(to) => {
            told(format!("not port {port} of {host}, but port 1234 has a list of models")).line("set the port", set(to))
        }
        Elsewhere::ContainerHost(to) => {
            let engine = container.unwrap_or("a container");
            told(format!("inside {engine}, {host} is the container itself; the server is on its host"))
                .line("set the address of the host", set(to))
        }
        Elsewhere::OtherScheme(to) => {
            let (is, not) = if *https { ("http", "https") } else { ("https", "http") };
            Finding::failure("server.tls", format!("{host}:{port} speaks {is}, not {not}")).line("set the scheme", set(to))
        }
    }
}

fn cause(error: &SourceError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| Chain(cause).to_string())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    fn facts(host: &str, container: Option<&'static str>, failure: Failure) -> ServerFacts {
        ServerFacts {
            provider: "lmstudio".into(),
            address: format!("http://{host}:1234/v1"),
            host: host.into(),
            port: 1234,
            https: false,
            default_key: true,
            timeout: Duration::from_secs(5),
            container,
            answer: Err(SourceError::Unreachable { address: "x".into(), failure, cause: "refused".into() }),
            elsewhere: Vec::new(),
        }
    }

    fn line(facts: &ServerFacts) -> String {
        let found = judge(facts).remove(0);
        assert_eq!(found.severity, Severity::Failure);
        found.fix.unwrap().line.unwrap()
    }

    #[test]
    fn a_refused_connection_is_mended_where_it_is_refused() {
        assert_eq!(line(&facts("localhost", None, Failure::Refused)), "lms server start --port 1234");
        assert_eq!(
            line(&facts("127.0.0.1", Some("Docker"), Failure::Refused)),
            "OPENAI_API_BASE=http://host.docker.internal:1234/v1"
        );
        assert_eq!(
            line(&facts("host.docker.internal", Some("Docker"), Failure::Refused)),
            "lms server start --bind 0.0.0.0 --port 1234"
        );
    }

    #[test]
    fn an_unknown_name_is_mended_by_compose_or_by_another_address() {
        let inside = facts("host.docker.internal", Some("Docker"), Failure::Unresolved);
        assert!(line(&inside).contains("host-gateway"));
        let outside = facts("studio.lan", None, Failure::Unresolved);
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
