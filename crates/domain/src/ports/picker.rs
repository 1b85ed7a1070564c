//! The picker of a running gateway, as a contract.

use std::future::Future;
use std::time::Duration;

use thiserror::Error;

use super::cause::Cause;
use crate::model::ModelId;
use crate::openclaw::era::Era;

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

/// What a picker shows, in all of its views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// How many models of our provider it lists, where it lists the fewest.
    pub models: usize,
    /// Expected ids that a view does not list.
    pub missing: Vec<ModelId>,
    /// Ids that a view still lists and should not.
    pub lingering: Vec<ModelId>,
    /// Whether it lists our models but could not use them, for want of a credential.
    pub unavailable: bool,
    /// How long its answer took.
    pub took: Duration,
}

impl Shown {
    /// Whether nothing is missing, and nothing lingers.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        self.missing.is_empty() && self.lingering.is_empty()
    }
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
