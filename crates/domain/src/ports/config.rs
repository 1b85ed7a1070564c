//! What lmsync reads and remembers of OpenClaw's configuration beside the gateway, as contracts.

use std::future::Future;

use crate::openclaw::era::Era;
use crate::openclaw::{Added, Allowlist, ConfigText};
use crate::ports::store::StoreError;

/// A reader of what OpenClaw's configuration says as a text.
pub trait ConfigFile: Send + Sync {
    /// Looks once, at the file as it is.
    fn text(&self) -> impl Future<Output = ConfigText> + Send;

    /// The user's lists of the models that may be used, by all agents or by one; none where they cannot be read.
    fn allowlists(&self) -> impl Future<Output = Vec<Allowlist>> + Send;

    /// Whether OpenClaw's files hold a key for the provider that this era takes; `None` where a key may be elsewhere.
    fn has_key(&self, provider: &str, era: &Era) -> impl Future<Output = Option<bool>> + Send;
}

/// The memory, kept over a restart, of what lmsync has added to OpenClaw's configuration.
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
