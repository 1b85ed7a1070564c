//! The server that lists models, as a contract.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use thiserror::Error;

use super::cause::Cause;
use crate::model::{Facts, Listing};

/// A server that lists its models.
pub trait ModelSource: Send + Sync {
    /// Asks for the models that can be served now. Takes bounded time, and one request unless a kept-alive
    /// connection turned out to be closed.
    ///
    /// # Errors
    /// [`SourceError`]; the caller keeps what it knows.
    fn models(&self) -> impl Future<Output = Result<Listing, SourceError>> + Send;

    /// Asks what the server itself knows of its models, in a few requests of bounded time each, none of
    /// which loads a model. A source that has no more to say than its list need not implement this.
    ///
    /// # Errors
    /// [`SourceError`]; the caller keeps what it knows. A server that merely has no such endpoint is no error.
    fn facts(&self) -> impl Future<Output = Result<Facts, SourceError>> + Send {
        std::future::ready(Ok(Facts::NotOffered))
    }

    /// The address below which the server last listed its models, where there are several that may be meant by the
    /// one that a person wrote: LM Studio prints `/api/v1`, and its OpenAI-compatible API lies below `/v1`. `None`
    /// where there is but one, and before the first listing.
    fn base(&self) -> Option<String> {
        None
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
    /// The server lets nobody in without a key or a password, or not with the one that it was sent.
    #[error("{address} {wants} (HTTP {status})")]
    Unauthorized {
        /// Who was asked.
        address: String,
        /// The status of its answer.
        status: u16,
        /// What it wants.
        wants: Wants,
        /// The server's own words, where it has any that may be shown.
        #[source]
        words: Option<Cause>,
    },
    /// The server answered, but not with a list of models.
    #[error("{address} {kind}")]
    Malformed {
        /// Who was asked.
        address: String,
        /// What kind of answer it was.
        kind: AnswerKind,
        /// What was found instead, with the server's own words where it has any that may be shown.
        #[source]
        cause: Cause,
    },
}

/// What a server that refuses a request wants to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A key; it was sent none.
    Key,
    /// Another key than the one that it was sent.
    AnotherKey,
    /// A user name and a password (HTTP Basic authentication, RFC 7617).
    Password,
    /// Another user name or password than it was sent.
    AnotherPassword,
}

impl fmt::Display for Wants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "wants a key",
            Self::AnotherKey => "refuses the key",
            Self::Password => "wants a user name and a password",
            Self::AnotherPassword => "refuses the user name and the password",
        })
    }
}

/// What a server answered instead of a list of models, as far as it decides what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// The server has started and still loads a model.
    Loading,
    /// The server answers, and has no list for now: too many requests, maintenance.
    Busy,
    /// A proxy answers that does not reach the server behind it.
    Proxy,
    /// A login page for people, or a redirect to one.
    Login,
    /// A redirect that is not followed.
    Redirect,
    /// The server does not accept the host name by which it was asked.
    HostName,
    /// The server refuses the request for another reason.
    Refused,
    /// Nothing is at that path.
    NotFound,
    /// A page for people.
    WebPage,
    /// The server reports an error of its own.
    Failed,
    /// Another program, since no HTTP server answers so.
    NotHttp,
    /// Anything else.
    Other,
}

impl AnswerKind {
    /// A word for it; the same word is the same trouble.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Busy => "busy",
            Self::Proxy => "proxy",
            Self::Login => "login",
            Self::Redirect => "redirect",
            Self::HostName => "host name",
            Self::Refused => "refused request",
            Self::NotFound => "not found",
            Self::WebPage => "web page",
            Self::Failed => "failed",
            Self::NotHttp => "not HTTP",
            Self::Other => "malformed",
        }
    }
}

impl fmt::Display for AnswerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loading => "is there, and not ready yet",
            Self::Busy => "is there, and has no list of models for now",
            Self::Proxy => "is answered by a proxy, and the server behind it does not answer",
            Self::Login => "leads to a login page",
            Self::Redirect => "redirects elsewhere",
            Self::HostName => "does not accept the host name in this address",
            Self::Refused => "refuses the request",
            Self::NotFound => "has no list of models at this path",
            Self::WebPage => "answered with a web page instead of a list of models",
            Self::Failed => "answered with an error of its own",
            Self::NotHttp => "is answered by another program, which does not speak HTTP",
            Self::Other => "answered with something other than a list of models",
        })
    }
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
    /// The server hung up before the answer was complete.
    HungUp,
    /// Anything else: no route, for example.
    Other,
}
