//! What a pass does with one store: load, plan, save.

use std::time::Duration;

use domain::ports::{Clock, ModelStore, ModelStores, NamedStore, StoreError};
use domain::{Plan, Stored, Version};

use crate::server::{Mode, Outcome};

/// How often a file is read again that does not parse: OpenClaw 2026.2 writes in place, so a reader can catch
/// it half written.
const TORN_READS: usize = 5;

/// How long to wait before reading such a file again.
const TORN_READ_PAUSE: Duration = Duration::from_millis(100);

/// How often a pass plans again because another program wrote the file meanwhile.
const PLANS: usize = 3;

/// A store, and what it has.
pub(crate) struct Loaded<T> {
    pub(crate) name: String,
    pub(crate) store: T,
    pub(crate) stored: Result<Stored, StoreError>,
}

/// Reads all stores of a provider, one after the other.
pub(crate) async fn load_all<K, C>(stores: &K, provider: &str, clock: &C) -> Vec<Loaded<K::Store>>
where
    K: ModelStores,
    C: Clock,
{
    let mut loaded = Vec::new();
    for NamedStore { name, store } in stores.stores(provider).await {
        let stored = load(&store, clock).await;
        loaded.push(Loaded { name, store, stored });
    }
    loaded
}

/// Reads a store, and reads it again where a write may have been half done.
///
/// # Errors
/// [`StoreError`], of the last attempt.
pub async fn load<T, C>(store: &T, clock: &C) -> Result<Stored, StoreError>
where
    T: ModelStore,
    C: Clock,
{
    let mut attempt = 1;
    loop {
        match store.load().await {
            Err(StoreError::Malformed { .. } | StoreError::Changed { .. }) if attempt < TORN_READS => attempt += 1,
            result => return result,
        }
        clock.sleep_until(clock.now() + TORN_READ_PAUSE).await;
    }
}

/// Saves a plan that was made for what the store has, and plans again over what another program wrote meanwhile.
pub(crate) async fn save_plan<T, C>(
    store: &T,
    clock: &C,
    mut plan: Plan,
    mut over: Version,
    plan_again: impl Fn(&Stored) -> Plan,
    mode: Mode,
) -> Result<Outcome, StoreError>
where
    T: ModelStore,
    C: Clock,
{
    let mut attempt = 1;
    loop {
        if plan.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        if mode == Mode::DryRun {
            return Ok(Outcome::Updated(plan));
        }
        match store.save(&plan, &over).await {
            Ok(()) => return Ok(Outcome::Updated(plan)),
            Err(StoreError::Changed { .. }) if attempt < PLANS => attempt += 1,
            Err(error) => return Err(error),
        }
        let stored = load(store, clock).await?;
        plan = plan_again(&stored);
        over = stored.version;
    }
}
