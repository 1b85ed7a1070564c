//! The gateway as a client sees it: its address, its one standing connection, and what it said of itself.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ports::{
    self, ActivityError, ActivitySource, Applied, Expected, GatewayError, GatewayRequest, Running, Shown,
};
use domain::{Activity, BusySource, ConfigSeen, EntryPlan};
use serde_json::json;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::access::GatewayAccess;
use super::busy::{Preflight, Sessions, from_counts};
use super::config::ProviderKey;
use super::connection_slot::{ConnectionSlot, Session};
use super::error::{Failure, RpcError, SHARE_THE_NETWORK};
use super::seen::GatewaySeen;
use super::target::Target;
use super::trouble::{GatewayTrouble, trouble};
use super::{config, picker, tools};

/// How many sessions are asked for, the latest first: those with a turn under way are among them.
const SESSIONS: u32 = 100;

/// How long a reading or a change of the configuration may take. The first one after a gateway's start takes seconds.
const CONFIG_PATIENCE: Duration = Duration::from_secs(30);

/// A gateway's URL that names no host, or is not of WebSockets.
#[derive(Debug, Error)]
#[error("the gateway's address must look like ws://127.0.0.1:18789")]
pub struct InvalidGatewayUrl;

/// A running OpenClaw gateway.
pub struct Gateway {
    pub(super) access: GatewayAccess,
    pub(super) target: Target,
    slot: ConnectionSlot,
    seen: Mutex<Option<GatewaySeen>>,
    last: Mutex<Option<Result<(), GatewayTrouble>>>,
    /// The agents whose pickers are refreshed; none for the one that the gateway takes by itself.
    agents: Mutex<Vec<String>>,
}

impl Gateway {
    /// Knows a gateway. Connects at the first call of a port.
    ///
    /// # Errors
    /// [`InvalidGatewayUrl`].
    pub fn new(access: GatewayAccess) -> Result<Self, InvalidGatewayUrl> {
        let target = Target::from_uri(&access.url).ok_or(InvalidGatewayUrl)?;
        Ok(Self {
            access,
            target,
            slot: ConnectionSlot::default(),
            seen: Mutex::default(),
            last: Mutex::default(),
            agents: Mutex::default(),
        })
    }

    /// From now on, a refresh is one of these agents' pickers, by their ids. An OpenClaw without a roster has `main`
    /// alone, which it takes by itself.
    pub fn set_agents(&self, agents: Vec<String>) {
        let agents = if agents == ["main"] { Vec::new() } else { agents };
        *self.agents.lock().unwrap_or_else(PoisonError::into_inner) = agents;
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.target.url
    }

    /// What the gateway said of itself when it was last connected; nothing before the first connection.
    pub fn seen(&self) -> Option<GatewaySeen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nobody listens at the gateway's address now. `false` where that cannot be told: a gateway that is busy
    /// takes connections all the same, and a network that is gone proves nothing.
    pub async fn refuses_connections(&self) -> bool {
        let deadline = Instant::now() + self.access.timeout;
        timeout_at(deadline, self.access.is_refused(&self.target)).await.unwrap_or(false)
    }

    pub(super) async fn session(&self, deadline: Instant) -> Result<Arc<Session>, Failure> {
        let note = |seen| *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        let session = self.slot.session(&self.access, &self.target, deadline, note).await;
        let now = match &session {
            Ok(session) if session.seen.reads => Ok(()),
            Ok(_) => Err(GatewayTrouble::NoRights),
            Err(why) => Err(trouble(why)),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        session
    }

    /// Whether the gateway let lmsync read when a connection was last needed, or why not; `None` before that.
    pub fn link(&self) -> Option<Result<(), GatewayTrouble>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connects if necessary, and returns what the gateway says of itself, or what a person has to do first.
    ///
    /// # Errors
    /// [`GatewayTrouble`]; the next call tries again, after a pause that grows.
    pub async fn greet(&self) -> Result<GatewaySeen, GatewayTrouble> {
        let session = self.session(Instant::now() + self.access.timeout).await;
        let session = session.map_err(|why| trouble(&why))?;
        session.seen.reads.then(|| session.seen.clone()).ok_or(GatewayTrouble::NoRights)
    }

    /// Gives a provider a key in openclaw.json, and an entry without models where it has none there. The gateway
    /// writes the file itself, over a connection that lasts for this one change.
    ///
    /// # Errors
    /// [`GatewayTrouble`]; then nothing was changed.
    pub async fn give_key(&self, to: &ProviderKey) -> Result<(), GatewayTrouble> {
        let deadline = Instant::now() + CONFIG_PATIENCE;
        match timeout_at(deadline, config::give_key(&self.access, &self.target, to, deadline)).await {
            Ok(changed) => changed.map_err(|why| trouble(&why)),
            Err(_) => Err(GatewayTrouble::Silent),
        }
    }

    fn failed(&self, why: Failure, request: GatewayRequest) -> GatewayError {
        why.at_the_gateway(&self.target.url, request)
    }

    /// Asks once whether inference runs, in the best way that this gateway has.
    async fn read_activity(&self, deadline: Instant) -> Result<Activity, Failure> {
        let session = self.session(deadline).await?;
        if session.rpc.stalled().is_some() {
            return Err(silent());
        }
        if !session.seen.reads {
            return self.read_activity_over_http(&session, deadline).await;
        }
        if session.seen.methods.preflight {
            let read = |payload: &str| serde_json::from_str::<Preflight>(payload);
            let preflight = session.rpc.call("gateway.restart.preflight", json!({}), deadline, read).await?;
            return Ok(preflight.activity());
        }
        // Up to 2026.3 the answer does not say what runs, but it proves that the gateway still answers.
        let read = |payload: &str| serde_json::from_str::<Sessions>(payload);
        let sessions = session.rpc.call("sessions.list", json!({"limit": SESSIONS}), deadline, read).await?;
        let running = sessions.running().max(session.rpc.runs());
        Ok(from_counts(BusySource::Gateway, &[(running, "running turn")]))
    }

    async fn read_activity_over_http(&self, session: &Session, deadline: Instant) -> Result<Activity, Failure> {
        if !session.seen.methods.suspend {
            // The tool lists no session at all before 2026.8.
            return Err(Arc::new(RpcError::NoScope(SHARE_THE_NETWORK)));
        }
        match timeout_at(deadline, tools::activity(&self.access, &self.target)).await {
            Ok(answer) => answer.map_err(Arc::new),
            Err(_) => Err(silent()),
        }
    }
}

impl ActivitySource for Gateway {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        let deadline = Instant::now() + self.access.timeout;
        self.read_activity(deadline).await.map_err(|why| why.at_the_activity_source(&self.target.url))
    }
}

impl ports::Gateway for Gateway {
    async fn running(&self) -> Result<Running, GatewayError> {
        let session = self.session(Instant::now() + self.access.timeout).await;
        let session = session.map_err(|why| self.failed(why, GatewayRequest::Picker))?;
        Ok(Running { version: session.seen.version.clone(), era: session.seen.era })
    }

    async fn credential(&self, provider: &str) -> Option<bool> {
        let deadline = Instant::now() + self.access.timeout;
        let session = self.session(deadline).await.ok().filter(|session| session.seen.reads)?;
        picker::credential(&session, provider, deadline).await
    }

    async fn refresh_picker(&self, expected: &Expected) -> Result<Shown, GatewayError> {
        let began = Instant::now();
        let session = self.session(began + self.access.timeout).await;
        let session = session.map_err(|why| self.failed(why, GatewayRequest::Picker))?;
        if !session.seen.reads {
            let why = Arc::new(RpcError::NoScope(SHARE_THE_NETWORK));
            return Err(self.failed(why, GatewayRequest::Picker));
        }
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner).clone();
        picker::refresh(&session, &self.target.url, expected, &agents).await
    }

    async fn read_entry(&self, provider: &str) -> Result<ConfigSeen, GatewayError> {
        let deadline = Instant::now() + CONFIG_PATIENCE;
        let read = timeout_at(deadline, config::read(&self.access, &self.target, provider, deadline)).await;
        read.unwrap_or_else(|_| Err(silent())).map_err(|why| self.failed(why, GatewayRequest::Config))
    }

    async fn change_entry(&self, plan: &EntryPlan, over: &ConfigSeen) -> Result<Applied, GatewayError> {
        let deadline = Instant::now() + CONFIG_PATIENCE;
        let changed = timeout_at(deadline, config::change(&self.access, &self.target, plan, over, deadline)).await;
        changed.unwrap_or_else(|_| Err(silent())).map_err(|why| self.failed(why, GatewayRequest::Config))
    }
}

fn silent() -> Failure {
    Arc::new(RpcError::Silent)
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("address", &self.target.url).finish_non_exhaustive()
    }
}
