//! The config target, as `lmsync sync` and `lmsync remove` tell of it.

use std::fmt::Write;
use std::path::Path;

use adapters_fs::Work;
use app::{Mode, TargetError, TargetOutcome};
use domain::ports::{ActivitySource, Gateway as _, Running};
use domain::{Chain, DesiredEntry, SkipReason};
use serde_json::{Map, Value, json};

use crate::changes;
use crate::gateway::{Target, installed};

/// What came of the config target for one provider.
pub(crate) struct TargetReport {
    pub(crate) provider: String,
    pub(crate) result: Result<TargetOutcome, TargetError>,
}

/// Makes the config target true where a gateway runs that can be asked; `None` where none does.
pub(crate) async fn make<A: ActivitySource>(
    target: &Target<'_, A>,
    desired: &DesiredEntry,
    mode: Mode,
) -> Option<TargetReport> {
    // Whatever keeps it from answering, the daemon and the doctor tell.
    let running = target.gateway.running().await.ok()?;
    let result = target.apply_for(&running, desired, mode).await;
    Some(TargetReport { provider: desired.provider.clone(), result })
}

/// What a person has to know who syncs for a version that shows nothing without its gateway's help; else nothing.
pub(crate) async fn without_gateway(openclaw_json: &Path) -> String {
    match installed(openclaw_json, Work::Here).await {
        Some(Running { version, era }) if era.shows_by_config_alone() => {
            format!(
                "OpenClaw {version} takes the models from openclaw.json, and no gateway that could change it lets \
                 lmsync in: run `lmsync sync` again once it runs\n"
            )
        }
        _ => String::new(),
    }
}

impl TargetReport {
    /// A few lines for a person; nothing where there is nothing to say.
    pub(crate) fn text(&self, dry_run: bool) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = match &self.result {
            Ok(TargetOutcome::Unchanged | TargetOutcome::Skipped(SkipReason::NotNeeded | SkipReason::Off)) => Ok(()),
            Ok(TargetOutcome::Written(plan)) => {
                let end = if dry_run { "would change" } else { "changed" };
                let lines = changes::lines(&plan.diff);
                writeln!(text, "{lines}{end} models.providers.{} in openclaw.json through the gateway", self.provider)
            }
            Ok(TargetOutcome::Skipped(reason)) => writeln!(text, "{reason}: {}", reason.advice()),
            Ok(TargetOutcome::Waits) => writeln!(text, "openclaw.json is not changed while inference runs"),
            Err(error) => writeln!(text, "openclaw.json is not changed: {}", Chain(error)),
        };
        text
    }

    /// The same for a program.
    pub(crate) fn to_json(&self, dry_run: bool) -> Value {
        let mut object = Map::from_iter([("provider".to_owned(), json!(self.provider))]);
        let mut written = false;
        match &self.result {
            Ok(TargetOutcome::Unchanged) => {}
            Ok(TargetOutcome::Written(plan)) => {
                written = !dry_run;
                object.extend(changes::to_json(&plan.diff, false, &[]));
            }
            Ok(TargetOutcome::Skipped(reason)) => object.extend([
                ("left".to_owned(), json!(reason.to_string())),
                ("advice".to_owned(), json!(reason.advice())),
            ]),
            Ok(TargetOutcome::Waits) => object.extend([("left".to_owned(), json!("inference runs"))]),
            Err(error) => object.extend([("error".to_owned(), json!(Chain(error).to_string()))]),
        }
        object.insert("written".into(), json!(written));
        Value::Object(object)
    }
}
