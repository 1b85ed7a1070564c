//! The true edges of lmsync, as contracts: who lists models, who keeps them, who knows of inference, what time
//! it is, and who shows the models to a person.

mod config;

use std::error::Error;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

pub use self::config::{Applied, ConfigError, ConfigFile, GatewayConfig, Ledger};
use crate::era::Era;
use crate::{
    Activity, Added, Allowlist, ConfigSeen, ConfigText, EntryPlan, Facts, Listing, ModelId, Plan, Stored,
    Version,
};

/// An adapter's own account of a failure, below what the caller may do about it.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Whoever serves models and can list them.
pub trait ModelSource: Send + Sync {
    /// Asks for the models that can be served now. Takes bounded time, and one request unless a kept-alive
    /// connection turned out to be closed.
    ///
    /// # Errors
    /// [`SourceError`]; the caller keeps what it knows.
    fn models(&self) -> impl Future<Output = Result<Listing, SourceError>> + Send;

    /// Asks what the server itself knows of its models, in at most two requests of bounded time each. A source
    /// that has no more to say than its list need not implement this.
    ///
    /// # Errors
    /// [`SourceError`]; the caller keeps what it knows. A server that merely has no such endpoint is no error.
    fn facts(&self) -> impl Future<Output = Result<Facts, SourceError>> + Send {
        std::future::ready(Ok(Facts::NotOffered))
    }
}

/// Why a listing could not be had.
#[derive(Debug, Error)]
pub enum SourceError {
    /// Nobody answers there.
    #[error("no answer from {address}")]
    Unreachable {
        /// Who was asked.
        address: String,
        /// What kind of failure it was.
        failure: Failure,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The answer did not end in time.
    #[error("{address} did not answer within {limit:?}")]
    TimedOut {
        /// Who was asked.
        address: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The server wants another key.
    #[error("{address} refuses the key (HTTP {status})")]
    Unauthorized {
        /// Who was asked.
        address: String,
        /// The status of its answer.
        status: u16,
    },
    /// The server answered, but not with a list of models.
    #[error("{address} answered with something other than a list of models")]
    Malformed {
        /// Who was asked.
        address: String,
        /// What was found instead.
        #[source]
        cause: Cause,
    },
}

/// Why nobody answers, as far as it decides what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The host is there and nobody listens on the port.
    Refused,
    /// The host's name is not known.
    Unresolved,
    /// The connection could not be made safe.
    Tls,
    /// Whoever listens there hung up before the answer was complete.
    HungUp,
    /// Anything else: no route, for example.
    Other,
}

/// Whoever keeps OpenClaw's list of models.
pub trait ModelStore: Send + Sync {
    /// Looks at what is kept. A missing file is an empty store.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was touched.
    fn load(&self) -> impl Future<Output = Result<Stored, StoreError>> + Send;

    /// Makes the plan true, over the version that it was made for: wholly and durably, or not at all.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where the file is no longer that version (plan again); otherwise what kept it
    /// from being written.
    fn save(&self, plan: &Plan, over: &Version) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whoever knows which stores there are.
pub trait ModelStores: Send + Sync {
    /// One store.
    type Store: ModelStore;

    /// The stores that there are now for that provider, in an order that stays as they come and go. A store
    /// that was named before is the same one again, with all that it knows.
    fn stores(&self, provider: &str) -> impl Future<Output = Vec<NamedStore<Self::Store>>> + Send;
}

/// A store, and what a person calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStore<T> {
    /// Its name: the file.
    pub name: String,
    /// The store.
    pub store: T,
}

/// Why a store could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The file is not what OpenClaw would read. It is left as it is.
    #[error("{} is not a models file that OpenClaw could read", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        cause: Cause,
    },
    /// The file is of a kind that lmsync does not replace.
    #[error("{} is {kind}: it is not replaced", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it is, with its article, and what to do.
        kind: String,
    },
    /// Another program has written the file since it was read.
    #[error("{} was changed by another program meanwhile", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written. The old content is still there.
    #[error("cannot {operation} {}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        operation: &'static str,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The new content is in place, but may not survive a power cut.
    #[error("wrote {}, but could not make it durable", path.display())]
    NotDurable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
}

/// Whoever knows whether inference runs.
pub trait ActivityGauge: Send + Sync {
    /// Looks once. Takes bounded time, and never disturbs what it looks at.
    ///
    /// # Errors
    /// [`GaugeError`]: it is not known whether inference runs.
    fn activity(&self) -> impl Future<Output = Result<Activity, GaugeError>> + Send;
}

/// Why it is not known whether inference runs.
#[derive(Debug, Error)]
pub enum GaugeError {
    /// Nobody is there to be asked: no gateway runs, no such folder.
    #[error("{witness} is not there")]
    Absent {
        /// Who would have known.
        witness: String,
        /// Why not.
        #[source]
        cause: Cause,
    },
    /// The witness is there, and has no way to tell.
    #[error("{witness} cannot tell whether inference runs: {why}")]
    Unsupported {
        /// Who was asked.
        witness: String,
        /// What it lacks.
        why: String,
    },
    /// The witness failed to answer.
    #[error("{witness} did not tell whether inference runs")]
    Failed {
        /// Who was asked.
        witness: String,
        /// Why.
        #[source]
        cause: Cause,
    },
}

/// Whoever shows the models to a person: the running gateway's picker.
pub trait Picker: Send + Sync {
    /// Which gateway runs. Connects where there is no connection yet.
    ///
    /// # Errors
    /// [`PickerError`]
    fn gateway(&self) -> impl Future<Output = Result<Running, PickerError>> + Send;

    /// Whether the gateway has a credential of its own for a provider; `None` where it does not say.
    fn credential(&self, provider: &str) -> impl Future<Output = Option<bool>> + Send;

    /// Asks the picker to look at the models again, and reports what it then shows.
    ///
    /// # Errors
    /// [`PickerError`]; the models are stored all the same.
    fn refresh(&self, expected: &Expected) -> impl Future<Output = Result<Shown, PickerError>> + Send;
}

/// A gateway that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// What it calls its version. 2026.2.12 calls itself `dev`.
    pub version: String,
    /// Its era.
    pub era: &'static Era,
}

/// What a picker should show after a change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The provider whose models are meant.
    pub provider: String,
    /// Ids that should be there.
    pub present: Vec<ModelId>,
    /// Ids that should be gone.
    pub absent: Vec<ModelId>,
    /// Whether they stand in the gateway's own configuration, which it reads by itself within seconds.
    pub configured: bool,
}

/// What a picker shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// How many models of our provider it lists.
    pub models: usize,
    /// Expected ids that it does not list.
    pub missing: Vec<ModelId>,
    /// Ids that it still lists and should not.
    pub lingering: Vec<ModelId>,
    /// Whether it lists our models but could not use them, for want of a credential.
    pub unavailable: bool,
    /// How long its answer took.
    pub took: Duration,
}

/// Why a picker could not be asked.
#[derive(Debug, Error)]
pub enum PickerError {
    /// No gateway answers.
    #[error("no gateway answers at {address}")]
    Unreachable {
        /// Who was asked.
        address: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// This gateway has no way to be asked.
    #[error("OpenClaw {version} cannot refresh its picker while it runs")]
    Unsupported {
        /// The gateway's version.
        version: String,
    },
    /// The gateway does not let us ask.
    #[error("the gateway at {address} does not let lmsync ask: {why}")]
    Forbidden {
        /// Who was asked.
        address: String,
        /// What it refused.
        why: String,
    },
    /// The gateway failed to answer.
    #[error("the gateway at {address} did not refresh its picker")]
    Failed {
        /// Who was asked.
        address: String,
        /// Why.
        #[source]
        cause: Cause,
    },
}

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

impl<T: ModelStores> ModelStores for &T {
    type Store = T::Store;

    fn stores(&self, provider: &str) -> impl Future<Output = Vec<NamedStore<Self::Store>>> + Send {
        (**self).stores(provider)
    }
}

impl<T: GatewayConfig> GatewayConfig for std::sync::Arc<T> {
    fn look(&self, provider: &str) -> impl Future<Output = Result<ConfigSeen, ConfigError>> + Send {
        (**self).look(provider)
    }

    fn apply(
        &self,
        plan: &EntryPlan,
        over: &ConfigSeen,
    ) -> impl Future<Output = Result<Applied, ConfigError>> + Send {
        (**self).apply(plan, over)
    }
}

// A test, or a second user, keeps its adapter and lends it.
by_reference! {
    ModelSource {
        fn models() -> impl Future<Output = Result<Listing, SourceError>> + Send;
        fn facts() -> impl Future<Output = Result<Facts, SourceError>> + Send;
    }
    ModelStore {
        fn load() -> impl Future<Output = Result<Stored, StoreError>> + Send;
        fn save(plan: &Plan, over: &Version) -> impl Future<Output = Result<(), StoreError>> + Send;
    }
    ActivityGauge {
        fn activity() -> impl Future<Output = Result<Activity, GaugeError>> + Send;
    }
    Picker {
        fn gateway() -> impl Future<Output = Result<Running, PickerError>> + Send;
        fn credential(provider: &str) -> impl Future<Output = Option<bool>> + Send;
        fn refresh(expected: &Expected) -> impl Future<Output = Result<Shown, PickerError>> + Send;
    }
    GatewayConfig {
        fn look(provider: &str) -> impl Future<Output = Result<ConfigSeen, ConfigError>> + Send;
        fn apply(plan: &EntryPlan, over: &ConfigSeen) -> impl Future<Output = Result<Applied, ConfigError>> + Send;
    }
    ConfigFile {
        fn text() -> impl Future<Output = ConfigText> + Send;
        fn allowlist() -> impl Future<Output = Option<Allowlist>> + Send;
    }
    Ledger {
        fn recall(provider: &str) -> impl Future<Output = Result<Added, StoreError>> + Send;
        fn remember(provider: &str, added: &Added) -> impl Future<Output = Result<(), StoreError>> + Send;
    }
    Clock {
        fn now() -> Duration;
        fn sleep_until(time: Duration) -> impl Future<Output = ()> + Send;
    }
}
