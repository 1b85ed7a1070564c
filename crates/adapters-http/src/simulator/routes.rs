//! Which path is answered how.

use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Secret;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{Method, Request};
use hyper::body::Incoming;

use super::answer::{self, Answer, Broken};
use super::listing::{self, Shape};
use super::log::now_ms;
use super::world::Version;
use super::{Credential, LoggedRequest, Options, Scenario, World};

/// One connection, as its requests see it.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) world: World,
    pub(super) options: Options,
    pub(super) connection: u64,
    /// Requests so far, this one included.
    pub(super) requests: AtomicU64,
}

/// Answers one request, in LM Studio's name.
pub(super) async fn answer(visit: Arc<Visit>, request: Request<Incoming>) -> Answer {
    let response = route(&visit, request).await?;
    Ok(answer::signed(response, visit.options.keep_alive))
}

async fn route(visit: &Visit, request: Request<Incoming>) -> Answer {
    let (world, method) = (&visit.world, request.method().clone());
    let path = request.uri().path().to_owned();
    let whole = request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);

    let shown = bearer(&request);
    let credential = note(visit, &request, &whole, shown.as_ref());
    if (&method, path.as_str()) == (&Method::GET, "/lmstudio-greeting") {
        return Ok(match world.read(|state| state.scenario == Scenario::OtherServer) {
            true => other_server_404(),
            false => answer::json(200, r#"{"lmstudio":true}"#),
        });
    }
    if world.read(|state| state.token().is_some()) && credential != Credential::Accepted {
        return Ok(answer::unauthorized(shown.as_ref()));
    }
    if let Some(fixture) =
        world.read(|state| state.fixtures.get(&path).filter(|_| method == Method::GET).cloned())
    {
        return Ok(answer::json(fixture.status, fixture.body));
    }
    let version = world.read(|state| state.version);
    match (method.as_str(), path.as_str()) {
        ("GET", "/v1/models") => list(visit, Shape::OpenAi, &whole).await,
        _ if world.read(|state| state.scenario == Scenario::OtherServer) => Ok(other_server_404()),
        ("GET", "/api/v0/models") if version >= Version(0, 3, 6) => list(visit, Shape::V0, &whole).await,
        ("GET", "/api/v1/models") if version >= Version(0, 4, 0) => list(visit, Shape::V1, &whole).await,
        (_, path) if path.starts_with("/api/v1/") && version < Version(0, 4, 0) => {
            let error = format!("Unexpected endpoint or method. ({method} {whole})");
            Ok(answer::value(200, &serde_json::json!({ "error": error })))
        }
        _ => Ok(answer::unexpected(method.as_str(), &whole)),
    }
}

/// What followed `Bearer`, if anything.
fn bearer<B>(request: &Request<B>) -> Option<Secret> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    Secret::new(header.strip_prefix("Bearer ").unwrap_or(header))
}

/// Puts the request in the log.
fn note<B>(visit: &Visit, request: &Request<B>, path: &str, shown: Option<&Secret>) -> Credential {
    let user_agent = request.headers().get(USER_AGENT).and_then(|name| name.to_str().ok()).map(str::to_owned);
    visit.world.change(|state| {
        let credential = state.judge(shown.map(Secret::expose));
        state.log.push(LoggedRequest {
            method: request.method().to_string(),
            path: path.to_owned(),
            at_ms: now_ms(),
            connection: visit.connection,
            user_agent,
            credential,
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
        return Ok(answer::json(500, r#"{"error":"Internal server error"}"#));
    };
    Ok(match scenario {
        Scenario::Hang => future::pending().await,
        Scenario::KeepAliveEnds if visit.requests.load(Ordering::Relaxed) > 1 => return Err(Broken),
        Scenario::ServerError => answer::json(500, r#"{"error":"Internal server error"}"#),
        Scenario::ErrorBody => answer::value(
            200,
            &serde_json::json!({"error": format!("Unexpected endpoint or method. (GET {path})")}),
        ),
        Scenario::ResetMidBody => answer::cut_short(&body),
        Scenario::Html => answer::of(
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
fn other_server_404() -> http::Response<answer::Body> {
    answer::error(404, "invalid_request_error", "not_found", "Not found")
}
