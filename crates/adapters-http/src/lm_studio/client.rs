//! The client: where the server is, what is remembered of it, and one question to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ports::{ModelSource, SourceError, Wants};
use domain::{Facts, Listing, ModelFacts, ModelId};
use http::Uri;
use http::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};

use super::answer_kind::{Instead, wants_password};
use super::described::Described;
use super::key::ServerKey;
use super::not_a_list::NotAList;
use super::url::Url;
use super::words::Words;
use crate::http_client::{Answer, ExchangeError, HttpClient, Intake, MAX_BODY, Tls};

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
pub struct LmStudio(pub(super) Arc<Shared>);

/// What the clones of a client share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: ServerAddress,
    pub(super) key: Option<ServerKey>,
    pub(super) client: HttpClient,
    /// How long one request may take, and all that follow the first page of a list.
    pub(super) limit: Duration,
    pub(super) tls: Tls,
    /// Whether the server's facts came from `/api/v0` when it was last asked.
    pub(super) older: AtomicBool,
    /// The number of the address that lists, plus one; 0 for none yet.
    pub(super) base: AtomicUsize,
    /// What is known of an Ollama.
    pub(super) ollama: Ollama,
}

/// What is remembered of an Ollama.
#[derive(Debug, Default)]
pub(super) struct Ollama {
    /// Whether it was one when it was last asked.
    pub(super) is_one: AtomicBool,
    /// What it said of each build of a model, by id and digest: that does not change.
    pub(super) shown: Mutex<HashMap<(ModelId, String), ModelFacts>>,
}

impl LmStudio {
    /// A handle on the server at `address`. The `key`, if any, is sent to it in its header, and to nobody else;
    /// `timeout` bounds each request as a whole. Nothing is asked yet.
    #[must_use]
    pub fn new(address: ServerAddress, key: Option<ServerKey>, timeout: Duration, tls: Tls) -> Self {
        let client = HttpClient::new(tls.clone(), timeout);
        let (older, base, ollama) = (AtomicBool::new(false), AtomicUsize::new(0), Ollama::default());
        Self(Arc::new(Shared { address, key, client, limit: timeout, tls, older, base, ollama }))
    }

    /// Reads an answer that has to be a list.
    pub(super) fn read<'a, T>(
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
    pub(super) fn error(&self, url: &Url, answer: &Answer, found: NotAList) -> SourceError {
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

    pub(super) async fn get(&self, url: &Url) -> Result<Answer, ExchangeError> {
        self.get_by_parts(url, &mut Intake::at_most(MAX_BODY)).await
    }

    /// The same, of which parts are read while it arrives.
    pub(super) async fn get_by_parts(&self, url: &Url, intake: &mut Intake<'_>) -> Result<Answer, ExchangeError> {
        let answer = match self.headers() {
            Ok(headers) => self.0.client.get(&url.0, &headers, intake).await,
            Err(error) => Err(error),
        };
        // A server that was away may come back as another version.
        answer
            .inspect_err(|_| self.0.older.store(false, Ordering::Relaxed))
            .map_err(|error| ServerKey::echo(self.0.key.as_ref()).out_of_failure(error))
    }

    pub(super) fn headers(&self) -> Result<HeaderMap, ExchangeError> {
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
