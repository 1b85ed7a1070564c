//! Which files are kept, by what OpenClaw's configuration says and which folders there are.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A state folder, in which OpenClaw's configuration says this; nothing where it is empty.
fn state(openclaw_json: &str) -> TempDir {
    let state = tempfile::tempdir().unwrap();
    write_config(&state, openclaw_json);
    state
}

fn write_config(state: &TempDir, openclaw_json: &str) {
    if !openclaw_json.is_empty() {
        // As OpenClaw does: written beside it, and renamed.
        fs::write(state.path().join("new"), openclaw_json).unwrap();
        fs::rename(state.path().join("new"), state.path().join("openclaw.json")).unwrap();
    }
}

fn agents(state: &TempDir, wanted: AgentChoice) -> AgentFiles {
    let file = OpenClawFile::new(state.path().join("openclaw.json"), |_| None);
    AgentFiles::of_agents(state.path(), file, wanted)
}

fn named(names: &[&str]) -> AgentChoice {
    AgentChoice::Named(names.iter().map(|&name| name.to_owned()).collect())
}

fn make(state: &TempDir, agent: &str) {
    fs::create_dir_all(state.path().join("agents").join(agent).join("agent")).unwrap();
}

/// The kept files: the name of an agent in its usual folder, else the path.
async fn kept(files: &AgentFiles, state: &TempDir) -> Vec<String> {
    let shown = |store: NamedStore<ModelsFile>| {
        let path = store.store.path().to_owned();
        assert_eq!(store.name, path.display().to_string());
        let usual = path.strip_prefix(state.path().join("agents")).ok();
        let id = usual.and_then(|path| Some(path.parent()?.parent()?.to_str()?.to_owned()));
        id.unwrap_or_else(|| path.display().to_string().replace('\\', "/"))
    };
    files.stores("p").await.into_iter().map(shown).collect()
}

#[tokio::test]
async fn one_file_may_be_anywhere() {
    let one = AgentFiles::one("/data/m.json".into());
    assert_eq!(kept(&one, &state("")).await, ["/data/m.json"]);
    assert_eq!(one.agents().await, []);
}

#[tokio::test]
async fn without_a_roster_there_is_main() {
    for config in ["", "{}", "{agents: {defaults: {}}}"] {
        let state = state(config);
        assert_eq!(kept(&agents(&state, AgentChoice::Configured), &state).await, ["main"], "{config}");
    }
}

#[tokio::test]
async fn the_configured_agents_are_those_of_either_roster_in_their_folders() {
    let list = state("{agents: {list: [{id: 'Jarvis', default: true}, {id: 'coder', agentDir: '/own/agent'}]}}");
    assert_eq!(kept(&agents(&list, AgentChoice::Configured), &list).await, ["jarvis", "/own/agent/models.json"]);
    let entries = state("{agents: {entries: {work: {}, main: {agentDir: '/m'}}}}");
    assert_eq!(kept(&agents(&entries, AgentChoice::Configured), &entries).await, ["/m/models.json", "work"]);
}

#[tokio::test]
async fn a_change_of_the_roster_counts_at_the_next_look() {
    let state = state("{agents: {list: [{id: 'a'}]}}");
    let files = agents(&state, AgentChoice::Configured);
    assert_eq!(kept(&files, &state).await, ["a"]);
    write_config(&state, "{agents: {list: [{id: 'a'}, {id: 'b'}]}}");
    assert_eq!(kept(&files, &state).await, ["a", "b"]);
    // A file that cannot be read takes no agent away.
    write_config(&state, "{agents: {list: [");
    assert_eq!(kept(&files, &state).await, ["a", "b"]);
    write_config(&state, "{agents: {list: [{id: 'b'}]}}");
    assert_eq!(kept(&files, &state).await, ["b"]);
}

#[tokio::test]
async fn a_change_of_an_included_file_counts_too() {
    let state = state("{agents: {$include: './agents.json'}}");
    let include = state.path().join("agents.json");
    fs::write(&include, "{list: [{id: 'a'}]}").unwrap();
    let files = agents(&state, AgentChoice::Configured);
    assert_eq!(kept(&files, &state).await, ["a"]);
    fs::write(&include, "{list: [{id: 'a'}, {id: 'b'}]}").unwrap();
    assert_eq!(kept(&files, &state).await, ["a", "b"]);
}

#[tokio::test]
async fn a_folder_that_is_not_known_is_left_out() {
    let state = state("{agents: {list: [{id: 'a', agentDir: '${NOWHERE}/a'}, {id: 'b'}]}}");
    assert_eq!(kept(&agents(&state, AgentChoice::Configured), &state).await, ["b"]);
}

#[tokio::test]
async fn the_picker_of_early_versions_reads_main_s_file_for_every_agent() {
    let roster = |meta: &str| format!("{{agents: {{list: [{{id: 'a'}}]}}, meta: {{{meta}}}}}");
    let early = state(&roster("lastTouchedVersion: '2026.2.12'"));
    assert_eq!(kept(&agents(&early, AgentChoice::Configured), &early).await, ["a", "main"]);
    let late = state(&roster("lastTouchedVersion: '2026.9.6'"));
    make(&late, "main");
    assert_eq!(kept(&agents(&late, AgentChoice::Configured), &late).await, ["a"]);
    let unknown = state(&roster(""));
    let files = agents(&unknown, AgentChoice::Configured);
    assert_eq!(kept(&files, &unknown).await, ["a"]);
    make(&unknown, "main");
    assert_eq!(kept(&files, &unknown).await, ["a", "main"]);
}

#[tokio::test]
async fn named_agents_count_whether_there_or_not_in_the_folders_that_openclaw_uses() {
    let state = state("{agents: {list: [{id: 'main', agentDir: '/m'}]}}");
    let files = agents(&state, named(&["Work", "main"]));
    assert_eq!(kept(&files, &state).await, ["work", "/m/models.json"]);
}

#[tokio::test]
async fn all_agents_are_those_of_the_roster_those_that_there_are_now_and_main() {
    let state = state("{agents: {list: [{id: 'art'}, {id: 'far', agentDir: '/far'}]}}");
    let all = agents(&state, AgentChoice::All);
    assert_eq!(kept(&all, &state).await, ["main", "art", "/far/models.json"]);
    let mut names = vec!["work", "main", ".trash"];
    // A name that Windows does not take.
    if cfg!(unix) {
        names.push("two\nlines");
    }
    for name in names {
        make(&state, name);
    }
    fs::create_dir_all(state.path().join("agents/only-sessions/sessions")).unwrap();
    fs::write(state.path().join("agents/a-file"), "").unwrap();
    fs::create_dir_all(state.path().join("agents/half")).unwrap();
    fs::write(state.path().join("agents/half/agent"), "").unwrap();
    assert_eq!(kept(&all, &state).await, ["main", "art", "/far/models.json", "work"]);
    fs::remove_dir_all(state.path().join("agents/work")).unwrap();
    assert_eq!(kept(&all, &state).await, ["main", "art", "/far/models.json"]);
}

#[tokio::test]
async fn a_look_that_fails_makes_no_agent_go() {
    let state = state("");
    let all = agents(&state, AgentChoice::All);
    make(&state, "art");
    assert_eq!(kept(&all, &state).await, ["main", "art"]);
    fs::rename(state.path().join("agents"), state.path().join("elsewhere")).unwrap();
    fs::write(state.path().join("agents"), "no folder").unwrap();
    assert_eq!(kept(&all, &state).await, ["main", "art"]);
    assert_eq!(kept(&agents(&state, AgentChoice::All), &state).await, ["main"]);
}

#[tokio::test]
async fn a_store_that_stays_is_the_same_one() {
    let state = state("");
    let all = agents(&state, AgentChoice::All);
    let first = all.stores("p").await.remove(0).store;
    let other = all.stores("q").await.remove(0).store;
    make(&state, "art");
    assert!(all.clone().stores("p").await.remove(0).store.shares_with(&first));
    assert!(!first.shares_with(&other));
    assert!(all.stores("q").await.remove(0).store.shares_with(&other));
}
