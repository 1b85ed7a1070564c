//! LM Studio, or another server with OpenAI's `GET /models`, asked over HTTP.

mod answer_kind;
mod bases;
mod echo;
mod facts;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub(crate) mod gauge;
mod identity;
mod json;
mod key;
mod listing;
mod native;
mod not_a_list;
mod ollama;
mod pages;
mod stated;
mod words;

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ports::{Cause, ModelSource, SourceError, Wants};
use domain::{Facts, Listing, Unread};
use http::Uri;
use http::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};

use self::answer_kind::{Instead, wants_password};
use self::bases::Known;
pub use self::gauge::LmStudioGauge;
pub use self::identity::Identity;
pub use self::key::ServerKey;
use self::listing::{Next, Pages};
use self::not_a_list::{Described, NotAList};
use self::ollama::Ollama;
use self::words::Words;
use crate::http_client::{Answer, ExchangeError, HttpClient, Origin, Tls};

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// The absolute URL below which `/models` lies: `http://host:1234/v1`.
    pub api: Uri,
    /// Where that is instead, in the order of trying, if [`Self::api`] turns out to have no OpenAI-compatible list.
    pub others: Vec<Uri>,
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
    key: Option<ServerKey>,
    client: HttpClient,
    /// How long one request may take, and all that follow the first page of a list.
    limit: Duration,
    tls: Tls,
    /// Whether the server's facts came from `/api/v0` when it was last asked.
    older: AtomicBool,
    /// Which of the addresses lists.
    base: Known,
    /// What is known of an Ollama.
    ollama: Ollama,
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

impl LmStudio {
    /// A handle on the server at `address`. The `key`, if any, is sent to it in its header, and to nobody else;
    /// `timeout` bounds each request as a whole. Nothing is asked yet.
    #[must_use]
    pub fn new(address: ServerAddress, key: Option<ServerKey>, timeout: Duration, tls: Tls) -> Self {
        let client = HttpClient::new(tls.clone(), timeout);
        let (older, base) = (AtomicBool::new(false), Known::default());
        Self(Arc::new(Shared {
            address,
            key,
            client,
            limit: timeout,
            tls,
            older,
            base,
            ollama: Ollama::default(),
        }))
    }

    /// Reads an answer that has to be a list.
    fn read<'a, T>(
        &self,
        answer: &'a Answer,
        read: impl FnOnce(&'a [u8]) -> Result<T, NotAList>,
    ) -> Result<T, NotAList> {
        if ServerKey::echo(self.0.key.as_ref()).is_in_body(&answer.body) {
            return Err(NotAList::RepeatsKey);
        }
        // The shape decides, except that a list from a server which says that it failed (a proxy's stale copy, part
        // of a list) is nobody's word: refusing it costs a delay, believing it a model.
        match read(&answer.body) {
            Ok(_) if !answer.status.is_success() => Err(NotAList::Disowned),
            read => read,
        }
    }

    /// What an answer means that is not a list.
    fn error(&self, url: &Url, answer: &Answer, found: NotAList) -> SourceError {
        let (address, status) = (url.to_string(), answer.status.as_u16());
        let words = Words::read(&answer.body);
        let moved = answer.url.path() != url.0.path();
        let instead = Instead { answer, found: &found, words: words.as_ref(), moved };
        let (about_the_key, kind) = (instead.is_about_the_key(), instead.kind());
        let echo = ServerKey::echo(self.0.key.as_ref());
        let (words, found) = (words.map(|words| echo.out_of(words)), echo.out_of_found(found));
        if about_the_key {
            let wants = match &self.0.key {
                Some(key) if key.is_password() => Wants::AnotherPassword,
                _ if wants_password(&answer.headers) => Wants::Password,
                Some(_) => Wants::AnotherKey,
                None => Wants::Key,
            };
            let words = words.map(|words| words.to_string().into());
            return SourceError::Unauthorized { address, status, wants, words };
        }
        SourceError::Malformed { address, kind, cause: Described { status, found, words }.into() }
    }

    async fn get(&self, url: &Url) -> Result<Answer, ExchangeError> {
        let answer = match self.headers() {
            Ok(headers) => self.0.client.get(&url.0, &headers).await,
            Err(error) => Err(error),
        };
        // A server that was away may come back as another version.
        answer
            .inspect_err(|_| self.0.older.store(false, Ordering::Relaxed))
            .map_err(|error| ServerKey::echo(self.0.key.as_ref()).out_of_failure(error))
    }

    fn headers(&self) -> Result<HeaderMap, ExchangeError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("lmsync/", env!("CARGO_PKG_VERSION"))));
        if let Some(key) = &self.0.key {
            let (name, value) = key.header()?;
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

impl ModelSource for LmStudio {
    async fn models(&self) -> Result<Listing, SourceError> {
        self.list().await
    }

    async fn facts(&self) -> Result<Facts, SourceError> {
        if let Some(sheet) = self.ask_ollama_again().await? {
            return Ok(Facts::Known(sheet));
        }
        match self.ask_for_facts().await? {
            Facts::NotOffered => Ok(self.ask_ollama().await?.map_or(Facts::NotOffered, Facts::Known)),
            known => Ok(known),
        }
    }

    fn base(&self) -> Option<String> {
        self.known_base()
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
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Origin::from_uri(&self.0) {
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
