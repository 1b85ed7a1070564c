//! What in openclaw.json does not do what it seems to.

use adapters_fs::{ConfigProblem, LateRefusal};
use domain::era::{Era, Release};

use crate::doctor::finding::Finding;

/// The first era of which it was read that its versions bound what they include; 2026.2.12 follows any path.
const INCLUDES_BOUNDED_SINCE: Release = Release::new(2026, 4, 15);

/// The first era whose versions look up `$NAME` where a secret stands: 2026.6.6 does, 2026.5.7 does not.
const SHORTHAND_SINCE: Release = Release::new(2026, 6, 5);

/// What is said of something in the configuration that does not do what it seems to.
pub(super) fn diagnose(problem: &ConfigProblem, era: Option<&Era>) -> Option<Finding> {
    const CHECK: &str = "openclaw.config";
    match problem {
        // Early versions follow any path.
        ConfigProblem::LateRefuses { .. } if era.is_some_and(|era| era.since < INCLUDES_BOUNDED_SINCE) => {
            None
        }
        ConfigProblem::LateRefuses { path, include, why } => {
            let sentence = format!(
                "OpenClaw does not follow {include:?}, which {} includes: {why}; then it uses nothing of its \
                 configuration",
                path.display()
            );
            let advice = match why {
                LateRefusal::Outside => {
                    "name its folder in OPENCLAW_INCLUDE_ROOTS for OpenClaw, or move the file"
                }
                LateRefusal::TooLarge => "divide the file",
                LateRefusal::HardLink => "make a copy of the file",
                LateRefusal::TooLong => "move the file",
            };
            Some(Finding::failure(CHECK, sentence).fix(advice))
        }
        ConfigProblem::NotReplaced { place, variable } => {
            let is_secret =
                ["apikey", "token", "password"].iter().any(|key| place.to_lowercase().ends_with(key));
            let is_ours = ["models.", "agents.", "gateway."].iter().any(|start| place.starts_with(start));
            // For a secret, late versions look the variable up.
            let is_known = is_secret && era.is_none_or(|era| era.since >= SHORTHAND_SINCE);
            (is_ours && !is_known).then(|| {
                let sentence = format!(
                    "{place} is \"${variable}\", which OpenClaw takes as it stands: it replaces ${{NAME}} alone"
                );
                Finding::warning(CHECK, sentence)
                    .line("where the variable is meant, write", format!("\"${{{variable}}}\""))
            })
        }
        // Said where it matters.
        ConfigProblem::NotKnownHere { .. } => None,
    }
}
