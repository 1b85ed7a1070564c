//! The ports of the config target: the gateway's configuration, its text, and the memory of what was added to it.

use std::future::Future;

use thiserror::Error;

use super::cause::Cause;
use crate::openclaw::era::Era;
use crate::openclaw::{Added, Allowlist, ConfigSeen, ConfigText, EntryPlan};
use crate::ports::store::StoreError;

/// Whoever keeps OpenClaw's own configuration: the running gateway.
pub trait GatewayConfig: Send + Sync {
    /// Looks at what it has of the provider. Takes bounded time.
    ///
    /// # Errors
    /// [`ConfigError`]
    fn read_entry(&self, provider: &str) -> impl Future<Output = Result<ConfigSeen, ConfigError>> + Send;

    /// Makes the plan true, over what it was made for, or a part of it: a gateway refuses to make its file much
    /// smaller at once. After a part, look and plan again.
    ///
    /// # Errors
    /// [`ConfigError::Changed`] where the configuration is another since (plan again); otherwise why not.
    fn apply(
        &self,
        plan: &EntryPlan,
        over: &ConfigSeen,
    ) -> impl Future<Output = Result<Applied, ConfigError>> + Send;
}

/// How much of a plan was made true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// All of it.
    Whole,
    /// A part of it; it is true as far as it goes.
    Part,
}

/// Why OpenClaw's configuration could not be read or changed through the gateway.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// No gateway answers.
    #[error("no gateway answers at {address}")]
    Unreachable {
        /// Who was asked.
        address: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The gateway does not let us.
    #[error("the gateway at {address} does not let lmsync change its configuration: {why}")]
    Forbidden {
        /// Who was asked.
        address: String,
        /// What it refused.
        why: String,
    },
    /// Another program has changed the configuration since it was read.
    #[error("OpenClaw's configuration was changed by somebody else meanwhile")]
    Changed,
    /// The gateway failed, or refuses the change.
    #[error("the gateway at {address} did not change its configuration")]
    Failed {
        /// Who was asked.
        address: String,
        /// Why.
        #[source]
        cause: Cause,
    },
}

/// Whoever can read what OpenClaw's configuration says as a text.
pub trait ConfigFile: Send + Sync {
    /// Looks once, at the file as it is.
    fn text(&self) -> impl Future<Output = ConfigText> + Send;

    /// The user's lists of the models that may be used, by all agents or by one; none where they cannot be read.
    fn allowlists(&self) -> impl Future<Output = Vec<Allowlist>> + Send;

    /// Whether OpenClaw's files hold a key for the provider that this era takes; `None` where a key may be elsewhere.
    fn has_key(&self, provider: &str, era: &Era) -> impl Future<Output = Option<bool>> + Send;
}

/// Whoever remembers, also over a restart, what lmsync has added to OpenClaw's configuration.
pub trait ManagedRows: Send + Sync {
    /// What was added for that provider; nothing where nothing is known.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing must be changed, since it could not be taken out again.
    fn recall(&self, provider: &str) -> impl Future<Output = Result<Added, StoreError>> + Send;

    /// Remembers that from now on.
    ///
    /// # Errors
    /// [`StoreError`]; what was remembered before still is.
    fn remember(&self, provider: &str, added: &Added) -> impl Future<Output = Result<(), StoreError>> + Send;
}
