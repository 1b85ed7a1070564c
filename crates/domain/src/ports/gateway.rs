//! The running gateway, as a contract: its picker, and its configuration.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use thiserror::Error;

use super::cause::Cause;
use crate::model::ModelId;
use crate::openclaw::era::Era;
use crate::openclaw::{ConfigSeen, EntryPlan};

/// OpenClaw's running gateway, which shows the models to a person and keeps OpenClaw's configuration. Each call takes
/// bounded time.
pub trait Gateway: Send + Sync {
    /// Which gateway runs. Connects where there is no connection yet.
    ///
    /// # Errors
    /// [`GatewayError`]
    fn running(&self) -> impl Future<Output = Result<Running, GatewayError>> + Send;

    /// Whether the gateway has a credential of its own for a provider; `None` where it does not say.
    fn credential(&self, provider: &str) -> impl Future<Output = Option<bool>> + Send;

    /// Asks the picker to read the models again, and reports what it then shows.
    ///
    /// # Errors
    /// [`GatewayError`]; the models are stored all the same.
    fn refresh_picker(&self, expected: &Expected) -> impl Future<Output = Result<Shown, GatewayError>> + Send;

    /// Reads what the configuration has of the provider.
    ///
    /// # Errors
    /// [`GatewayError`]
    fn read_entry(&self, provider: &str) -> impl Future<Output = Result<ConfigSeen, GatewayError>> + Send;

    /// Changes the configuration to the plan, over what it was made for, or to a part of it: a gateway refuses to make
    /// its file much smaller at once. After a part, read and plan again.
    ///
    /// # Errors
    /// [`GatewayError::Changed`] where the configuration is another since (plan again); otherwise why not.
    fn change_entry(
        &self,
        plan: &EntryPlan,
        over: &ConfigSeen,
    ) -> impl Future<Output = Result<Applied, GatewayError>> + Send;
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
    /// Whether they are in the gateway's own configuration, which it reads by itself within seconds.
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

/// How much of a plan was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// All of it.
    Whole,
    /// A part of it; it is true as far as it goes.
    Part,
}

/// What a gateway was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayRequest {
    /// To show the models.
    Picker,
    /// To read or change its configuration.
    Config,
}

impl fmt::Display for GatewayRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Picker => "refresh its picker",
            Self::Config => "change its configuration",
        })
    }
}

/// Why a gateway did not do what it was asked for.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// No gateway answers.
    #[error("no gateway answers at {address}")]
    Unreachable {
        /// The gateway's address.
        address: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// This gateway has no way to show the models while it runs.
    #[error("OpenClaw {version} cannot refresh its picker while it runs")]
    Unsupported {
        /// The gateway's version.
        version: String,
    },
    /// The gateway does not let lmsync do it.
    #[error("the gateway at {address} does not let lmsync {request}: {why}")]
    Forbidden {
        /// The gateway's address.
        address: String,
        /// What it was asked for.
        request: GatewayRequest,
        /// What it refused.
        why: String,
    },
    /// Another program has changed the configuration since it was read.
    #[error("OpenClaw's configuration was changed by somebody else meanwhile")]
    Changed,
    /// The gateway failed, or refuses the change.
    #[error("the gateway at {address} did not {request}")]
    Failed {
        /// The gateway's address.
        address: String,
        /// What it was asked for.
        request: GatewayRequest,
        /// Why.
        #[source]
        cause: Cause,
    },
}
