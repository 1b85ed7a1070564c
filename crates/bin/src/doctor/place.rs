//! Whether the state folder is the one that OpenClaw uses, and whether its agents are those that are kept.

use std::path::Path;

use super::finding::{Check, Finding};
use super::lines;
use crate::host_kind::HostKind;
use crate::place::{Place, names};

/// Diagnoses the state folder among OpenClaw's other ones, and the agents.
pub(crate) fn diagnose(place: &Place, here: HostKind) -> Vec<Finding> {
    let without = place.without_openclaw().map(|sentence| without_openclaw(sentence, place, here));
    let others = place.elsewhere.iter().filter_map(|other| beside(&place.state_dir, other, here));
    without.into_iter().chain(others).chain(diagnose_agents(place)).collect()
}

/// OpenClaw is not in the state folder.
fn without_openclaw(sentence: String, place: &Place, here: HostKind) -> Finding {
    const CHECK: Check = Check("state.openclaw");
    match place.elsewhere.first() {
        None => CHECK.warning(sentence),
        Some(other) if is_earlier(other) && is_named(&place.state_dir, ".openclaw") => CHECK
            .failure(format!("{sentence}, which it does not use while this one is there"))
            .line("take this one away", format!("lmsync remove\n{}", lines::move_away(here, &place.state_dir))),
        Some(other) => CHECK
            .warning(sentence)
            .line("where OpenClaw uses that one, set", format!("OPENCLAW_STATE_DIR={}", lines::path(here, other))),
    }
}

/// Another state folder, which the one that is set lies in, or which belongs to a profile.
fn beside(state_dir: &Path, other: &Path, here: HostKind) -> Option<Finding> {
    let (shown, above) = (other.display(), state_dir.parent());
    if Some(other) == above {
        let home = other.parent().unwrap_or(other);
        let sentence = format!("{} lies in {shown}, which is OpenClaw's state folder itself", state_dir.display());
        return Some(
            Check("state.nested").warning(sentence).line(
                "name the home folder, not the state folder",
                format!("OPENCLAW_HOME={}", lines::path(here, home)),
            ),
        );
    }
    let profile = profile(other).filter(|_| other.parent() == above)?;
    let sentence =
        format!("{shown} is another state folder: an OpenClaw with the profile {profile} shows none of these models");
    let finding = Check("state.profile").warning(sentence);
    Some(finding.line("where OpenClaw runs with that profile, set", format!("OPENCLAW_PROFILE={profile}")))
}

fn diagnose_agents(place: &Place) -> Vec<Finding> {
    const CHECK: Check = Check("state.agents");
    let mut found = Vec::new();
    let (missed, all) = (place.agents_not_kept(), names(&place.configured));
    if !missed.is_empty() {
        let missed = names(&missed);
        let ids: Vec<&str> = place.configured.iter().map(|agent| agent.id.as_str()).collect();
        found.push(
            CHECK
                .warning(format!("OpenClaw's agents that are not kept: {missed}; they show none of these models"))
                .line("name all in lmsync.toml, or none there and in LMSYNC_AGENT", format!("agents = {ids:?}")),
        );
    }
    for agent in place.kept_without_agent() {
        let (id, folder) = (agent.id, agent.folder.display());
        found.push(
            CHECK
                .warning(format!("OpenClaw has no agent {id}, so nobody reads the models in {folder}"))
                .fix(format!("name others in LMSYNC_AGENT or in lmsync.toml; OpenClaw has {all}")),
        );
    }
    for (id, why) in &place.unknown {
        found.push(
            CHECK
                .warning(format!("the folder of OpenClaw's agent {id} is not known here: {why}"))
                .fix("set `agentDir` to a full path, or the variable also where lmsync runs"),
        );
    }
    if found.is_empty() && !place.configured.is_empty() {
        found.push(CHECK.good(format!("the models of all of OpenClaw's agents are kept: {all}")));
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
        diagnose(place, HostKind::Linux).into_iter().map(|finding| (finding.check, finding.severity)).collect()
    }

    #[test]
    fn nothing_is_said_of_a_folder_without_a_roster() {
        assert_eq!(diagnosed(&place()), []);
    }

    #[test]
    fn a_folder_without_openclaw_is_named_with_the_one_that_has_it() {
        let typo = Place { state_dir: "/h/.openclow".into(), is_openclaws: false, ..place() };
        assert_eq!(diagnosed(&typo), [("state.openclaw", Severity::Warning)]);
        let found = diagnose(&Place { elsewhere: vec!["/h/.openclaw".into()], ..typo }, HostKind::Linux);
        assert!(found[0].sentence.ends_with("OpenClaw is in /h/.openclaw"), "{found:?}");
        let hides = Place { is_openclaws: false, elsewhere: vec!["/h/.clawdbot".into()], ..place() };
        assert_eq!(diagnosed(&hides), [("state.openclaw", Severity::Failure)]);
    }

    #[test]
    fn a_nested_folder_and_a_profile_beside_are_pointed_out() {
        let nested =
            Place { state_dir: "/h/.openclaw/.openclaw".into(), elsewhere: vec!["/h/.openclaw".into()], ..place() };
        assert_eq!(diagnosed(&nested), [("state.nested", Severity::Warning)]);
        let beside = diagnose(&Place { elsewhere: vec!["/h/.openclaw-work".into()], ..place() }, HostKind::Linux);
        assert!(beside[0].check == "state.profile" && beside[0].sentence.contains("profile work"), "{beside:?}");
    }

    #[test]
    fn agents_that_are_not_kept_or_not_there_are_named() {
        let both = agents(&["jarvis", "coder"]);
        let all = Place { configured: both.clone(), kept: both.clone(), ..place() };
        assert_eq!(diagnosed(&all), [("state.agents", Severity::Good)]);
        let one =
            Place { configured: both, kept: agents(&["jarvis", "nobody"]), named: vec!["jarvis".into()], ..place() };
        let found = diagnose(&one, HostKind::Linux);
        assert!(found[0].sentence.contains("not kept: coder"), "{found:?}");
        assert!(found[1].sentence.contains("no agent nobody"), "{found:?}");
        let unknown = Place { unknown: vec![("a".into(), "X is not set here".into())], ..place() };
        assert_eq!(diagnosed(&unknown), [("state.agents", Severity::Warning)]);
    }
}
