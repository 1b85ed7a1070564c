//! The witness of inference, as a contract.

use std::future::Future;

use thiserror::Error;

use super::cause::Cause;
use crate::activity::Activity;

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
