//! The server that lists models, as a contract.

use std::future::Future;
use std::time::Duration;

use thiserror::Error;

use super::Cause;
use crate::{Facts, Listing};

/// Whoever serves models and can list them.
pub trait ModelSource: Send + Sync {
    /// Asks for the models that can be served now. Takes bounded time, and one request unless a kept-alive
    /// connection turned out to be closed.
    ///
    /// # Errors
    /// [`SourceError`]; the caller keeps what it knows.
    fn models(&self) -> impl Future<Output = Result<Listing, SourceError>> + Send;

    /// Asks what the server itself knows of its models, in at most two requests of bounded time each. A source
    /// that has no more to say than its list need not implement this.
    ///
    /// # Errors
    /// [`SourceError`]; the caller keeps what it knows. A server that merely has no such endpoint is no error.
    fn facts(&self) -> impl Future<Output = Result<Facts, SourceError>> + Send {
        std::future::ready(Ok(Facts::NotOffered))
    }
}

/// Why a listing could not be had.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nobody answers there.
    #[error("no answer from {address}")]
    Unreachable {
        /// Who was asked.
        address: String,
        /// What kind of failure it was.
        failure: Failure,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The answer did not end in time.
    #[error("{address} did not answer within {limit:?}")]
    TimedOut {
        /// Who was asked.
        address: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The server wants another key.
    #[error("{address} refuses the key (HTTP {status})")]
    Unauthorized {
        /// Who was asked.
        address: String,
        /// The status of its answer.
        status: u16,
    },
    /// The server answered, but not with a list of models.
    #[error("{address} answered with something other than a list of models")]
    Malformed {
        /// Who was asked.
        address: String,
        /// What was found instead.
        #[source]
        cause: Cause,
    },
}

/// Why nobody answers, as far as it decides what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The host is there and nobody listens on the port.
    Refused,
    /// The host's name is not known.
    Unresolved,
    /// The connection could not be made safe.
    Tls,
    /// Whoever listens there hung up before the answer was complete.
    HungUp,
    /// Anything else: no route, for example.
    Other,
}
