//! The connection slot: the one standing connection, opened when it is needed and reopened with growing pauses.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::IgnoredAny;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::access::GatewayAccess;
use super::error::{Failure, RpcError};
use super::handshake::{READ, READING, shake};
use super::parameters::Parameters;
use super::retry::Retry;
use super::rpc_client::RpcClient;
use super::seen::GatewaySeen;
use super::target::Target;
use super::wire::Hello;
use crate::http_client::excerpt;

/// A gateway that has been asked and sends nothing at all for this long is taken for dead. Some versions are
/// silent for seconds while they load their catalog.
const DEAD_AFTER: Duration = Duration::from_secs(10);

/// The standing connection, or the pause before the next attempt.
#[derive(Default)]
pub(super) struct ConnectionSlot(Mutex<State>);

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    retry: Retry,
}

/// An open connection and what the gateway said of itself on it.
pub(super) struct Session {
    pub(super) rpc: RpcClient,
    pub(super) seen: GatewaySeen,
    /// Which parameters of `models.list` the gateway is believed to know.
    pub(super) parameters: std::sync::Mutex<Parameters>,
}

impl ConnectionSlot {
    /// The open connection. Opens one where there is none and no pause after a failure lasts; `note` receives
    /// what a newly connected gateway says of itself.
    pub(super) async fn session(
        &self,
        access: &GatewayAccess,
        target: &Target,
        deadline: Instant,
        note: impl FnOnce(GatewaySeen),
    ) -> Result<Arc<Session>, Failure> {
        let silent = || Arc::new(RpcError::Silent);
        let Ok(mut state) = timeout_at(deadline, self.0.lock()).await else {
            return Err(silent());
        };
        if let Some(session) = state.session.take() {
            let now = Instant::now();
            if session.rpc.has_answered() {
                state.retry.reset();
            }
            if let Some(why) = session.rpc.ended() {
                if !session.rpc.has_answered() {
                    state.retry.after(&why, now);
                }
            } else if session.rpc.stalled().is_some_and(|silence| silence >= DEAD_AFTER) {
                state.retry.after(&silent(), now);
            } else if !session.rpc.should_be_renewed() {
                state.session = Some(Arc::clone(&session));
                return Ok(session);
            }
        }
        if let Some(why) = state.retry.pausing(Instant::now()) {
            return Err(why);
        }
        let failure = match timeout_at(deadline, connect(access, target, deadline)).await {
            Ok(Ok(session)) => {
                note(session.seen.clone());
                let session = Arc::new(session);
                state.session = Some(Arc::clone(&session));
                return Ok(session);
            }
            Ok(Err(failure)) => failure,
            Err(_) => silent(),
        };
        state.retry.after(&failure, Instant::now());
        Err(failure)
    }
}

/// Connects, and finds out whether the gateway lets us read.
///
/// Versions 2026.2.22 to 2026.4.15 grant no reading without a device, and are also the ones that do not say what they
/// grant. Later ones say it; those that grant nothing to another host would want a person's approval
/// for a device, so none is shown to them. 2026.2.12 grants reading without a device, and never gets to see one.
async fn connect(access: &GatewayAccess, target: &Target, deadline: Instant) -> Result<Session, Failure> {
    let (socket, hello) = shake(access, target, None, READING).await?;
    let (rpc, reads) = try_reading(access, socket, &hello, deadline).await?;
    if reads || hello.grants(READ).is_some() {
        return Ok(opened(rpc, hello, reads));
    }
    drop(rpc);
    let key = (access.device)().map_err(RpcError::Device)?;
    let (socket, hello) = shake(access, target, Some(&key), READING).await?;
    let (rpc, reads) = try_reading(access, socket, &hello, deadline).await?;
    Ok(opened(rpc, hello, reads))
}

/// Whether the gateway lets us read: by what it says it grants, else by trying.
async fn try_reading(
    access: &GatewayAccess,
    socket: super::rpc_client::Socket,
    hello: &Hello,
    deadline: Instant,
) -> Result<(RpcClient, bool), Failure> {
    let secrets = access.secrets();
    let rpc = RpcClient::over(socket, !hello.features.methods.preflight, secrets);
    if let Some(reads) = hello.grants(READ) {
        return Ok((rpc, reads));
    }
    let read = |payload: &str| serde_json::from_str::<IgnoredAny>(payload);
    let tried = rpc.call("sessions.list", json!({"limit": 1}), deadline, read).await;
    match tried {
        Err(failure) if matches!(*failure, RpcError::NoScope(_)) => Ok((rpc, false)),
        Err(failure) if !matches!(*failure, RpcError::Rejected { .. }) => Err(failure),
        _ => Ok((rpc, true)),
    }
}

fn opened(rpc: RpcClient, hello: Hello, reads: bool) -> Session {
    let methods = hello.features.methods;
    let version = excerpt(&hello.server.version);
    let uptime = hello.snapshot.uptime_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1_000.0).ok());
    let seen = GatewaySeen {
        era: methods.era(&version),
        version,
        protocol: hello.protocol,
        methods,
        reads,
        started_at: uptime.and_then(|uptime| SystemTime::now().checked_sub(uptime)),
    };
    Session { rpc, seen, parameters: std::sync::Mutex::default() }
}
