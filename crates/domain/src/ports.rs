//! The edges of lmsync, as contracts: the server that lists models, the stores that keep them, the sources of activity,
//! the gateway that shows the models to a person, and the clock.

mod activity;
mod cause;
mod config;
mod gateway;
mod source;
mod store;

use std::future::Future;
use std::time::Duration;

pub use self::activity::{ActivityError, ActivitySource};
pub use self::cause::Cause;
pub use self::config::{ConfigFile, ManagedRows};
pub use self::gateway::{Applied, Expected, Gateway, GatewayError, GatewayRequest, Running, Shown};
pub use self::source::{AnswerKind, Failure, ModelSource, SourceError, Wants};
pub use self::store::{ModelStore, ModelStores, NamedStore, StoreError};
use crate::activity::Activity;
use crate::changes::{Plan, Stored, Version};
use crate::openclaw::era::Era;
use crate::openclaw::{Added, Allowlist, ConfigSeen, ConfigText, EntryPlan};

/// What time it is, and waiting for a later one.
pub trait Clock: Send + Sync {
    /// The time since a fixed moment that lies before every other one; never goes back.
    fn now(&self) -> Duration;

    /// Waits until that time.
    fn sleep_until(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

macro_rules! by_reference {
    ($($port:ident { $(fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)* })*) => {$(
        impl<T: $port> $port for &T {
            $(fn $name(&self, $($arg: $ty),*) -> $out {
                (**self).$name($($arg),*)
            })*
        }
    )*};
}

// A caller may keep its adapter and lend it.
by_reference! {
    ModelStore {
        fn load() -> impl Future<Output = Result<Stored, StoreError>> + Send;
        fn save(plan: &Plan, over: &Version) -> impl Future<Output = Result<(), StoreError>> + Send;
    }
    ActivitySource {
        fn activity() -> impl Future<Output = Result<Activity, ActivityError>> + Send;
    }
    Gateway {
        fn running() -> impl Future<Output = Result<Running, GatewayError>> + Send;
        fn credential(provider: &str) -> impl Future<Output = Option<bool>> + Send;
        fn refresh_picker(expected: &Expected) -> impl Future<Output = Result<Shown, GatewayError>> + Send;
        fn read_entry(provider: &str) -> impl Future<Output = Result<ConfigSeen, GatewayError>> + Send;
        fn change_entry(plan: &EntryPlan, over: &ConfigSeen)
            -> impl Future<Output = Result<Applied, GatewayError>> + Send;
    }
    ConfigFile {
        fn text() -> impl Future<Output = ConfigText> + Send;
        fn allowlists() -> impl Future<Output = Vec<Allowlist>> + Send;
        fn has_key(provider: &str, era: &Era) -> impl Future<Output = Option<bool>> + Send;
    }
    ManagedRows {
        fn recall(provider: &str) -> impl Future<Output = Result<Added, StoreError>> + Send;
        fn remember(provider: &str, added: &Added) -> impl Future<Output = Result<(), StoreError>> + Send;
    }
}
