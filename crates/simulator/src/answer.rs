//! Answers in the words and headers of LM Studio's server, which is Express.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use domain::Secret;
use futures_util::stream::{self, StreamExt};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderName, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde::Serialize;

/// Why a connection ends without (the rest of) an answer.
#[derive(Debug, thiserror::Error)]
#[error("the scenario closes the connection here")]
pub(super) struct Broken;

/// An answer's body: whole, or as it comes.
pub(super) type Body = UnsyncBoxBody<Bytes, Broken>;

/// An answer, or a connection that ends without one.
pub(super) type Answer = Result<Response<Body>, Broken>;

const JSON: &str = "application/json; charset=utf-8";

/// An answer with such a body; an unusable status is a 500.
pub(super) fn with_body(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(whole(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// JSON, given as text.
pub(super) fn json(status: u16, text: impl Into<Bytes>) -> Response<Body> {
    with_body(status, JSON, text)
}

/// JSON, given as a value.
pub(super) fn value(status: u16, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(text) => json(status, text),
        Err(_) => internal_error(),
    }
}

/// An error as OpenAI's API words it.
pub(super) fn error(status: u16, kind: &str, code: &str, message: &str) -> Response<Body> {
    value(status, &serde_json::json!({"error": {"type": kind, "code": code, "message": message}}))
}

/// What LM Studio says to a path that it does not know: with 200, but 404 below `/api/v1`.
pub(super) fn unexpected(status: u16, method: &str, path: &str) -> Response<Body> {
    let error = format!("Unexpected endpoint or method. ({method} {path})");
    value(status, &serde_json::json!({ "error": error }))
}

/// A 500.
pub(super) fn internal_error() -> Response<Body> {
    json(500, r#"{"error":"Internal server error"}"#)
}

/// The 401 for a missing key, word for word as in 0.4.18; for a wrong one it echoes the start of it.
pub(super) fn unauthorized(shown: Option<&Secret>) -> Response<Body> {
    let message = match shown {
        None => "An LM Studio API token is required to make requests to this server, but none was provided \
                 using the Authorization header using the 'Bearer' scheme (i.e., 'Authorization: Bearer \
                 $LM_API_TOKEN'). Learn more at: https://lmstudio.ai/docs/developer/core/authentication."
            .to_owned(),
        Some(shown) => {
            let start: String = shown.expose().chars().take(10).collect();
            let rest = "*".repeat(shown.expose().chars().skip(10).take(64).count());
            format!("Malformed LM Studio API token provided: {start}{rest}. Ensure you are using a valid token.")
        }
    };
    error(401, "invalid_request", "invalid_api_key", &message)
}

/// A redirect.
pub(super) fn redirect(to: &str) -> Response<Body> {
    let mut response = with_body(302, "text/plain; charset=utf-8", "Found. Redirecting");
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// The first half of an answer that claims to be whole; then the connection ends.
pub(super) fn cut_short(text: &str) -> Response<Body> {
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    let frames = stream::iter([Ok(Frame::data(half))]).chain(stream::once(async {
        // The half is only sent once there is nothing more to send at once.
        tokio::task::yield_now().await;
        Err(Broken)
    }));
    let mut response = json(200, Bytes::new());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    *response.body_mut() = StreamBody::new(frames).boxed_unsync();
    response
}

/// A stream of server-sent events.
pub(super) fn events(body: Body) -> Response<Body> {
    let mut response = with_body(200, "text/event-stream", Bytes::new());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    *response.body_mut() = body;
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(whole(Bytes::new()));
    *response.status_mut() = status;
    response
}

fn whole(body: Bytes) -> Body {
    Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Adds what every answer of LM Studio's carries.
pub(super) fn signed(mut response: Response<Body>, keep_alive: Duration) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-powered-by"), HeaderValue::from_static("Express"));
    if let Ok(timeout) = HeaderValue::from_str(&format!("timeout={}", keep_alive.as_secs())) {
        headers.insert(HeaderName::from_static("keep-alive"), timeout);
    }
    response
}
