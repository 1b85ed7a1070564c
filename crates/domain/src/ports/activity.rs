//! The source of activity, as a contract.

use std::future::Future;

use thiserror::Error;

use super::cause::Cause;
use crate::activity::Activity;

/// A place that knows whether inference runs: the gateway, OpenClaw's session locks, the server.
pub trait ActivitySource: Send + Sync {
    /// Looks once. Takes bounded time, and never disturbs what it looks at.
    ///
    /// # Errors
    /// [`ActivityError`]: it is not known whether inference runs.
    fn activity(&self) -> impl Future<Output = Result<Activity, ActivityError>> + Send;
}

/// Why it is not known whether inference runs.
#[derive(Debug, Error)]
pub enum ActivityError {
    /// Nobody is there to be asked: no gateway runs, no such folder.
    #[error("cannot ask {activity_source}")]
    Absent {
        /// Who would have known.
        activity_source: String,
        /// Why not.
        #[source]
        cause: Cause,
    },
    /// The activity source is there, and has no way to tell.
    #[error("{activity_source} cannot say whether inference runs: {why}")]
    Unsupported {
        /// Who was asked.
        activity_source: String,
        /// What it lacks.
        why: String,
    },
    /// The activity source failed to answer.
    #[error("{activity_source} did not say whether inference runs")]
    Failed {
        /// Who was asked.
        activity_source: String,
        /// Why.
        #[source]
        cause: Cause,
    },
}
