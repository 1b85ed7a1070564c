//! What there is of one server.

use std::time::Duration;

use domain::ports::SourceError;

use crate::host_kind::HostKind;

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
    /// Where this process runs.
    pub(crate) here: HostKind,
    /// Whether whatever answered, if anything did, calls itself LM Studio.
    pub(crate) lm_studio: bool,
    pub(crate) answer: Result<Answered, SourceError>,
    /// Where a list of models answers instead, after a failure.
    pub(crate) elsewhere: Vec<Elsewhere>,
}

#[cfg(test)]
impl ServerFacts {
    /// A server on LM Studio's port of that host, which gave this answer.
    pub(crate) fn with_answer(here: HostKind, host: &str, answer: Result<Answered, SourceError>) -> Self {
        Self {
            provider: "lmstudio".into(),
            address: format!("http://{host}:{LM_STUDIO_PORT}/v1"),
            host: host.into(),
            port: LM_STUDIO_PORT,
            https: false,
            in_file: false,
            default_key: true,
            openai_key: false,
            timeout: Duration::from_secs(5),
            here,
            lm_studio: false,
            answer,
            elsewhere: Vec::new(),
        }
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
    pub(super) fn address_line(&self, to: &str) -> String {
        if self.in_file { format!("base_url = {to:?}") } else { format!("OPENAI_API_BASE={to}") }
    }

    /// Where the address is set.
    pub(super) fn address_place(&self) -> &'static str {
        if self.in_file { "base_url of its [[server]] in lmsync.toml" } else { "OPENAI_API_BASE" }
    }

    /// Whether advice may speak of LM Studio: it is there, or nothing is and the port is its own.
    pub(super) fn may_be_lm_studio(&self) -> bool {
        let answered = matches!(
            self.answer,
            Ok(_) | Err(SourceError::Unauthorized { .. } | SourceError::Malformed { .. })
        );
        self.lm_studio || !answered && self.port == LM_STUDIO_PORT
    }
}
