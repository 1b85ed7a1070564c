//! Which path is answered how.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use tokio::sync::Semaphore;

use super::answer::{self, Body};
use super::guard::{Names, Refused};
use super::page::Page;
use super::reporter::Reporter;
use super::stream;

/// What Prometheus calls its text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What every connection answers with.
pub(super) struct Desk<R> {
    pub(super) reporter: Arc<R>,
    pub(super) names: Names,
    pub(super) page: Page,
    pub(super) listeners: Arc<Semaphore>,
}

/// Answers one request.
pub(super) fn answer<R: Reporter>(desk: &Desk<R>, request: &Request<Incoming>) -> Response<Body> {
    match desk.names.admit(request.uri(), request.headers()) {
        Ok(()) => {}
        Err(Refused::NoHost) => {
            return answer::text(StatusCode::BAD_REQUEST, "expected one Host header that names this server");
        }
        Err(Refused::OtherHost) => {
            return answer::text(
                StatusCode::MISDIRECTED_REQUEST,
                "this server is not known by that name; ask it by its address, or name it in LMSYNC_LISTEN",
            );
        }
        Err(Refused::OtherSite) => {
            return answer::text(StatusCode::FORBIDDEN, "other sites' pages may not read this server");
        }
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answer::read_only();
    }
    if !request.body().is_end_stream() {
        return answer::text(StatusCode::BAD_REQUEST, "a question here has no body");
    }
    let Desk { reporter, page, .. } = desk;
    match request.uri().path() {
        "/" => answer::page(page.text, &page.policy),
        "/api/status" => answer::with_body(StatusCode::OK, "application/json", reporter.status()),
        "/api/events" if *request.method() == Method::HEAD => answer::with_body(StatusCode::OK, stream::KIND, ""),
        "/api/events" => stream::events(reporter, &desk.listeners),
        "/metrics" => answer::with_body(StatusCode::OK, METRICS, reporter.metrics()),
        "/healthz" => match reporter.alive() {
            Ok(()) => answer::text(StatusCode::OK, "alive"),
            Err(why) => answer::text(StatusCode::SERVICE_UNAVAILABLE, &why),
        },
        "/readyz" if reporter.ready() => answer::text(StatusCode::OK, "ready"),
        "/readyz" => answer::text(StatusCode::SERVICE_UNAVAILABLE, "the first pass has not been made yet"),
        _ => answer::text(StatusCode::NOT_FOUND, "there is /, /api/status, /api/events, /healthz, /readyz, /metrics"),
    }
}
