//! The gateway's tools over HTTP: the way to its sessions where its WebSocket grants nothing.

use domain::{Activity, BusySource};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;

use super::access::GatewayAccess;
use super::busy::{Sessions, from_counts};
use super::error::RpcError;
use super::target::Target;
use crate::http_client::{Connection, ExchangeError, Intake};

/// No list of sessions is longer.
const MAX_BODY: usize = 8 << 20;

#[derive(Deserialize)]
struct Invoked {
    result: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    details: Sessions,
}

/// Asks for the sessions that run, one request on a connection of its own.
pub(super) async fn activity(access: &GatewayAccess, target: &Target) -> Result<Activity, RpcError> {
    let broken = |error: hyper::Error| RpcError::from(ExchangeError::lost(error));
    let mut request = Request::post("/tools/invoke")
        .header(HOST, target.origin.authority())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from_static(br#"{"tool":"sessions_list","args":{}}"#)))
        .map_err(|_| RpcError::Http("the address fits into no request".to_owned()))?;
    if let Some(secret) = access.token.as_ref().or(access.password.as_ref()) {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", secret.expose()))
            .map_err(|_| RpcError::Http("the token fits into no header".to_owned()))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, bearer);
    }
    let mut connection = Connection::open(access.dial(target).await?).await.map_err(broken)?;
    let answer = connection.ask(request).await.map_err(broken)?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(RpcError::TokenRefused),
        status => return Err(RpcError::Http(format!("/tools/invoke answered {status}"))),
    }
    let body = connection.read(answer.into_body(), &mut Intake::at_most(MAX_BODY)).await;
    let body = body.map_err(|_| RpcError::Http("/tools/invoke did not answer to its end".to_owned()))?;
    let invoked: Invoked = serde_json::from_slice(&body.bytes)?;
    Ok(from_counts(BusySource::GatewayHttp, &[(invoked.result.details.running(), "running turn")]))
}
