//! Showing: the way of one change into the picker, by the config target where the running version needs that, and what
//! kept it from being seen.

use domain::era::{Credential, Shows};
use domain::ports::{ActivitySource, ConfigFile, Expected, Gateway, GatewayError, ManagedRows, Running, Shown};
use domain::{Allowlist, ConfigSetting, DesiredEntry, ModelId, SkipReason};

use crate::config_target::{ConfigTarget, TargetError, TargetOutcome};
use crate::picker_answer::Configured;
use crate::server::Mode;
use domain::Chain;

/// What came of showing a change.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Which gateway runs, as far as is known.
    pub(crate) running: Option<Running>,
    /// What came of openclaw.json, where it was read.
    pub(crate) target: Option<Result<TargetOutcome, TargetError>>,
    /// What the picker shows, or why that is not known.
    pub(crate) shown: Result<Shown, GatewayError>,
    /// Offered models that the user's own list does not let in.
    pub(crate) hidden: Option<(Allowlist, Vec<ModelId>)>,
}

impl Seen {
    /// Whether the models stand in OpenClaw's own configuration.
    pub(crate) fn is_configured(&self) -> bool {
        matches!(self.target, Some(Ok(TargetOutcome::Unchanged | TargetOutcome::Written(_))))
    }

    /// Whether OpenClaw's own configuration was changed for them.
    pub(crate) fn has_written(&self) -> bool {
        matches!(self.target, Some(Ok(TargetOutcome::Written(_))))
    }

    /// What the config target came to, for the status.
    pub(crate) fn configured(&self) -> Option<Configured> {
        Some(match self.target.as_ref()? {
            Ok(TargetOutcome::Unchanged | TargetOutcome::Written(_)) => Configured::Holds,
            Ok(TargetOutcome::Skipped(reason)) => Configured::Not { why: reason.to_string(), advice: reason.advice() },
            Ok(TargetOutcome::Waits) => return None,
            Err(error) => Configured::Not { why: Chain(error).to_string(), advice: error.advice() },
        })
    }

    /// Whether the running version takes a key from `auth-profiles.json`, and none from its environment.
    pub(crate) fn wants_profile(&self) -> bool {
        let takes =
            |credential| self.running.as_ref().is_some_and(|running| running.era.credentials.contains(&credential));
        takes(Credential::AuthProfile) && !takes(Credential::Environment)
    }

    fn nothing(why: GatewayError) -> Self {
        Self { running: None, target: None, shown: Err(why), hidden: None }
    }
}

impl<G, F, M, A> ConfigTarget<G, F, M, A>
where
    G: Gateway,
    F: ConfigFile,
    M: ManagedRows,
    A: ActivitySource,
{
    /// Writes the desired rows into openclaw.json, where the running version needs them. A dry run only reads, since
    /// what would be written is undone each time.
    pub(crate) async fn write_rows(&self, desired: &DesiredEntry, mode: Mode) -> Seen {
        let running = match self.gateway.running().await {
            Ok(running) => running,
            Err(why) => return Seen::nothing(why),
        };
        let outcome = match self.apply_for(&running, desired, mode).await {
            Ok(TargetOutcome::Written(_)) if mode == Mode::DryRun => Ok(TargetOutcome::Skipped(SkipReason::Undone)),
            outcome => outcome,
        };
        let unseen = GatewayError::Unsupported { version: running.version.clone() };
        Seen { running: Some(running), target: Some(outcome), ..Seen::nothing(unseen) }
    }

    /// Refreshes the picker, and checks what it shows, after openclaw.json is up to date.
    pub(crate) async fn check_picker(&self, expected: &Expected, desired: &DesiredEntry, seen: &mut Seen) {
        let waits = matches!(seen.target, Some(Ok(TargetOutcome::Waits)));
        let Some(running) = seen.running.as_ref().filter(|_| !waits) else { return };
        let is_configured = seen.is_configured();
        // What is configured shows by itself; a refresh shows what models.json has, where that counts beside it.
        let configured = is_configured && running.era.models_json_shows != Shows::Refresh;
        seen.shown = self.gateway.refresh_picker(&Expected { configured, ..expected.clone() }).await;
        if let Ok(shown) = &mut seen.shown {
            shown.unavailable &= !is_configured;
            // Early gateways do not say whether they have a key.
            if shown.models > 0 && !shown.unavailable && !is_configured {
                shown.unavailable = self.file.has_key(&desired.provider, running.era).await == Some(false);
            }
        }
        let ids = || desired.models.iter().map(|model| &model.id);
        seen.hidden = self.file.allowlists().await.into_iter().find_map(|list| {
            let hidden = list.hides(&desired.provider, ids(), Some(running.era));
            (!hidden.is_empty()).then_some((list, hidden))
        });
    }

    /// Brings the entry up to date as the gateway that runs needs it.
    ///
    /// # Errors
    /// As [`ConfigTarget::apply`].
    pub async fn apply_for(
        &self,
        running: &Running,
        desired: &DesiredEntry,
        mode: Mode,
    ) -> Result<TargetOutcome, TargetError> {
        let era = running.era;
        // Elsewhere the rows are needed whatever it has.
        let asks = self.setting.get() == ConfigSetting::Auto && !era.picker_needs_config();
        let credential = if asks { self.gateway.credential(&desired.provider).await } else { None };
        self.apply(desired, era, credential, mode).await
    }
}
