//! What there is of one server.

use std::time::Duration;

use config::ServerUrl;
use domain::ports::SourceError;

use crate::doctor::models::Offered;
use crate::host_kind::HostKind;

/// LM Studio's own port. Where nothing answers, nothing else tells which server is meant.
pub(crate) const LM_STUDIO_PORT: u16 = 1234;

/// What there is of one server.
pub(crate) struct ServerFacts {
    /// The key below `providers` that is kept for it.
    pub(crate) provider: String,
    pub(crate) asked: Asked,
    /// Whether the key that is sent is surely one of OpenAI's, and the server is not OpenAI's.
    pub(crate) openai_key: bool,
    /// Whether whatever answered, if anything did, calls itself LM Studio.
    pub(crate) lm_studio: bool,
    pub(crate) answer: Result<Answered, SourceError>,
    /// Where a list of models answers instead, after a failure.
    pub(crate) elsewhere: Vec<Elsewhere>,
}

/// A server as it is asked.
pub(crate) struct Asked {
    /// The address of its API, `http://host:1234/v1`.
    pub(crate) address: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) https: bool,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// Where this process runs.
    pub(crate) here: HostKind,
    /// Whether it is a `[[server]]` of `lmsync.toml`, and not the one that the environment names.
    pub(crate) in_file: bool,
    /// Whether the key that is sent is the one that nobody has set.
    pub(crate) default_key: bool,
}

impl Asked {
    /// The environment's server at that address, for which nobody has set a key.
    pub(crate) fn new(url: &ServerUrl, timeout: Duration, here: HostKind) -> Self {
        let https = url.api.scheme_str() == Some("https");
        Self {
            address: url.api.to_string(),
            host: url.api.host().unwrap_or_default().to_owned(),
            port: url.api.port_u16().unwrap_or(if https { 443 } else { 80 }),
            https,
            timeout,
            here,
            in_file: false,
            default_key: true,
        }
    }

    /// The line that sets its address, and where that line belongs.
    pub(super) fn address_line(&self, to: &str) -> String {
        if self.in_file { format!("base_url = {to:?}") } else { format!("OPENAI_API_BASE={to}") }
    }

    /// Where the address is set.
    pub(super) fn address_place(&self) -> &'static str {
        if self.in_file { "base_url of its [[server]] in lmsync.toml" } else { "OPENAI_API_BASE" }
    }

    /// Whether its host is this very machine or container.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

#[cfg(test)]
impl ServerFacts {
    /// A server on LM Studio's port of that host, which gave this answer.
    pub(crate) fn with_answer(here: HostKind, host: &str, answer: Result<Answered, SourceError>) -> Self {
        let url = ServerUrl::parse(&format!("{host}:{LM_STUDIO_PORT}")).unwrap();
        let asked = Asked::new(&url, Duration::from_secs(5), here);
        let provider = "lmstudio".into();
        Self { provider, asked, openai_key: false, lm_studio: false, answer, elsewhere: Vec::new() }
    }
}

/// A server that lists its models.
pub(crate) struct Answered {
    pub(crate) took: Duration,
    /// Which other server than LM Studio it is, where it tells.
    pub(crate) product: Option<&'static str>,
    pub(crate) version: Option<String>,
    /// LM Studio's own API, where it has one.
    pub(crate) api: Option<&'static str>,
    pub(crate) listed: Listed,
    /// The models that OpenClaw is offered.
    pub(crate) models: Vec<Offered>,
}

/// The models of one server as a whole: how many there are.
pub(crate) struct Listed {
    /// How many it lists.
    pub(crate) listed: usize,
    /// How many of them OpenClaw is offered.
    pub(crate) offered: usize,
    /// How many are for something else than chat, as the server says.
    pub(crate) not_for_chat: usize,
    /// Why it may have models that its answer does not name.
    pub(crate) incomplete: Option<String>,
    /// Chat models that LM Studio knows and does not list: they are not loaded.
    pub(crate) unlisted: Vec<String>,
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
