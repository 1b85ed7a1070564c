//! LM Studio, or another server with OpenAI's `GET /models`, asked over HTTP.

mod echo;
mod facts;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub(crate) mod gauge;
mod identity;
mod json;
mod listing;
mod native;
mod not_a_list;
mod pages;

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ports::{Cause, ModelSource, SourceError};
use domain::{Facts, Listing, Secret, Unread};
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use http::{StatusCode, Uri};
use thiserror::Error;

use self::echo::Echo;
pub use self::gauge::LmStudioGauge;
pub use self::identity::Identity;
use self::listing::{Next, Pages};
use self::not_a_list::NotAList;
use crate::http_client::{Answer, ExchangeError, HttpClient, Origin, Tls};

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// The absolute URL below which `/models` lies: `http://host:1234/v1`.
    pub api: Uri,
    /// The absolute URL below which LM Studio's own endpoints lie (`/api/v1/models`): [`Self::api`] without its
    /// `/v1`. `None` where that does not end so; then only `/models` is asked for.
    pub root: Option<Uri>,
}

/// A server of models. Cloning is cheap, and clones share one kept-alive connection.
#[derive(Debug, Clone)]
pub struct LmStudio(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: ServerAddress,
    key: Option<Secret>,
    client: HttpClient,
    /// How long one request may take, and all that follow the first page of a list.
    limit: Duration,
    tls: Tls,
    /// Whether the server's facts came from `/api/v0` when it was last asked.
    older: AtomicBool,
}

/// Reads the body of an answer to `GET /models` without asking for what follows it: the reading alone.
///
/// # Errors
/// Why it is no list of models; never the server's own text but for a short, harmless part of it.
pub fn read_listing(body: &[u8]) -> Result<Listing, Cause> {
    let pages = Pages::new(listing::parse(body)?);
    let unread = (*pages.next() != Next::Nothing).then_some(Unread::Unnamed);
    Ok(pages.into_listing(unread))
}

/// An answer whose status tells more than its body.
#[derive(Debug, Error)]
#[error("HTTP {status}")]
struct WithStatus {
    status: u16,
    source: NotAList,
}

impl LmStudio {
    /// A handle on the server at `address`. The `key`, if any, is sent to it as `Authorization: Bearer`, and to
    /// nobody else; `timeout` bounds each request as a whole. Nothing is asked yet.
    #[must_use]
    pub fn new(address: ServerAddress, key: Option<Secret>, timeout: Duration, tls: Tls) -> Self {
        let client = HttpClient::new(tls.clone(), timeout);
        Self(Arc::new(Shared { address, key, client, limit: timeout, tls, older: AtomicBool::new(false) }))
    }

    async fn get(&self, url: &Url) -> Result<Answer, ExchangeError> {
        let answer = match self.headers() {
            Ok(headers) => self.0.client.get(&url.0, &headers).await,
            Err(error) => Err(error),
        };
        // A server that was away may come back as another version.
        answer
            .inspect_err(|_| self.0.older.store(false, Ordering::Relaxed))
            .map_err(|error| self.echo().out_of_failure(error))
    }

    fn headers(&self) -> Result<HeaderMap, ExchangeError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("lmsync/", env!("CARGO_PKG_VERSION"))));
        if let Some(key) = &self.0.key {
            let value = HeaderValue::try_from(format!("Bearer {}", key.expose()));
            let mut value = value.map_err(|_names_the_key| ExchangeError::UnsendableKey)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }

    /// The key, to be found in what the server says.
    fn echo(&self) -> Echo<'_> {
        Echo::of(self.0.key.as_ref())
    }
}

impl ModelSource for LmStudio {
    async fn models(&self) -> Result<Listing, SourceError> {
        self.ask_for_list().await
    }

    async fn facts(&self) -> Result<Facts, SourceError> {
        self.ask_for_facts().await
    }
}

/// A URL to ask; shown without a user name.
struct Url(Uri);

impl Url {
    fn below(base: &Uri, path: &str) -> Self {
        let path = format!("{}{path}", base.path().trim_end_matches('/'));
        let mut parts = base.clone().into_parts();
        parts.path_and_query = path.parse().ok();
        // A base without a host stays what it is, and is refused when it is asked.
        Self(Uri::from_parts(parts).unwrap_or_else(|_invalid| base.clone()))
    }

    /// The same, from that id on, as OpenAI's lists are read page by page.
    fn after(&self, id: &str) -> Self {
        let mut parts = self.0.clone().into_parts();
        parts.path_and_query = format!("{}?after={}", self.0.path(), percent_encoded(id)).parse().ok();
        Self(Uri::from_parts(parts).unwrap_or_else(|_invalid| self.0.clone()))
    }

    fn unauthorized(&self, status: StatusCode) -> SourceError {
        SourceError::Unauthorized { address: self.to_string(), status: status.as_u16() }
    }

    fn malformed(&self, status: StatusCode, found: NotAList) -> SourceError {
        let cause: Cause = match status.as_u16() {
            200 => found.into(),
            status => Box::new(WithStatus { status, source: found }),
        };
        SourceError::Malformed { address: self.to_string(), cause }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Origin::of(&self.0) {
            Some(origin) => write!(f, "{origin}{}", self.0.path()),
            None => f.write_str(self.0.path()),
        }
    }
}

/// A text as the value of a query: all but letters, digits and `-._~` is escaped (RFC 3986, 2.3).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            // Writing to a String cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
