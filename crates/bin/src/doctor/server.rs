//! The server: whether it is reached, what it is, and how quickly it answers.

use std::time::Duration;

use app::Chain;
use domain::ports::{AnswerKind, Failure, SourceError, Wants};

use super::finding::Finding;

/// An answer that takes longer than this is felt.
const SLOW: Duration = Duration::from_secs(1);

/// LM Studio's own port. Where nothing answers, nothing else tells which server is meant.
pub(crate) const LM_STUDIO_PORT: u16 = 1234;

/// What there is of one server.
pub(crate) struct ServerFacts {
    /// The key below `providers` that is kept for it.
    pub(crate) provider: String,
    /// The address of its API, `http://host:1234/v1`.
    pub(crate) address: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) https: bool,
    /// Whether it is a `[[server]]` of `lmsync.toml`, and not the one that the environment names.
    pub(crate) in_file: bool,
    /// Whether the key that is sent is the one that nobody has set.
    pub(crate) default_key: bool,
    /// Whether the key that is sent is surely one of OpenAI's, and the server is not OpenAI's.
    pub(crate) openai_key: bool,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// The container that this process runs in.
    pub(crate) container: Option<&'static str>,
    /// Whether whatever answered, if anything did, calls itself LM Studio.
    pub(crate) lm_studio: bool,
    pub(crate) answer: Result<Answered, SourceError>,
    /// Where a list of models answers instead, after a failure.
    pub(crate) elsewhere: Vec<Elsewhere>,
}

/// A server that lists its models.
pub(crate) struct Answered {
    pub(crate) took: Duration,
    /// Which other server than LM Studio it is, where it tells.
    pub(crate) product: Option<&'static str>,
    pub(crate) version: Option<String>,
    /// LM Studio's own API, where it has one.
    pub(crate) api: Option<&'static str>,
}

/// Another address that was tried, and answers with a list of models or asks for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// This host's loopback address, at the same port; whether LM Studio is there.
    Loopback(String, bool),
    /// The same host, at LM Studio's own port.
    DefaultPort(String),
    /// The host of the container that this is.
    ContainerHost(String),
    /// The same host and port, with or without TLS.
    OtherScheme(String),
    /// The same host and port, at another path.
    Path(String),
    /// The same, at paths where a key is asked for.
    LockedPaths(Vec<String>),
}

impl ServerFacts {
    /// The line that sets its address, and where that line belongs.
    fn address_line(&self, to: &str) -> String {
        if self.in_file { format!("base_url = {to:?}") } else { format!("OPENAI_API_BASE={to}") }
    }

    /// Where the address is set.
    fn address_place(&self) -> &'static str {
        if self.in_file { "base_url of its [[server]] in lmsync.toml" } else { "OPENAI_API_BASE" }
    }

    /// Whether advice may speak of LM Studio: it is there, or nothing is and the port is its own.
    fn may_be_lm_studio(&self) -> bool {
        let answered = matches!(
            self.answer,
            Ok(_) | Err(SourceError::Unauthorized { .. } | SourceError::Malformed { .. })
        );
        self.lm_studio || !answered && self.port == LM_STUDIO_PORT
    }
}

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

fn unreached(facts: &ServerFacts, error: &SourceError) -> Finding {
    let ServerFacts { address, host, port, container, .. } = facts;
    let failure = |check, sentence: String| Finding::failure(check, sentence);
    if let Some(elsewhere) = facts.elsewhere.first() {
        return found_elsewhere(facts, error, elsewhere);
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
            let here = facts.address_line(&format!("http://localhost:{port}/v1"));
            told.line("set the server's address as this machine knows it", here)
        }
        SourceError::Unreachable { failure: Failure::Refused, .. } => refused(facts),
        SourceError::Unreachable { failure: Failure::Tls, .. } => {
            failure("server.tls", format!("no trusted connection: {}", cause(error))).line(
                "trust the authority that signed its certificate",
                "SSL_CERT_FILE=/path/to/authority.pem",
            )
        }
        SourceError::Unreachable { failure: Failure::Other, .. } => {
            failure("server.reachable", format!("{address} cannot be reached: {}", cause(error))).line(
                "is the address right, and the machine on? Set it with",
                facts.address_line(&format!("http://HOST:{port}/v1")),
            )
        }
        SourceError::TimedOut { limit, .. } => {
            failure("server.reachable", format!("{address} does not answer within {} s", limit.as_secs_f32())).line(
                "is something else at this address, or does a firewall drop what comes from here (Docker's networks: \
                 172.16.0.0/12)? A server that is only slow may have more time",
                "LMSYNC_TIMEOUT=30s",
            )
        }
        SourceError::Unauthorized { wants, .. } => locked(facts, error, *wants),
        SourceError::Unreachable { failure: Failure::HungUp, .. } => {
            failure("server.reachable", Chain(error).to_string()).line(
                "is the server just starting? Otherwise another program may listen there; which one says, on its machine",
                listeners(*port),
            )
        }
        SourceError::Malformed { kind, .. } => answered_otherwise(facts, error, *kind),
    }
}

/// Nobody listens there.
fn refused(facts: &ServerFacts) -> Finding {
    let ServerFacts { host, port, container, .. } = facts;
    let told = |what: &str| {
        Finding::failure("server.reachable", format!("nobody listens at {host} on port {port}{what}"))
    };
    match (container, facts.may_be_lm_studio()) {
        (Some(engine), _) if is_loopback(host) => {
            told(&format!(": inside {engine}, {host} is the container itself")).line(
                "set the address of the host",
                facts.address_line(&format!("http://host.docker.internal:{port}/v1")),
            )
        }
        (Some(_), true) => told(" for this container").line(
            "start LM Studio's server so that it listens on all addresses of the host (\"Serve on local network\")",
            format!("lms server start --bind 0.0.0.0 --port {port}"),
        ),
        (Some(_), false) => told(" for this container")
            .fix("start the server so that it listens on all addresses of the host (0.0.0.0), not on 127.0.0.1 alone"),
        (None, true) => told("").line(
            format!("start LM Studio's server (Developer > Start server), or set its address in {}", facts.address_place()),
            format!("lms server start --port {port}"),
        ),
        (None, false) => told("").line(
            "start the server, or set its address",
            facts.address_line(&format!("http://{host}:PORT/v1")),
        ),
    }
}

/// It wants a key or a password.
fn locked(facts: &ServerFacts, error: &SourceError, wants: Wants) -> Finding {
    let nobodys = if facts.default_key { "; no key of yours is set" } else { "" };
    let told = Finding::failure("server.key", format!("{}{nobodys}", Chain(error)));
    match (wants, facts.in_file) {
        (Wants::Password | Wants::AnotherPassword, false) => {
            told.line("set OPENAI_API_KEY=user:password, and how it is sent", "LMSYNC_KEY_HEADER=basic")
        }
        (Wants::Password | Wants::AnotherPassword, true) => told.line(
            "let key_env or key_file of its [[server]] in lmsync.toml hold user:password, and add",
            "key_header = \"basic\"",
        ),
        (_, true) => told.line(
            "name the variable that holds its key, in its [[server]] of lmsync.toml",
            "key_env = \"…\"",
        ),
        (_, false) if facts.may_be_lm_studio() => told.line(
            "make an API token (LM Studio: Developer > Server Settings > Require Authentication) and set it",
            "OPENAI_API_KEY=sk-lm-…",
        ),
        (_, false) => told.line(
            "set a key that this server accepts (in another header than Authorization: LMSYNC_KEY_HEADER)",
            "OPENAI_API_KEY=…",
        ),
    }
}

/// Something answered that is not a list of models.
fn answered_otherwise(facts: &ServerFacts, error: &SourceError, kind: AnswerKind) -> Finding {
    let ServerFacts { port, .. } = facts;
    let told = Finding::failure("server.reachable", Chain(error).to_string());
    let set = || facts.address_line("http://HOST:PORT/v1");
    match kind {
        AnswerKind::Loading => told.fix("wait until it has loaded; `lmsync run` asks again by itself"),
        AnswerKind::Busy => told.fix("`lmsync run` asks again by itself; where it stays so, the server's own log says more"),
        AnswerKind::Proxy => {
            told.line("start the server behind the proxy, or set the address of the server itself", set())
        }
        AnswerKind::Login => {
            told.line("lmsync cannot log in: set an address of the server that takes a key, without the login", set())
        }
        AnswerKind::Redirect => told.line("set the address to which it redirects, if that is the server", set()),
        AnswerKind::HostName => told.line(
            format!(
                "add {} to the names that the server accepts (its trusted or allowed hosts), or set an address that it \
                 accepts",
                facts.host
            ),
            set(),
        ),
        AnswerKind::Refused => told.fix(
            "the server has to let this machine, with this key and by this host name, list its models; its own settings \
             and log say more",
        ),
        AnswerKind::Failed => told.fix("the server's own log says more"),
        AnswerKind::NotHttp => told.line(
            format!("find out which on its machine (below), and set the server's own address in {}", facts.address_place()),
            listeners(*port),
        ),
        AnswerKind::NotFound | AnswerKind::WebPage | AnswerKind::Other => told.line(
            "the usual paths were tried too, and none lists models: set the server's own address, as its manual has it \
             for OpenAI's API",
            set(),
        ),
    }
}

/// The command that tells which program listens on a port.
fn listeners(port: u16) -> String {
    format!("ss -ltnp 'sport = :{port}'")
}

/// The server was found, at another address.
fn found_elsewhere(facts: &ServerFacts, error: &SourceError, elsewhere: &Elsewhere) -> Finding {
    let ServerFacts { host, port, container, https, .. } = facts;
    let set = |to: &str| facts.address_line(to);
    let told = |sentence| Finding::failure("server.reachable", sentence);
    match elsewhere {
        Elsewhere::Loopback(to, lm_studio) => {
            let told = told(format!(
                "the server listens on 127.0.0.1:{port} alone, so nobody reaches it as {host}:{port}"
            ));
            let here = format!("where OpenClaw runs on this machine too, set {}", set(to));
            if *lm_studio {
                told.line(
                    format!("let it listen on all addresses (\"Serve on local network\"); or, {here}"),
                    format!("lms server start --bind 0.0.0.0 --port {port}"),
                )
            } else {
                told.line("let it listen on all addresses (0.0.0.0); or, where OpenClaw runs on this machine too, set", set(to))
            }
        }
        Elsewhere::DefaultPort(to) => {
            told(format!("not port {port} of {host}, but port {LM_STUDIO_PORT} has a list of models"))
                .line("set the port", set(to))
        }
        Elsewhere::ContainerHost(to) => {
            let engine = container.unwrap_or("a container");
            told(format!("inside {engine}, {host} is the container itself; the server is on its host"))
                .line("set the address of the host", set(to))
        }
        Elsewhere::OtherScheme(to) => {
            let (is, not) = if *https { ("http", "https") } else { ("https", "http") };
            Finding::failure("server.tls", format!("{host}:{port} speaks {is}, not {not}"))
                .line("set the scheme", set(to))
        }
        Elsewhere::Path(to) => {
            told(format!("{}; {to} has a list of models", Chain(error))).line("set the path", set(to))
        }
        Elsewhere::LockedPaths(paths) => {
            let Some(first) = paths.first() else { return told(Chain(error).to_string()) };
            told(format!("{}; a key is asked for at {}", Chain(error), paths.join(" and at "))).line(
                "it may be there: set the path, with a key of this server in OPENAI_API_KEY",
                set(first),
            )
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
            in_file: false,
            default_key: true,
            openai_key: false,
            timeout: Duration::from_secs(5),
            container,
            lm_studio: false,
            answer: Err(SourceError::Unreachable { address: "x".into(), failure, cause: "refused".into() }),
            elsewhere: Vec::new(),
        }
    }

    fn line(facts: &ServerFacts) -> String {
        let found = diagnose(facts).remove(0);
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
    fn advice_for_another_server_does_not_speak_of_lm_studio() {
        let ollama =
            |host, container| ServerFacts { port: 11434, ..facts(host, container, Failure::Refused) };
        assert_eq!(line(&ollama("localhost", None)), "OPENAI_API_BASE=http://localhost:PORT/v1");
        let inside = diagnose(&ollama("host.docker.internal", Some("Docker"))).remove(0).fix.unwrap();
        assert!(inside.say.contains("0.0.0.0") && inside.line.is_none());
    }

    #[test]
    fn a_further_server_is_mended_in_lmsync_toml() {
        let further = ServerFacts { in_file: true, port: 8080, ..facts("attic", None, Failure::Unresolved) };
        assert_eq!(line(&further), "base_url = \"http://localhost:8080/v1\"");
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
