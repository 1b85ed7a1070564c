//! LM Studio as an activity source, by any client: its WebSocket API, as `lms ps` uses it (LM Studio 0.3.27
//! and later). Nothing that is called here loads a model.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{ActivityError, ActivitySource};
use domain::{Activity, BusySource, Secret};
use http::Uri;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use self::socket::{Instance, Socket, SocketError};
use crate::http_client::{Origin, Tls};

/// How long one question may take in all.
const LIMIT: Duration = Duration::from_secs(2);

/// For how long a list of loaded instances is believed while all of them are idle. LM Studio logs each listing,
/// so it is asked for once a pass and not each time.
const LIST_AGE: Duration = Duration::from_millis(1500);

/// When a server is asked again that had no such API: it may have been updated.
const UNSUPPORTED_AGAIN: Duration = Duration::from_secs(600);

/// When a server is asked again that refused the key or did not answer.
const FAILED_AGAIN: Duration = Duration::from_secs(30);

/// LM Studio's own word on whether it is working. Cloning is cheap, and clones share the connections.
#[derive(Clone)]
pub struct LmStudioActivity(Arc<Shared>);

struct Shared {
    /// Where LM Studio's own endpoints lie; `None` where the address cannot be one's.
    root: Option<(Origin, String)>,
    key: Option<Secret>,
    tls: Tls,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    llm: Option<Watched>,
    embedding: Option<Watched>,
    /// The last failure, returned again until the next attempt is due.
    failure: Option<(SocketError, Instant)>,
}

/// One namespace's connection, and what is loaded there.
struct Watched {
    socket: Socket,
    instances: Vec<Instance>,
    listed: Instant,
}

/// The version of the LM Studio at that address, if it says one; `path` is that of its own endpoints.
pub(super) async fn version(origin: &Origin, path: &str, key: Option<&Secret>, tls: &Tls) -> Option<String> {
    let mut socket = Socket::open(origin, path, "system", key, tls).await.ok()?;
    socket.version().await.ok().flatten()
}

impl LmStudioActivity {
    /// An activity source at `root`, where LM Studio's own endpoints are. Connects when it is first asked.
    #[must_use]
    pub fn new(root: &Uri, key: Option<Secret>, tls: Tls) -> Self {
        let path = root.path().trim_end_matches('/').to_owned();
        let root = Origin::from_uri(root).map(|origin| (origin, path));
        Self(Arc::new(Shared { root, key, tls, state: Mutex::default() }))
    }

    async fn read_activity(&self) -> Result<Option<String>, SocketError> {
        let mut state = self.0.state.lock().await;
        if let Some((failure, again)) = &state.failure
            && Instant::now() < *again
        {
            return Err(failure.clone());
        }
        let asked = timeout(LIMIT, async {
            let State { llm, embedding, .. } = &mut *state;
            let (llm, embedding) = tokio::join!(self.0.busy("llm", llm), self.0.busy("embedding", embedding));
            Ok(llm?.or(embedding?))
        });
        let result = asked.await.unwrap_or(Err(SocketError::Silent(LIMIT)));
        state.failure = None;
        if let Err(failure) = &result {
            state.llm = None;
            state.embedding = None;
            let pause = match failure {
                // The list request that follows reports it, and should notice at once when it is over.
                SocketError::Unreachable(_) => Duration::ZERO,
                SocketError::Unsupported(_) => UNSUPPORTED_AGAIN,
                SocketError::Refused | SocketError::Silent(_) | SocketError::Garbled(_) => FAILED_AGAIN,
                // Closed while it lay idle: the next question tries a fresh connection.
                SocketError::Closed => Duration::ZERO,
            };
            state.failure = Some((failure.clone(), Instant::now() + pause));
        }
        result
    }
}

impl Shared {
    /// What works in a namespace, if anything does. A connection that was closed meanwhile is opened again.
    async fn busy(&self, namespace: &'static str, kept: &mut Option<Watched>) -> Result<Option<String>, SocketError> {
        if let Some(mut watched) = kept.take() {
            match watched.busy().await {
                Ok(busy) => {
                    *kept = Some(watched);
                    return Ok(busy);
                }
                Err(SocketError::Closed) => {}
                Err(error) => return Err(error),
            }
        }
        let (origin, path) = self
            .root
            .as_ref()
            .ok_or_else(|| SocketError::Unsupported("its address is not one of LM Studio's".into()))?;
        let mut socket = Socket::open(origin, path, namespace, self.key.as_ref(), &self.tls).await?;
        let instances = socket.list_loaded().await?;
        let mut watched = Watched { socket, instances, listed: Instant::now() };
        let (busy, _) = watched.ask_all().await?;
        *kept = Some(watched);
        Ok(busy)
    }
}

impl Watched {
    async fn busy(&mut self) -> Result<Option<String>, SocketError> {
        let (busy, is_gone) = self.ask_all().await?;
        if busy.is_some() || !is_gone && self.listed.elapsed() < LIST_AGE {
            return Ok(busy);
        }
        let before = std::mem::replace(&mut self.instances, self.socket.list_loaded().await?);
        self.listed = Instant::now();
        if self.instances == before { Ok(None) } else { Ok(self.ask_all().await?.0) }
    }

    /// What one of the known instances does, if any does something; and whether one is gone, so that the list is old.
    async fn ask_all(&mut self) -> Result<(Option<String>, bool), SocketError> {
        let mut is_gone = false;
        for instance in &self.instances {
            match self.socket.processing_state(&instance.reference).await? {
                Some(state) if state.is_idle() => {}
                Some(state) => return Ok((Some(state.describe(&instance.shown)), is_gone)),
                None => is_gone = true,
            }
        }
        Ok((None, is_gone))
    }
}

impl ActivitySource for LmStudioActivity {
    async fn activity(&self) -> Result<Activity, ActivityError> {
        let activity_source = || "LM Studio's WebSocket".to_owned();
        match self.read_activity().await {
            Ok(None) => Ok(Activity::Idle),
            Ok(Some(reason)) => Ok(Activity::Busy { source: BusySource::LmStudio, reason }),
            Err(SocketError::Unsupported(why)) => {
                Err(ActivityError::Unsupported { activity_source: activity_source(), why })
            }
            Err(error @ SocketError::Unreachable(_)) => {
                Err(ActivityError::Absent { activity_source: activity_source(), cause: error.into() })
            }
            Err(error) => Err(ActivityError::Failed { activity_source: activity_source(), cause: error.into() }),
        }
    }
}
