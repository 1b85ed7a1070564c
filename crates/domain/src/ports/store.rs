//! The store of OpenClaw's list of models, as a contract.

use std::future::Future;
use std::path::PathBuf;

use thiserror::Error;

use super::cause::Cause;
use crate::changes::{Plan, Stored, Version};

/// A store of OpenClaw's list of models, such as one agent's models.json.
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

/// Finds the stores: one for each of OpenClaw's agents.
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
