//! Which path is answered how.

use std::future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::Secret;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use super::answer::{self, Answer, Body, Broken};
use super::listing::{self, Shape};
use super::log::{Call, now_ms};
use super::namespace::Namespace;
use super::options::Options;
use super::socket::{self, Upgrading};
use super::world::Version;
use super::{chat, control, load};
use crate::log::{Credential, LoggedRequest};
use crate::scenario::Scenario;
use crate::world::World;

/// No request's body is longer.
const LONGEST: usize = 16 * 1024 * 1024;

/// One connection, as its requests see it.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) world: World,
    pub(super) options: Options,
    pub(super) connection: u64,
    /// Requests so far, this one included.
    pub(super) requests: AtomicU64,
    /// What is to become of the connection after HTTP.
    pub(super) upgrading: Mutex<Option<Upgrading>>,
}

/// Answers one request, in LM Studio's name.
pub(super) async fn answer(visit: Arc<Visit>, mut request: Request<Incoming>) -> Answer {
    if socket::is_upgrade(request.headers()) {
        return Ok(upgrade(&visit, &mut request).await);
    }
    let (head, body) = request.into_parts();
    let response = match Limited::new(body, LONGEST).collect().await {
        Ok(body) => route(&visit, &head, body.to_bytes()).await?,
        Err(_) => answer::empty(StatusCode::PAYLOAD_TOO_LARGE),
    };
    Ok(answer::signed(response, visit.options.keep_alive))
}

/// Makes the connection a WebSocket. LM Studio does not answer where there is none.
async fn upgrade(visit: &Visit, request: &mut Request<Incoming>) -> Response<Body> {
    if visit.world.read(|state| state.scenario == Scenario::OtherServer) {
        return other_server_404();
    }
    let path = request.uri().path().to_owned();
    let Some(namespace) = Namespace::from_path(&path) else { return future::pending().await };
    let response = socket::switch(request.headers());
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let upgrading = Upgrading { upgrade: hyper::upgrade::on(request), namespace, path };
        *visit.upgrading.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrading);
    }
    response
}

async fn route(visit: &Visit, head: &Parts, body: Bytes) -> Answer {
    let (world, method, path) = (&visit.world, head.method.as_str(), head.uri.path());
    if visit.options.control
        && let Some(response) = control::route(world, method, path, &body)
    {
        return Ok(response);
    }
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let shown = bearer(&head.headers);
    let credential = note(visit, head, shown.as_ref(), &json);
    let (version, other, locked) =
        world.read(|state| (state.version, state.scenario == Scenario::OtherServer, state.token().is_some()));
    let whole = head.uri.path_and_query().map_or(path, |whole| whole.as_str());
    match (method, path) {
        ("GET", "/lmstudio-greeting") if !other => return Ok(answer::json(200, r#"{"lmstudio":true}"#)),
        _ if locked && credential != Credential::Accepted => return Ok(answer::unauthorized(shown.as_ref())),
        _ => {}
    }
    if method == "GET"
        && let Some(fixture) = world.read(|state| state.fixtures.get(path).cloned())
    {
        return Ok(answer::json(fixture.status, fixture.body));
    }
    match (method, path) {
        ("GET", "/v1/models") => list(visit, Shape::OpenAi, whole).await,
        ("POST", "/v1/chat/completions") => Ok(chat::complete(world, &json).await),
        _ if other => Ok(other_server_404()),
        ("GET", "/api/v0/models") if version >= Version(0, 3, 6) => list(visit, Shape::V0, whole).await,
        (_, path) if path.starts_with("/api/v1/") && version < Version(0, 4, 0) => {
            Ok(answer::unexpected(200, method, whole))
        }
        ("GET", "/api/v1/models") => list(visit, Shape::V1, whole).await,
        ("POST", "/api/v1/models/load") => Ok(load::load(world, &json)),
        ("POST", "/api/v1/models/unload") => Ok(load::unload(world, &json)),
        (_, path) if path.starts_with("/api/v1/") => Ok(answer::unexpected(404, method, whole)),
        _ => Ok(answer::unexpected(200, method, whole)),
    }
}

/// What followed `Bearer`, if anything.
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    Secret::new(header.strip_prefix("Bearer ").unwrap_or(header))
}

/// Puts the request in the log.
fn note(visit: &Visit, head: &Parts, shown: Option<&Secret>, body: &Value) -> Credential {
    let user_agent = head.headers.get(USER_AGENT).and_then(|name| name.to_str().ok()).map(str::to_owned);
    visit.world.change(|state| {
        let credential = state.check_key(shown.map(Secret::expose));
        state.log.push(LoggedRequest {
            method: head.method.to_string(),
            path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            at_ms: now_ms(),
            connection: visit.connection,
            user_agent,
            credential,
            call: Call::from_request(head.uri.path(), body),
        });
        credential
    })
}

/// Answers a listing as the scenario wants it.
async fn list(visit: &Visit, shape: Shape, path: &str) -> Answer {
    let scenario = visit.world.read(|state| state.scenario.clone());
    if let Scenario::Slow(delay) = scenario {
        tokio::time::sleep(delay).await;
    }
    let Ok(body) = visit.world.read(|state| listing::body(state, shape)) else {
        return Ok(answer::internal_error());
    };
    Ok(match scenario {
        Scenario::Hang => future::pending().await,
        Scenario::KeepAliveEnds if visit.requests.load(Ordering::Relaxed) > 1 => return Err(Broken),
        Scenario::ServerError => answer::internal_error(),
        Scenario::ErrorBody => answer::unexpected(200, "GET", path),
        Scenario::ResetMidBody => answer::cut_short(&body),
        Scenario::Html => answer::with_body(
            200,
            "text/html; charset=utf-8",
            "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n",
        ),
        Scenario::NotJson => answer::json(200, r#"{"data":[{"id":"qwen/"#),
        Scenario::Oversized => {
            let id = "x".repeat(12 * 1024 * 1024);
            answer::json(200, format!(r#"{{"data":[{{"id":"{id}"}}],"object":"list"}}"#))
        }
        Scenario::Redirect(to) => answer::redirect(&to),
        Scenario::Normal
        | Scenario::JitOff
        | Scenario::Slow(_)
        | Scenario::EmptyList
        | Scenario::PartialList(_)
        | Scenario::KeepAliveEnds
        | Scenario::OtherServer => answer::json(200, body),
    })
}

/// What servers other than LM Studio say to its paths.
fn other_server_404() -> Response<Body> {
    answer::error(404, "invalid_request_error", "not_found", "Not found")
}
