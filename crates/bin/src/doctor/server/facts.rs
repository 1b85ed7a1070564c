//! What there is of one server.

use std::time::Duration;

use app::Report;
use config::ServerUrl;
use domain::LeftOut;
use domain::ports::SourceError;

use crate::doctor::models::Offered;
use crate::host_kind::HostKind;

/// LM Studio's own port. Where nothing answers, nothing else tells which server is meant.
pub(crate) const LM_STUDIO_PORT: u16 = 1234;

/// What there is of one server.
pub(crate) struct ServerFacts {
    /// The key below `providers` that is kept for it.
    pub(crate) provider: String,
    /// What is written as its address.
    pub(crate) base_url: String,
    pub(crate) asked: Asked,
    /// Whether the key that is sent is surely one of OpenAI's, and the server is not OpenAI's.
    pub(crate) openai_key: bool,
    /// Whether whatever answered, if anything did, calls itself LM Studio.
    pub(crate) lm_studio: bool,
    pub(crate) answer: Result<Answered, SourceError>,
    /// Where a list of models answers instead, after a failure.
    pub(crate) elsewhere: Option<Elsewhere>,
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

/// A server that lists its models.
pub(crate) struct Answered {
    /// Which other server than LM Studio it is, where it tells.
    pub(crate) product: Option<&'static str>,
    pub(crate) version: Option<String>,
    /// LM Studio's own API, where it has one.
    pub(crate) api: Option<&'static str>,
    /// What a pass found, and would do.
    pub(crate) report: Report,
    /// Chat models that LM Studio knows and does not list: they are not loaded.
    pub(crate) unlisted: Vec<String>,
    /// The models that OpenClaw is offered.
    pub(crate) models: Vec<Offered>,
}

impl Answered {
    /// The ids that OpenClaw is offered.
    pub(crate) fn offered_ids(&self) -> Vec<String> {
        self.models.iter().map(|model| model.id.clone()).collect()
    }

    /// How many models are for something else than chat, as the server says.
    pub(crate) fn not_for_chat(&self) -> usize {
        self.report.left_out.iter().filter(|(_, why)| matches!(why, LeftOut::NotForChat(_))).count()
    }
}

/// Another address that was tried, and answers with a list of models or asks for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    pub(crate) to: String,
    pub(crate) place: Place,
}

/// Where that is, seen from the address that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// This host's loopback address, at the same port; whether LM Studio is there.
    Loopback { lm_studio: bool },
    /// The same host, at LM Studio's own port.
    DefaultPort,
    /// The host of the container that this is.
    ContainerHost,
    /// The same host and port, with or without TLS.
    OtherScheme,
    /// The same host and port, at another path.
    Path,
    /// The same, at paths where a key is asked for: this one first.
    LockedPaths(Vec<String>),
}
