//! The second target, as `lmsync sync` and `lmsync remove` tell of it.

use std::fmt::Write;
use std::path::Path;

use adapters_fs::Work;
use app::{Chain, Mode, Settled, TargetError, settle};
use domain::ports::{Picker, Running};
use domain::{EntryPlan, Left, Plan, Wanted};
use serde_json::{Map, Value, json};

use crate::changes;
use crate::gateway::{Target, installed};

/// What came of the second target for one provider.
pub(crate) struct Second {
    pub(crate) provider: String,
    pub(crate) result: Result<Settled, TargetError>,
}

/// Makes the second target true where a gateway runs that can be asked; `None` where none does.
pub(crate) async fn make<G: domain::ports::ActivityGauge>(
    target: &Target<G>,
    wanted: &Wanted,
    mode: Mode,
) -> Option<Second> {
    // Whatever keeps it from answering, the daemon and the doctor tell.
    let running = target.config.gateway().await.ok()?;
    let result = settle(&*target.config, target, &running, wanted, mode).await;
    Some(Second { provider: wanted.provider.clone(), result })
}

/// What a person has to know who syncs for a version that shows nothing without its gateway's help; else nothing.
pub(crate) async fn without_gateway(openclaw_json: &Path) -> String {
    match installed(openclaw_json, Work::Here).await {
        Some(Running { version, era }) if era.shows_by_config_alone() => {
            format!(
                "OpenClaw {version} takes the models from openclaw.json, and no gateway that could change it lets lmsync in: \
             run `lmsync sync` again once it runs\n"
            )
        }
        _ => String::new(),
    }
}

impl Second {
    /// A few lines for a person; nothing where there is nothing to say.
    pub(crate) fn text(&self, dry_run: bool) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = match &self.result {
            Ok(Settled::Unchanged | Settled::Left(Left::NotNeeded | Left::Off)) => Ok(()),
            Ok(Settled::Written(plan)) => {
                let end = if dry_run {
                    "dry run: openclaw.json is not changed"
                } else {
                    "changed openclaw.json through the gateway"
                };
                writeln!(
                    text,
                    "models.providers.{} in openclaw.json\n{}{end}",
                    self.provider,
                    changes::lines(&as_plan(plan))
                )
            }
            Ok(Settled::Left(left)) => writeln!(text, "{left}: {}", left.advice()),
            Ok(Settled::Waits) => writeln!(text, "openclaw.json is not changed while inference runs"),
            Err(error) => writeln!(text, "openclaw.json is not changed: {}", Chain(error)),
        };
        text
    }

    /// The same for a program.
    pub(crate) fn to_json(&self, dry_run: bool) -> Value {
        let mut object = Map::from_iter([("provider".to_owned(), json!(self.provider))]);
        let mut written = false;
        match &self.result {
            Ok(Settled::Unchanged) => {}
            Ok(Settled::Written(plan)) => {
                written = !dry_run;
                object.extend(changes::to_json(&as_plan(plan)));
            }
            Ok(Settled::Left(left)) => object.extend([
                ("left".to_owned(), json!(left.to_string())),
                ("advice".to_owned(), json!(left.advice())),
            ]),
            Ok(Settled::Waits) => object.extend([("left".to_owned(), json!("inference runs"))]),
            Err(error) => object.extend([("error".to_owned(), json!(Chain(error).to_string()))]),
        }
        object.insert("written".into(), json!(written));
        Value::Object(object)
    }
}

/// A change of the entry in the form in which changes are told.
fn as_plan(plan: &EntryPlan) -> Plan {
    Plan {
        base_url: String::new(),
        rows: Vec::new(),
        diff: plan.diff.clone(),
        settings: false,
        api: domain::API,
        replaced: Vec::new(),
    }
}
