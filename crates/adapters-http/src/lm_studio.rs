//! LM Studio, or another server with OpenAI's `GET /models`, asked over HTTP.

mod json;
mod listing;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Cause, ModelSource, SourceError};
use domain::{Listing, Secret};
use http::Uri;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use thiserror::Error;

use self::json::NotAList;
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
        Self(Arc::new(Shared { address, key, client: HttpClient::new(tls, timeout) }))
    }

    /// Asks for the list at `url` and lets `read` make sense of the body.
    async fn ask<T>(
        &self,
        url: &Url,
        read: impl FnOnce(&[u8]) -> Result<T, NotAList>,
    ) -> Result<T, SourceError> {
        let answer = match self.headers() {
            Ok(headers) => self.0.client.get(&url.0, &headers).await,
            Err(error) => Err(error),
        };
        let Answer { status, body } = answer.map_err(|error| error.at(url.to_string()))?;
        if matches!(status.as_u16(), 401 | 403) {
            return Err(SourceError::Unauthorized { address: url.to_string(), status: status.as_u16() });
        }
        let found = read(&body).and_then(|list| {
            // The shape decides, except that a list from a server which says that it failed (a proxy's stale
            // copy, part of a list) is nobody's word: refusing it costs a delay, believing it a model.
            if status.is_success() { Ok(list) } else { Err(NotAList::Disowned) }
        });
        found.map_err(|found| match found {
            // Seen by some with status 200 (lm-studio bug tracker 2085).
            NotAList::KeyRefused => {
                SourceError::Unauthorized { address: url.to_string(), status: status.as_u16() }
            }
            NotAList::Refusal { message } if self.repeats_key(&message) => {
                url.malformed(status.as_u16(), NotAList::Refusal { message: "(it repeats the key)".into() })
            }
            found => url.malformed(status.as_u16(), found),
        })
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

    /// Whether a text holds the beginning of the key: LM Studio repeats ten characters of a malformed one.
    fn repeats_key(&self, text: &str) -> bool {
        let start = self.0.key.as_ref().and_then(|key| key.expose().get(..6));
        start.is_some_and(|start| text.contains(start))
    }
}

impl ModelSource for LmStudio {
    async fn models(&self) -> Result<Listing, SourceError> {
        let url = Url::below(&self.0.address.api, "/models");
        let found = self.ask(&url, listing::parse).await?;
        Ok(Listing::new(found.items, found.skipped))
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

    fn malformed(&self, status: u16, found: NotAList) -> SourceError {
        let cause: Cause =
            if status == 200 { found.into() } else { Box::new(WithStatus { status, source: found }) };
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
