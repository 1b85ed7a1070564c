//! What in openclaw.json does not do what it seems to.

use adapters_fs::{ConfigProblem, LateRefusal};
use domain::era::{Era, Release};

use super::facts::CONFIG;
use crate::doctor::finding::Finding;

/// The first era of which it was read that its versions bound what they include; 2026.2.12 follows any path.
const INCLUDES_BOUNDED_SINCE: Release = Release::new(2026, 4, 15);

/// The first era whose versions look up `$NAME` where a secret stands: 2026.6.6 does, 2026.5.7 does not.
const SHORTHAND_SINCE: Release = Release::new(2026, 6, 5);

/// What is said of something in the configuration that does not do what it seems to.
pub(super) fn diagnose(problem: &ConfigProblem, era: Option<&Era>) -> Option<Finding> {
    match problem {
        ConfigProblem::LateRefuses { .. } if era.is_some_and(|era| era.since < INCLUDES_BOUNDED_SINCE) => None,
        ConfigProblem::LateRefuses { path, include, why } => {
            let sentence = format!(
                "OpenClaw does not follow {include:?}, which {} includes: {why}; then it uses nothing of its \
                 configuration",
                path.display()
            );
            Some(CONFIG.failure(sentence).fix(match why {
                LateRefusal::Outside => "name its folder in OPENCLAW_INCLUDE_ROOTS for OpenClaw, or move the file",
                LateRefusal::TooLarge => "divide the file",
                LateRefusal::HardLink => "make a copy of the file",
                LateRefusal::TooLong => "move the file",
            }))
        }
        ConfigProblem::NotReplaced { place, variable } => {
            let key = place.to_lowercase();
            let is_secret = ["apikey", "token", "password"].iter().any(|end| key.ends_with(end));
            let is_ours = ["models.", "agents.", "gateway."].iter().any(|start| place.starts_with(start));
            // For a secret, late versions look the variable up.
            if !is_ours || is_secret && era.is_none_or(|era| era.since >= SHORTHAND_SINCE) {
                return None;
            }
            let sentence =
                format!("{place} is \"${variable}\", which OpenClaw takes as it stands: it replaces ${{NAME}} alone");
            let line = format!("\"${{{variable}}}\"");
            Some(CONFIG.warning(sentence).line("where the variable is meant, write", line))
        }
        // Said where it matters.
        ConfigProblem::NotKnownHere { .. } => None,
    }
}
