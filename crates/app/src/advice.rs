//! What a person can do about a server that does not list its models.

use domain::ports::{Failure, SourceError};

/// What kind of failure it is, in a word: a change of it is worth telling.
pub(crate) fn kind(error: &SourceError) -> &'static str {
    match error {
        SourceError::Unreachable { failure: Failure::Refused, .. } => "refused",
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => "unresolved",
        SourceError::Unreachable { failure: Failure::Tls, .. } => "tls",
        SourceError::Unreachable { failure: Failure::HungUp, .. } => "hung up",
        SourceError::Unreachable { failure: Failure::Other, .. } => "unreachable",
        SourceError::TimedOut { .. } => "timed out",
        SourceError::Unauthorized { .. } => "unauthorized",
        SourceError::Malformed { .. } => "malformed",
    }
}

/// What to do about it.
#[must_use]
pub fn advice(error: &SourceError) -> &'static str {
    match error {
        SourceError::Unreachable { failure: Failure::Refused, .. } => {
            "is LM Studio's server started (Developer > Start server, or `lms server start`)? Seen from a container it \
             must listen on 0.0.0.0 (`lms server start --bind 0.0.0.0`), and the service needs `extra_hosts: \
             host.docker.internal:host-gateway`"
        }
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => {
            "the host's name is not known here: in compose add `extra_hosts: host.docker.internal:host-gateway`; on the \
             host itself set OPENAI_API_BASE=http://localhost:1234/v1"
        }
        SourceError::Unreachable { failure: Failure::Tls, .. } => {
            "the certificate is not trusted: set SSL_CERT_FILE to the authority's certificate, or use http://"
        }
        SourceError::Unreachable { failure: Failure::HungUp, .. } => {
            "is it starting, or is it another program that listens there? OPENAI_API_BASE says where LM Studio is"
        }
        SourceError::Unreachable { failure: Failure::Other, .. } => {
            "is the address in OPENAI_API_BASE right, and the server running?"
        }
        SourceError::TimedOut { .. } => {
            "is the address right, and the server not overloaded? LMSYNC_TIMEOUT allows it more time. Seen from a \
             container, the host's firewall may drop what comes from Docker's networks (172.16.0.0/12)"
        }
        SourceError::Unauthorized { .. } => {
            "set OPENAI_API_KEY to an API token of this server (LM Studio: Developer > Server settings)"
        }
        SourceError::Malformed { .. } => {
            "does OPENAI_API_BASE point to LM Studio, or another server with an OpenAI-compatible /v1/models?"
        }
    }
}
