//! The world of a simulated LM Studio: its models, settings and log, changeable while the server runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Secret;
use tokio::sync::watch;

use super::generation::Generations;
use super::log::Log;
use crate::log::{Credential, LoggedRequest};
use crate::model::SimModel;
use crate::scenario::Scenario;

/// What a simulator serves. Clones are the same world.
#[derive(Debug, Clone, Default)]
pub struct World {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    /// Notified of every change, for tasks that wait for one.
    changed: watch::Sender<()>,
}

/// The state behind a world.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) models: Vec<SimModel>,
    pub(super) scenario: Scenario,
    pub(super) fixtures: BTreeMap<String, Fixture>,
    pub(super) version: Version,
    pub(super) log: Log,
    pub(super) connections: Connections,
    pub(super) generations: Generations,
    pub(super) sockets_hang: bool,
    token: Option<Secret>,
}

/// An answer given word for word.
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    pub(super) status: u16,
    pub(super) body: String,
}

/// The connections of a world, over all its servers.
#[derive(Debug, Default)]
pub(super) struct Connections {
    pub(super) opened: u64,
    pub(super) open: usize,
}

/// A version of LM Studio; only the parts that decide what it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u16, pub(super) u16, pub(super) u16);

impl Default for Version {
    fn default() -> Self {
        Self(0, 4, 24)
    }
}

impl World {
    /// Downloads a model; one with this key is replaced, in its place.
    pub fn add(&self, model: SimModel) {
        self.change(|state| match state.models.iter_mut().find(|old| old.key == model.key) {
            Some(old) => *old = model,
            None => state.models.push(model),
        });
    }

    /// Deletes a model, with its instances.
    pub fn remove(&self, key: &str) {
        self.change(|state| state.models.retain(|model| model.key != key));
    }

    /// Has these models, and no others.
    pub fn set_models(&self, models: impl IntoIterator<Item = SimModel>) {
        let models = models.into_iter().collect();
        self.change(|state| state.models = models);
    }

    /// The models, in the order in which they are listed.
    #[must_use]
    pub fn models(&self) -> Vec<SimModel> {
        self.read(|state| state.models.clone())
    }

    /// Loads a copy of a model; gives its name, or nothing where there is no such model.
    pub fn load(&self, key: &str, context: u64) -> Option<String> {
        self.change(|state| {
            state.models.iter_mut().find(|model| model.key == key).map(|model| model.load(Some(context)))
        })
    }

    /// Unloads the copy of that name; says whether there was one.
    pub fn unload(&self, instance: &str) -> bool {
        self.change(|state| {
            let found = state.models.iter_mut().find_map(|model| {
                let at = model.instances.iter().position(|loaded| loaded.id == instance)?;
                Some(model.instances.remove(at))
            });
            found.is_some()
        })
    }

    /// Requires this token from now on (LM Studio ≥ 0.4), or none.
    pub fn require_token(&self, token: Option<String>) {
        self.change(|state| state.token = token.and_then(Secret::new));
    }

    /// Answers listings like this from now on.
    pub fn scenario(&self, scenario: Scenario) {
        self.change(|state| state.scenario = scenario);
    }

    /// Answers `GET path` word for word like this from now on, whatever the models and the scenario.
    pub fn answer(&self, path: &str, status: u16, body: impl Into<String>) {
        let fixture = Fixture { status, body: body.into() };
        self.change(|state| state.fixtures.insert(path.to_owned(), fixture));
    }

    /// Is this version of LM Studio (0.4.24 by default): `/api/v0/models` came with 0.3.6, the
    /// processing state with 0.3.27, `/api/v1` and tokens with 0.4.0.
    pub fn version(&self, major: u16, minor: u16, patch: u16) {
        self.change(|state| state.version = Version(major, minor, patch));
    }

    /// Whether WebSockets still connect, but are not answered.
    pub fn hang_sockets(&self, hang: bool) {
        self.change(|state| state.sockets_hang = hang);
    }

    /// The requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.read(|state| state.log.requests().to_vec())
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.change(|state| state.log.clear());
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.read(|state| state.connections.open)
    }

    /// Waits until the requests satisfy `enough`.
    pub async fn wait_for(&self, mut enough: impl FnMut(&[LoggedRequest]) -> bool) {
        self.until(|state| enough(state.log.requests())).await;
    }

    /// Waits until `condition` holds, which may read anything public here.
    pub async fn wait_until(&self, mut condition: impl FnMut(&World) -> bool) {
        let mut changed = self.inner.changed.subscribe();
        while !condition(self) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until `condition` holds for the state.
    pub(super) async fn until(&self, mut condition: impl FnMut(&State) -> bool) {
        self.wait_until(|world| world.read(&mut condition)).await;
    }

    pub(super) fn read<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        read(&self.inner.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.inner.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.changed.send_replace(());
        result
    }
}

impl State {
    /// The token that is required, if any; versions before 0.4.0 know none.
    pub(super) fn token(&self) -> Option<&Secret> {
        self.token.as_ref().filter(|_| self.version >= Version(0, 4, 0))
    }

    /// Judges what followed `Bearer` in a request.
    pub(super) fn check_key(&self, shown: Option<&str>) -> Credential {
        match (self.token(), shown) {
            (_, None) => Credential::Absent,
            (Some(token), Some(shown)) if token.expose() != shown => Credential::Refused,
            _ => Credential::Accepted,
        }
    }
}
