//! A small HTTP/1.1 client for one polite purpose: to ask for a bounded answer, in bounded time, from one origin.

mod connection;
mod connector;
mod error;
mod origin;
mod redirect;
mod text;
mod tls;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LOCATION};
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Incoming;

use self::connection::Received;
pub(crate) use self::connection::{Connection, Intake, MAX_BODY};
pub(crate) use self::connector::{Stream, connect, connect_tcp, secure};
pub(crate) use self::error::ExchangeError;
pub(crate) use self::origin::Origin;
pub(crate) use self::redirect::is_login;
pub(crate) use self::text::excerpt;
pub use self::tls::{Tls, TlsError};

/// How long a connection may lie idle and still be used. LM Studio closes after 5 s (its `Keep-Alive` header).
const MAX_IDLE: Duration = Duration::from_secs(4);

/// The longest body of a refusal (401 or 403) that is read, in bytes, and how long it may take. Its status says enough;
/// the body only has the server's words.
const MAX_REFUSAL: usize = 64 * 1024;
const REFUSAL: Duration = Duration::from_millis(500);

/// How many redirects are followed, all of them to the same origin.
const MAX_REDIRECTS: usize = 3;

/// The client. Keeps one idle connection, without a task or a timer: it checks the connection when it needs it again.
#[derive(Debug)]
pub(crate) struct HttpClient {
    tls: Tls,
    limit: Duration,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    connection: Connection,
    origin: Origin,
    since: Instant,
}

/// A whole answer. The body is empty where the status is 401 or 403 and the body is long, late or broken.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How many bytes the body had, also where parts were taken out of it.
    pub(crate) length: usize,
    /// Who gave it in the end, after redirects.
    pub(crate) url: Uri,
}

enum Reply {
    Final(Answer),
    Redirect(HeaderValue),
}

impl HttpClient {
    /// A client that gives each request `limit` in all: name, connection, TLS, headers, body, redirects, retry.
    pub(crate) fn new(tls: Tls, limit: Duration) -> Self {
        Self { tls, limit, kept: Mutex::new(None) }
    }

    /// Asks once. Redirects are followed within the origin of `url` alone, so `headers` reach no other server.
    pub(crate) async fn get(
        &self,
        url: &Uri,
        headers: &HeaderMap,
        intake: &mut Intake<'_>,
    ) -> Result<Answer, ExchangeError> {
        self.in_time(self.follow(url.clone(), headers, intake)).await
    }

    /// Asks once with `json` as the question, for what can only be asked so. Nothing is changed by it, so it may be
    /// asked twice where a kept connection turned out to be closed. No redirect is followed.
    pub(crate) async fn query(&self, url: &Uri, headers: &HeaderMap, json: Bytes) -> Result<Answer, ExchangeError> {
        let asked = async {
            match self.exchange(url, headers, json, &mut Intake::at_most(MAX_BODY)).await? {
                Reply::Final(answer) => Ok(answer),
                Reply::Redirect(_) => Err(ExchangeError::BadRedirect),
            }
        };
        self.in_time(asked).await
    }

    async fn in_time(
        &self,
        answer: impl Future<Output = Result<Answer, ExchangeError>>,
    ) -> Result<Answer, ExchangeError> {
        match tokio::time::timeout(self.limit, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(ExchangeError::TimedOut { limit: self.limit }),
        }
    }

    async fn follow(
        &self,
        mut url: Uri,
        headers: &HeaderMap,
        intake: &mut Intake<'_>,
    ) -> Result<Answer, ExchangeError> {
        for _ in 0..=MAX_REDIRECTS {
            match self.exchange(&url, headers, Bytes::new(), intake).await? {
                Reply::Final(answer) => return Ok(answer),
                Reply::Redirect(location) => url = redirect::target(&url, &location)?,
            }
        }
        Err(ExchangeError::TooManyRedirects { limit: MAX_REDIRECTS })
    }

    /// One request and its answer, over the kept connection where there is one. A connection that was closed
    /// while it lay idle is often noticed only when a request is sent over it, so the request is then sent once
    /// more over a fresh one.
    async fn exchange(
        &self,
        url: &Uri,
        headers: &HeaderMap,
        body: Bytes,
        intake: &mut Intake<'_>,
    ) -> Result<Reply, ExchangeError> {
        let origin = Origin::from_uri(url).ok_or(ExchangeError::BadAddress)?;
        let request = request(url, &origin, headers, body)?;
        if let Some(mut connection) = self.take_kept(&origin) {
            match connection.ask(request.clone()).await {
                Ok(response) => return self.finish(connection, origin, url, response, intake).await,
                Err(cause) => {
                    tracing::debug!(error = &cause as &dyn std::error::Error, "kept connection was closed");
                }
            }
        }
        let stream = connect(&origin, &self.tls).await?;
        let mut connection = Connection::open(stream).await.map_err(ExchangeError::lost)?;
        let response = connection.ask(request).await.map_err(ExchangeError::lost)?;
        self.finish(connection, origin, url, response, intake).await
    }

    /// Reads the answer, and keeps the connection if it was read to its end.
    async fn finish(
        &self,
        mut connection: Connection,
        origin: Origin,
        url: &Uri,
        response: Response<Incoming>,
        intake: &mut Intake<'_>,
    ) -> Result<Reply, ExchangeError> {
        let (head, body) = response.into_parts();
        if let (301..=303 | 307 | 308, Some(location)) = (head.status.as_u16(), head.headers.get(LOCATION)) {
            return Ok(Reply::Redirect(location.clone()));
        }
        let body = if matches!(head.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let mut intake = Intake::at_most(MAX_REFUSAL);
            let words = connection.read(body, &mut intake);
            tokio::time::timeout(REFUSAL, words).await.ok().and_then(Result::ok).unwrap_or_default()
        } else {
            connection.read(body, intake).await?
        };
        // What is left of a body would be taken for the next answer.
        if body.is_whole && connection.is_reusable() {
            *self.slot() = Some(Kept { connection, origin, since: Instant::now() });
        }
        let Received { bytes: body, length, .. } = body;
        Ok(Reply::Final(Answer { status: head.status, headers: head.headers, body, length, url: url.clone() }))
    }

    fn take_kept(&self, origin: &Origin) -> Option<Connection> {
        let kept = self.slot().take()?;
        let good = kept.since.elapsed() < MAX_IDLE && kept.origin == *origin;
        good.then_some(kept.connection)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Kept>> {
        // What a panic elsewhere left here is still a connection or none.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A `GET`, or a `POST` where there is a body.
fn request(
    url: &Uri,
    origin: &Origin,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, ExchangeError> {
    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let builder = if body.is_empty() { Request::get(target) } else { Request::post(target) };
    let asks_with_json = !body.is_empty();
    let mut request = builder.body(Full::new(body)).map_err(|_invalid| ExchangeError::BadAddress)?;
    let host = HeaderValue::try_from(origin.authority()).map_err(|_invalid| ExchangeError::BadAddress)?;
    *request.headers_mut() = headers.clone();
    request.headers_mut().insert(HOST, host);
    if asks_with_json {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(request)
}
