//! Use cases of the config target, over a configuration in memory.

use domain::ports::Shown;
use domain::{Made, ModelId, StoredModel, StoredProvider, describe};
use std::time::Duration;

use super::*;
use crate::fakes::{Activities, MemoryOpenClaw, running};
use crate::{NoActivitySource, TokioClock};

fn desired(ids: &[&str]) -> DesiredEntry {
    let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap(), None)).collect();
    DesiredEntry { provider: "lmstudio".into(), base_url: "http://h/v1".into(), models, held: vec![] }
}

fn ids(memory: &MemoryOpenClaw) -> Vec<String> {
    let entry = memory.entry.lock().unwrap();
    let rows = entry.iter().flat_map(|entry| &entry.models);
    rows.filter_map(|row| row.id.as_ref()).map(ToString::to_string).collect()
}

fn changes(memory: &MemoryOpenClaw) -> usize {
    *memory.changes.lock().unwrap()
}

#[tokio::test]
async fn what_is_wanted_comes_goes_and_leaves_no_trace() {
    let memory = MemoryOpenClaw::new("2026.7.1");
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let era = running("2026.7.1").era;
    for list in [&["a"][..], &["a", "b"], &["b"], &["b"]] {
        target.apply(&desired(list), era, None, Mode::Write).await.unwrap();
        assert_eq!(ids(&memory), list);
    }
    assert_eq!(changes(&memory), 3);
    assert_eq!(target.recall("lmstudio").await.unwrap().made, Some(Made::Models));
    target.withdraw("lmstudio", &TokioClock::start(), Mode::Write).await.unwrap();
    assert_eq!(*memory.entry.lock().unwrap(), None);
    assert_eq!(target.recall("lmstudio").await.unwrap(), Added::default());
}

#[tokio::test(start_paused = true)]
async fn what_the_gateway_does_not_tell_of_yet_is_taken_out_too() {
    let memory = MemoryOpenClaw::new("2026.9.6");
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    target.apply(&desired(&["a"]), running("2026.9.6").era, Some(false), Mode::Write).await.unwrap();
    *memory.stale.lock().unwrap() = 1;
    let settled = target.withdraw("lmstudio", &TokioClock::start(), Mode::Write).await.unwrap();
    assert!(matches!(settled, TargetOutcome::Written(_)));
    assert_eq!(*memory.entry.lock().unwrap(), None);
}

#[tokio::test]
async fn a_dry_run_changes_and_remembers_nothing() {
    let memory = MemoryOpenClaw::new("2026.7.1");
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let settled = target.apply(&desired(&["a"]), running("2026.7.1").era, None, Mode::DryRun).await.unwrap();
    assert!(matches!(settled, TargetOutcome::Written(plan) if plan.diff.added.len() == 1));
    assert_eq!(changes(&memory), 0);
    assert_eq!(target.recall("lmstudio").await.unwrap(), Added::default());
}

#[tokio::test]
async fn a_conflict_is_planned_again_and_not_for_ever() {
    let memory = MemoryOpenClaw::new("2026.7.1");
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let era = running("2026.7.1").era;
    *memory.conflicts.lock().unwrap() = CONFLICTS;
    target.apply(&desired(&["a"]), era, None, Mode::Write).await.unwrap();
    assert_eq!(ids(&memory), ["a"]);
    *memory.conflicts.lock().unwrap() = CONFLICTS + 1;
    let refused = target.apply(&desired(&["b"]), era, None, Mode::Write).await;
    assert!(matches!(refused, Err(TargetError::Gateway(GatewayError::Changed))));
}

#[tokio::test]
async fn nothing_is_changed_while_inference_runs() {
    let memory = MemoryOpenClaw::new("2026.7.1");
    let mut activity_source = Activities::new();
    let busy = Activity::Busy { source: domain::BusySource::Gateway, reason: "1 running turn".into() };
    activity_source.expect_activity().times(1).returning(move || Ok(busy.clone()));
    let target = memory.target(ConfigSetting::Auto, activity_source);
    let settled = target.apply(&desired(&["a"]), running("2026.7.1").era, None, Mode::Write).await.unwrap();
    assert_eq!((settled, changes(&memory)), (TargetOutcome::Waits, 0));
}

#[tokio::test]
async fn rows_that_the_user_wrote_keep_it_out() {
    let memory = MemoryOpenClaw::new("2026.7.1");
    let row = StoredModel { id: ModelId::new("mine").ok(), ..StoredModel::default() };
    *memory.entry.lock().unwrap() = Some(StoredProvider { models: vec![row], ..StoredProvider::default() });
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let settled = target.apply(&desired(&["a"]), running("2026.7.1").era, None, Mode::Write).await.unwrap();
    assert_eq!(settled, TargetOutcome::Skipped(SkipReason::OwnRows));
    assert_eq!(ids(&memory), ["mine"]);
}

#[tokio::test]
async fn what_the_user_wrote_meanwhile_is_not_taken_for_lmsyncs() {
    let memory = MemoryOpenClaw::new("2026.7.1");
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let era = running("2026.7.1").era;
    *memory.conflicts.lock().unwrap() = CONFLICTS + 1;
    target.apply(&desired(&["a"]), era, None, Mode::Write).await.unwrap_err();
    assert_eq!(target.recall("lmstudio").await.unwrap(), Added::default());
    let row = StoredModel { id: ModelId::new("mine").ok(), ..StoredModel::default() };
    *memory.entry.lock().unwrap() = Some(StoredProvider { models: vec![row], ..StoredProvider::default() });
    let settled = target.apply(&desired(&["a"]), era, None, Mode::Write).await.unwrap();
    assert_eq!(settled, TargetOutcome::Skipped(SkipReason::OwnRows));
}

#[tokio::test]
async fn the_newest_version_gets_a_credential_only_where_it_lacks_one() {
    for (lacks, expected) in [(true, 1), (false, 0)] {
        let shown = Shown { models: 1, missing: vec![], lingering: vec![], unavailable: lacks, took: Duration::ZERO };
        let memory = MemoryOpenClaw::new("2026.9.6").answering(move |_| Ok(shown.clone()));
        *memory.credential.lock().unwrap() = Some(!lacks);
        let target = memory.target(ConfigSetting::Auto, NoActivitySource);
        let (expected_view, desired) = (domain::ports::Expected::default(), desired(&["a"]));
        let mut seen = target.write_rows(&desired, Mode::Write).await;
        target.check_picker(&expected_view, &desired, &mut seen).await;
        assert_eq!(changes(&memory), expected);
        assert!(matches!(seen.shown, Ok(shown) if !shown.unavailable));
    }
}
