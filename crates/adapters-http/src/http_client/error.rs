//! Why a request got no usable answer, by what a person can do about it.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use domain::ports::{AnswerKind, Failure, SourceError};
use thiserror::Error;

/// Why there is no answer. Nothing here holds the key; what a server wrote is an excerpt.
#[derive(Debug, Error)]
pub(crate) enum ExchangeError {
    #[error("the address is not an absolute http or https URL")]
    BadAddress,
    #[error("the key holds a character that cannot be sent in a header")]
    UnsendableKey,
    #[error("the name {host} was not resolved")]
    Dns {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("no connection to {address}")]
    Connect {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("no trusted TLS connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    #[error("the connection was closed before the answer was complete")]
    Closed,
    #[error("the connection was lost")]
    Lost {
        #[source]
        source: io::Error,
    },
    #[error("the answer is not HTTP")]
    NotHttp {
        #[source]
        source: hyper::Error,
    },
    #[error("the answer did not end within {limit:?}")]
    TimedOut { limit: Duration },
    #[error("the answer is larger than {} MiB", limit / 1024 / 1024)]
    TooLarge { limit: usize },
    #[error(
        "it redirects to {to}, where the key is not sent; if that is the server, set OPENAI_API_BASE (or base_url in \
         lmsync.toml) to it"
    )]
    ForeignRedirect { to: String },
    #[error("it redirects to {to}")]
    LoginRedirect { to: String },
    #[error("it redirects to something that is no address")]
    BadRedirect,
    #[error("it redirects more than {limit} times")]
    TooManyRedirects { limit: usize },
}

impl ExchangeError {
    /// Classifies hyper's error on an open connection by its source, since hyper has no public kind for it.
    pub(crate) fn lost(error: hyper::Error) -> Self {
        if spoke_unasked(&error) {
            return Self::NotHttp { source: error };
        }
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            return Self::Closed;
        }
        let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        match io.map(io::Error::kind) {
            Some(ErrorKind::UnexpectedEof) => Self::Closed,
            // What hyper finds wrong with the framing, it reports as invalid data or input.
            Some(kind) if !matches!(kind, ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other) => {
                Self::Lost { source: kind.into() }
            }
            _ => Self::NotHttp { source: error },
        }
    }
}

/// Whether the other side sent something before it had a request to answer, as an SSH or mail server does: hyper then
/// gives the request up, and names that as the reason, for which it has no public kind.
fn spoke_unasked(error: &hyper::Error) -> bool {
    let reason = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    error.is_canceled()
        && reason
            .is_some_and(|reason| reason.source().is_none() && !reason.is_closed() && !reason.is_incomplete_message())
}

impl ExchangeError {
    /// Whether the server sent us elsewhere, and we did not go.
    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.answer_kind(), Some(AnswerKind::Redirect | AnswerKind::Login))
    }

    /// The kind of the answer, where there was one.
    fn answer_kind(&self) -> Option<AnswerKind> {
        match self {
            Self::NotHttp { .. } => Some(AnswerKind::NotHttp),
            Self::TooLarge { .. } => Some(AnswerKind::Other),
            Self::LoginRedirect { .. } => Some(AnswerKind::Login),
            Self::ForeignRedirect { .. } | Self::BadRedirect | Self::TooManyRedirects { .. } => {
                Some(AnswerKind::Redirect)
            }
            _ => None,
        }
    }

    /// What this means for a request to `address`.
    pub(crate) fn at(self, address: String) -> SourceError {
        if let Some(kind) = self.answer_kind() {
            return SourceError::Malformed { address, kind, cause: self.into() };
        }
        let failure = match &self {
            Self::TimedOut { limit } => return SourceError::TimedOut { address, limit: *limit },
            Self::Dns { .. } => Failure::Unresolved,
            Self::Tls { .. } => Failure::Tls,
            Self::Connect { source, .. } if source.kind() == ErrorKind::ConnectionRefused => Failure::Refused,
            Self::Closed | Self::Lost { .. } => Failure::HungUp,
            _ => Failure::Other,
        };
        SourceError::Unreachable { address, failure, cause: self.into() }
    }
}
