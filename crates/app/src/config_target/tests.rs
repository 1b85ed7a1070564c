//! Use cases of the config target, over a configuration in memory.

use domain::ports::{PickerError, Shown};
use domain::{Made, ModelId, StoredModel, StoredProvider, describe};
use std::time::Duration;

use super::*;
use crate::fakes::{Activities, GatewayPicker, MemoryConfig, running};
use crate::showing::{bring, look};
use crate::{NoActivitySource, TokioClock};

fn desired(ids: &[&str]) -> DesiredEntry {
    let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap(), None)).collect();
    DesiredEntry { provider: "lmstudio".into(), base_url: "http://h/v1".into(), models, held: vec![] }
}

type Target<'a, G> = ConfigTarget<&'a MemoryConfig, &'a MemoryConfig, &'a MemoryConfig, G>;

fn target<'a, G>(memory: &'a MemoryConfig, version: &str, activity_source: G) -> Target<'a, G> {
    version.clone_into(&mut memory.version.lock().unwrap());
    memory.text.lock().unwrap().readable = true;
    ConfigTarget {
        setting: ConfigSetting::Auto.into(),
        config: memory,
        file: memory,
        managed_rows: memory,
        activity_source,
    }
}

fn ids(memory: &MemoryConfig) -> Vec<String> {
    let entry = memory.entry.lock().unwrap();
    let rows = entry.iter().flat_map(|entry| &entry.models);
    rows.filter_map(|row| row.id.as_ref()).map(ToString::to_string).collect()
}

fn changes(memory: &MemoryConfig) -> usize {
    *memory.changes.lock().unwrap()
}

#[tokio::test]
async fn what_is_wanted_comes_goes_and_leaves_no_trace() {
    let memory = MemoryConfig::default();
    let target = target(&memory, "2026.7.1", NoActivitySource);
    let era = running("2026.7.1").era;
    for list in [&["a"][..], &["a", "b"], &["b"], &["b"]] {
        target.settle(&desired(list), era, None, Mode::Write).await.unwrap();
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
    let memory = MemoryConfig::default();
    let target = target(&memory, "2026.9.6", NoActivitySource);
    target.settle(&desired(&["a"]), running("2026.9.6").era, Some(false), Mode::Write).await.unwrap();
    *memory.stale.lock().unwrap() = 1;
    let settled = target.withdraw("lmstudio", &TokioClock::start(), Mode::Write).await.unwrap();
    assert!(matches!(settled, TargetOutcome::Written(_)));
    assert_eq!(*memory.entry.lock().unwrap(), None);
}

#[tokio::test]
async fn a_dry_run_changes_and_remembers_nothing() {
    let memory = MemoryConfig::default();
    let target = target(&memory, "2026.7.1", NoActivitySource);
    let settled = target.settle(&desired(&["a"]), running("2026.7.1").era, None, Mode::DryRun).await.unwrap();
    assert!(matches!(settled, TargetOutcome::Written(plan) if plan.diff.added.len() == 1));
    assert_eq!(changes(&memory), 0);
    assert_eq!(target.recall("lmstudio").await.unwrap(), Added::default());
}

#[tokio::test]
async fn a_conflict_is_planned_anew_and_not_for_ever() {
    let memory = MemoryConfig::default();
    let target = target(&memory, "2026.7.1", NoActivitySource);
    let era = running("2026.7.1").era;
    *memory.conflicts.lock().unwrap() = CONFLICTS;
    target.settle(&desired(&["a"]), era, None, Mode::Write).await.unwrap();
    assert_eq!(ids(&memory), ["a"]);
    *memory.conflicts.lock().unwrap() = CONFLICTS + 1;
    let refused = target.settle(&desired(&["b"]), era, None, Mode::Write).await;
    assert!(matches!(refused, Err(TargetError::Config(ConfigError::Changed))));
}

#[tokio::test]
async fn nothing_is_changed_while_inference_runs() {
    let memory = MemoryConfig::default();
    let mut activity_source = Activities::new();
    let busy = Activity::Busy { source: domain::BusySource::Gateway, reason: "1 running turn".into() };
    activity_source.expect_activity().times(1).returning(move || Ok(busy.clone()));
    let target = target(&memory, "2026.7.1", activity_source);
    let settled = target.settle(&desired(&["a"]), running("2026.7.1").era, None, Mode::Write).await.unwrap();
    assert_eq!((settled, changes(&memory)), (TargetOutcome::Waits, 0));
}

#[tokio::test]
async fn rows_that_the_user_wrote_keep_it_out() {
    let memory = MemoryConfig::default();
    let row = StoredModel { id: ModelId::new("mine").ok(), ..StoredModel::default() };
    *memory.entry.lock().unwrap() = Some(StoredProvider { models: vec![row], ..StoredProvider::default() });
    let target = target(&memory, "2026.7.1", NoActivitySource);
    let settled = target.settle(&desired(&["a"]), running("2026.7.1").era, None, Mode::Write).await.unwrap();
    assert_eq!(settled, TargetOutcome::Skipped(SkipReason::OwnRows));
    assert_eq!(ids(&memory), ["mine"]);
}

#[tokio::test]
async fn what_the_user_wrote_meanwhile_is_not_taken_for_lmsyncs() {
    let memory = MemoryConfig::default();
    let target = target(&memory, "2026.7.1", NoActivitySource);
    let era = running("2026.7.1").era;
    *memory.conflicts.lock().unwrap() = CONFLICTS + 1;
    target.settle(&desired(&["a"]), era, None, Mode::Write).await.unwrap_err();
    assert_eq!(target.recall("lmstudio").await.unwrap(), Added::default());
    let row = StoredModel { id: ModelId::new("mine").ok(), ..StoredModel::default() };
    *memory.entry.lock().unwrap() = Some(StoredProvider { models: vec![row], ..StoredProvider::default() });
    let settled = target.settle(&desired(&["a"]), era, None, Mode::Write).await.unwrap();
    assert_eq!(settled, TargetOutcome::Skipped(SkipReason::OwnRows));
}

fn answers(unavailable: bool) -> Result<Shown, PickerError> {
    Ok(Shown { models: 1, missing: vec![], lingering: vec![], unavailable, took: Duration::ZERO })
}

#[tokio::test]
async fn the_newest_version_gets_a_credential_only_where_it_lacks_one() {
    for (lacks, expected) in [(true, 1), (false, 0)] {
        let memory = MemoryConfig::default();
        let target = target(&memory, "2026.9.6", NoActivitySource);
        let mut picker = GatewayPicker::new();
        picker.expect_gateway().returning(|| Ok(running("2026.9.6")));
        picker.expect_credential().returning(move |_| Some(!lacks));
        picker.expect_refresh().returning(move |_| answers(lacks));
        let (expected_view, desired) = (domain::ports::Expected::default(), desired(&["a"]));
        let mut seen = bring(&picker, &target, &desired, Mode::Write).await;
        look(&picker, &target, &expected_view, &desired, &mut seen).await;
        assert_eq!(changes(&memory), expected);
        assert!(matches!(seen.shown, Ok(shown) if !shown.unavailable));
    }
}
