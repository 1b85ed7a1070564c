//! The config target: OpenClaw's own configuration, changed by its gateway where the running version needs it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::era::Era;
use domain::ports::{ActivitySource, Applied, Clock, ConfigFile, Gateway, GatewayError, ManagedRows, StoreError};
use domain::{
    Activity, Added, ConfigSetting, DesiredEntry, EntryPlan, SkipReason, is_needed, may_change, plan_entry, withdraw,
};
use thiserror::Error;

use crate::server::Mode;

/// How often a change is planned again because another program has changed the configuration meanwhile.
const CONFLICTS: usize = 3;

/// In how many parts a change may be made. Each but the last at most halves a file.
const PARTS: usize = 64;

/// How long a gateway may answer with the configuration that it had before its file was written: up to 0.16 s after a
/// write of its own, and 0.6 s after another program's, were measured with 2026.8.1 and 2026.9.6.
pub const NOTICED: Duration = Duration::from_secs(2);

/// OpenClaw's configuration as a target: its edges, and what the user wants of it.
#[derive(Debug)]
pub struct ConfigTarget<G, F, M, A> {
    /// What the user wants.
    pub setting: LiveSetting,
    /// The gateway, which keeps the configuration and shows the models.
    pub gateway: G,
    /// What only the configuration's text shows.
    pub file: F,
    /// What lmsync has added to it.
    pub managed_rows: M,
    /// What knows whether inference runs.
    pub activity_source: A,
}

/// What the user wants of the config target; it may change while the daemon runs.
#[derive(Debug)]
pub struct LiveSetting(Mutex<ConfigSetting>);

impl LiveSetting {
    /// What the user wants now.
    #[must_use]
    pub fn get(&self) -> ConfigSetting {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes another wish from now on.
    pub fn set(&self, setting: ConfigSetting) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = setting;
    }
}

impl From<ConfigSetting> for LiveSetting {
    fn from(setting: ConfigSetting) -> Self {
        Self(Mutex::new(setting))
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetOutcome {
    /// The entry offers what it should.
    Unchanged,
    /// The entry was changed; or would be, but for a dry run.
    Written(EntryPlan),
    /// lmsync leaves it alone.
    Skipped(SkipReason),
    /// The change waits until no inference runs.
    Waits,
}

/// Why the entry could not be brought up to date.
#[derive(Debug, Error)]
pub enum TargetError {
    /// The gateway did not do it.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// It could not be remembered, so it was not done.
    #[error("cannot remember what is added to OpenClaw's configuration")]
    ManagedRows(#[source] StoreError),
}

impl TargetError {
    /// What a person can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Gateway(GatewayError::Unreachable { .. }) => "OPENCLAW_GATEWAY_URL says where the gateway is",
            Self::Gateway(GatewayError::Forbidden { .. }) => "`lmsync doctor` says what lets lmsync in",
            // 2026.8.1 says so also of an edit that changed no value, such as a comment removed, until it is restarted.
            Self::Gateway(GatewayError::Changed) => {
                "where no other program is changing it, restart the gateway: it has not read the last edit of \
                openclaw.json"
            }
            Self::Gateway(GatewayError::Unsupported { .. } | GatewayError::Failed { .. }) => {
                "`openclaw doctor` says what is wrong with openclaw.json; LMSYNC_OPENCLAW_CONFIG=off leaves it alone"
            }
            Self::ManagedRows(_) => "lmsync's own folder must be one that it can write to",
        }
    }
}

impl<G, F, M, A> ConfigTarget<G, F, M, A>
where
    G: Gateway,
    F: ConfigFile,
    M: ManagedRows,
    A: ActivitySource,
{
    /// Makes the entry offer what it should, where the era needs that and nothing is lost by it. `credential` is
    /// whether the gateway has one of its own, where that is known. Never while inference runs.
    ///
    /// # Errors
    /// [`TargetError`]; a part of the change may have been made.
    pub async fn apply(
        &self,
        desired: &DesiredEntry,
        era: &Era,
        credential: Option<bool>,
        mode: Mode,
    ) -> Result<TargetOutcome, TargetError> {
        let added = self.recall(&desired.provider).await?;
        if let Err(reason) = is_needed(self.setting.get(), era, credential, &added) {
            return Ok(TargetOutcome::Skipped(reason));
        }
        self.carry_out(&desired.provider, added, true, mode, |seen, added| plan_entry(seen, desired, added)).await
    }

    /// Takes out again all that lmsync has added for a provider, whatever the setting.
    ///
    /// # Errors
    /// As [`ConfigTarget::apply`].
    pub async fn withdraw(&self, provider: &str, clock: &impl Clock, mode: Mode) -> Result<TargetOutcome, TargetError> {
        let added = self.recall(provider).await?;
        if added == Added::default() {
            return Ok(TargetOutcome::Unchanged);
        }
        let seen = self.gateway.read_entry(provider).await?;
        if !withdraw(&seen, provider, &added).writes {
            // What was written a moment ago may only not be seen yet, and would be forgotten.
            clock.sleep_until(clock.now() + NOTICED).await;
        }
        self.carry_out(provider, added, false, mode, |seen, added| withdraw(seen, provider, added)).await
    }

    /// What lmsync has added for a provider.
    ///
    /// # Errors
    /// [`TargetError::ManagedRows`]
    pub async fn recall(&self, provider: &str) -> Result<Added, TargetError> {
        self.managed_rows.recall(provider).await.map_err(TargetError::ManagedRows)
    }

    async fn carry_out(
        &self,
        provider: &str,
        mut added: Added,
        asks: bool,
        mode: Mode,
        plan: impl Fn(&domain::ConfigSeen, &Added) -> EntryPlan,
    ) -> Result<TargetOutcome, TargetError> {
        let (mut first, mut conflicts) = (None, 0);
        for _ in 0..PARTS {
            let seen = self.gateway.read_entry(provider).await?;
            if asks && let Err(reason) = may_change(self.setting.get(), &seen, &self.file.text().await, &added) {
                return Ok(TargetOutcome::Skipped(reason));
            }
            let plan = plan(&seen, &added);
            if mode == Mode::DryRun {
                return Ok(if plan.writes { TargetOutcome::Written(plan) } else { TargetOutcome::Unchanged });
            }
            if !plan.writes {
                self.remember(provider, &mut added, plan.added).await?;
                return Ok(first.map_or(TargetOutcome::Unchanged, TargetOutcome::Written));
            }
            if matches!(self.activity_source.activity().await, Ok(Activity::Busy { .. })) {
                return Ok(TargetOutcome::Waits);
            }
            // Known before it is done: whatever ends this process in between, it can be taken out again.
            let before = added.clone();
            let made = plan.added.made.or(added.made);
            let rows = plan.added.rows.union(&added.rows).cloned().collect();
            self.remember(provider, &mut added, Added { made, rows }).await?;
            match self.gateway.change_entry(&plan, &seen).await {
                Ok(Applied::Whole) => {
                    self.remember(provider, &mut added, plan.added.clone()).await?;
                    return Ok(TargetOutcome::Written(first.unwrap_or(plan)));
                }
                Ok(Applied::Part) => drop(first.get_or_insert(plan)),
                Err(GatewayError::Changed) => {
                    // Certainly not done, and what is there now may be another program's.
                    self.remember(provider, &mut added, before).await?;
                    conflicts += 1;
                    if conflicts > CONFLICTS {
                        return Err(GatewayError::Changed.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(GatewayError::Changed.into())
    }

    async fn remember(&self, provider: &str, known: &mut Added, now: Added) -> Result<(), TargetError> {
        if *known != now {
            self.managed_rows.remember(provider, &now).await.map_err(TargetError::ManagedRows)?;
            *known = now;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
