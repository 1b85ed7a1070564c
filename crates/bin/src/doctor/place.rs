//! Whether the state folder is the one that OpenClaw uses, and whether its agents are those that are kept.

use std::path::Path;

use super::finding::Finding;
use super::lines;
use crate::host_kind::System;
use crate::place::{Place, names};

/// Judges the state folder among OpenClaw's other ones, and the agents.
pub(crate) fn diagnose(place: &Place, system: System) -> Vec<Finding> {
    let mut found = diagnose_folder(place, system);
    found.extend(diagnose_agents(place));
    found
}

fn diagnose_folder(place: &Place, system: System) -> Vec<Finding> {
    let state_dir = place.state_dir.as_path();
    let mut found = Vec::new();
    if let (Some(sentence), Some(other)) = (place.without_openclaw(), place.elsewhere.first()) {
        let finding = if is_earlier(other) && is_named(state_dir, ".openclaw") {
            Finding::failure(
                "state.openclaw",
                format!("{sentence}, which it does not use while this one is there"),
            )
            .line("take this one away", format!("lmsync remove\n{}", lines::move_away(system, state_dir)))
        } else {
            Finding::warning("state.openclaw", sentence).line(
                "where OpenClaw uses that one, set",
                format!("OPENCLAW_STATE_DIR={}", lines::path(system, other)),
            )
        };
        found.push(finding);
    } else if let Some(sentence) = place.without_openclaw() {
        found.push(Finding::warning("state.openclaw", sentence));
    }
    let above = state_dir.parent();
    for other in &place.elsewhere {
        let shown = other.display();
        if Some(other.as_path()) == above {
            let home = other.parent().unwrap_or(other);
            found.push(
                Finding::warning(
                    "state.nested",
                    format!(
                        "{} lies in {shown}, which is OpenClaw's state folder itself",
                        state_dir.display()
                    ),
                )
                .line(
                    "name the home folder, not the state folder",
                    format!("OPENCLAW_HOME={}", lines::path(system, home)),
                ),
            );
        } else if let Some(profile) = profile(other).filter(|_| other.parent() == above) {
            found.push(
                Finding::warning(
                    "state.profile",
                    format!(
                        "{shown} is another state folder: an OpenClaw with the profile {profile} shows none of these \
                         models"
                    ),
                )
                .line("where OpenClaw runs with that profile, set", format!("OPENCLAW_PROFILE={profile}")),
            );
        }
    }
    found
}

fn diagnose_agents(place: &Place) -> Vec<Finding> {
    const CHECK: &str = "state.agents";
    let mut found = Vec::new();
    let (missed, extra) = (place.agents_not_kept(), place.kept_without_agent());
    if !missed.is_empty() {
        let all: Vec<String> = place.configured.iter().map(|agent| format!("{:?}", agent.id)).collect();
        found.push(
            Finding::warning(
                CHECK,
                format!(
                    "OpenClaw's agents that are not kept: {}; they show none of these models",
                    names(&missed)
                ),
            )
            .line(
                "name all in lmsync.toml, or none there and in LMSYNC_AGENT",
                format!("agents = [{}]", all.join(", ")),
            ),
        );
    }
    for agent in &extra {
        found.push(
            Finding::warning(
                CHECK,
                format!(
                    "OpenClaw has no agent {}, so nobody reads the models in {}",
                    agent.id,
                    agent.folder.display()
                ),
            )
            .fix(format!(
                "name others in LMSYNC_AGENT or in lmsync.toml; OpenClaw has {}",
                names(&place.configured)
            )),
        );
    }
    for (id, why) in &place.unknown {
        found.push(
            Finding::warning(CHECK, format!("the folder of OpenClaw's agent {id} is not known here: {why}"))
                .fix("set `agentDir` to a full path, or the variable also where lmsync runs"),
        );
    }
    if found.is_empty() && !place.configured.is_empty() {
        let kept = names(&place.configured);
        found.push(Finding::good(CHECK, format!("the models of all of OpenClaw's agents are kept: {kept}")));
    }
    found
}

/// The profile whose state folder that is.
fn profile(folder: &Path) -> Option<&str> {
    folder.file_name()?.to_str()?.strip_prefix(".openclaw-")
}

/// Whether a state folder has one of its earlier names.
fn is_earlier(folder: &Path) -> bool {
    [".clawdbot", ".moltbot", ".moldbot"].iter().any(|name| is_named(folder, name))
}

fn is_named(folder: &Path, name: &str) -> bool {
    folder.file_name().is_some_and(|found| found == name)
}

#[cfg(test)]
mod tests {
    use adapters_fs::AgentPlace;

    use super::*;
    use crate::doctor::finding::Severity;

    fn place() -> Place {
        Place {
            state_dir: "/h/.openclaw".into(),
            is_openclaws: true,
            elsewhere: Vec::new(),
            configured: Vec::new(),
            unknown: Vec::new(),
            kept: agents(&["main"]),
            named: Vec::new(),
        }
    }

    fn agents(ids: &[&str]) -> Vec<AgentPlace> {
        let agent = |id: &&str| AgentPlace { id: (*id).to_owned(), folder: format!("/a/{id}").into() };
        ids.iter().map(agent).collect()
    }

    fn diagnosed(place: &Place) -> Vec<(&'static str, Severity)> {
        diagnose(place, System::Linux).into_iter().map(|finding| (finding.check, finding.severity)).collect()
    }

    #[test]
    fn nothing_is_said_of_a_folder_without_a_roster() {
        assert_eq!(diagnosed(&place()), []);
    }

    #[test]
    fn a_folder_without_openclaw_is_named_with_the_one_that_has_it() {
        let typo = Place { state_dir: "/h/.openclow".into(), is_openclaws: false, ..place() };
        assert_eq!(diagnosed(&typo), [("state.openclaw", Severity::Warning)]);
        let found = diagnose(&Place { elsewhere: vec!["/h/.openclaw".into()], ..typo }, System::Linux);
        assert!(found[0].sentence.ends_with("OpenClaw is in /h/.openclaw"), "{found:?}");
        let hides = Place { is_openclaws: false, elsewhere: vec!["/h/.clawdbot".into()], ..place() };
        assert_eq!(diagnosed(&hides), [("state.openclaw", Severity::Failure)]);
    }

    #[test]
    fn a_nested_folder_and_a_profile_beside_are_pointed_out() {
        let nested = Place {
            state_dir: "/h/.openclaw/.openclaw".into(),
            elsewhere: vec!["/h/.openclaw".into()],
            ..place()
        };
        assert_eq!(diagnosed(&nested), [("state.nested", Severity::Warning)]);
        let beside =
            diagnose(&Place { elsewhere: vec!["/h/.openclaw-work".into()], ..place() }, System::Linux);
        assert!(
            beside[0].check == "state.profile" && beside[0].sentence.contains("profile work"),
            "{beside:?}"
        );
    }

    #[test]
    fn agents_that_are_not_kept_or_not_there_are_named() {
        let both = agents(&["jarvis", "coder"]);
        let all = Place { configured: both.clone(), kept: both.clone(), ..place() };
        assert_eq!(diagnosed(&all), [("state.agents", Severity::Good)]);
        let one = Place {
            configured: both,
            kept: agents(&["jarvis", "nobody"]),
            named: vec!["jarvis".into()],
            ..place()
        };
        let found = diagnose(&one, System::Linux);
        assert!(found[0].sentence.contains("not kept: coder"), "{found:?}");
        assert!(found[1].sentence.contains("no agent nobody"), "{found:?}");
        let unknown = Place { unknown: vec![("a".into(), "X is not set here".into())], ..place() };
        assert_eq!(diagnosed(&unknown), [("state.agents", Severity::Warning)]);
    }
}
