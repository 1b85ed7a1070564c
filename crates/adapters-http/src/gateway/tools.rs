//! The gateway's tools over HTTP: the way to its sessions where its WebSocket grants nothing.

use domain::{Activity, BusySource};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;

use super::access::GatewayAccess;
use super::busy::{Sessions, from_counts};
use super::dial::dial;
use super::error::RpcError;
use super::target::Target;
use crate::http_client::ExchangeError;

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
    let stream = dial(access, target).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
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
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(RpcError::TokenRefused),
            status => return Err(RpcError::Http(format!("/tools/invoke answered {status}"))),
        }
        let body = Limited::new(answer.into_body(), MAX_BODY).collect().await;
        let body = body.map_err(|_| RpcError::Http("/tools/invoke did not answer to its end".to_owned()))?;
        Ok(serde_json::from_slice::<Invoked>(&body.to_bytes())?)
    };
    // The connection is driven here for as long as the exchange lasts. Where it ends first, the exchange still has
    // what came over it, or knows why it failed.
    tokio::pin!(exchange);
    let invoked = tokio::select! {
        invoked = &mut exchange => invoked?,
        _ended = connection => exchange.await?,
    };
    Ok(from_counts(BusySource::GatewayHttp, &[(invoked.result.details.running(), "running turn")]))
}
