//! What the picker is told of, when, and how often.

use std::sync::{Arc, Mutex};

use domain::ConfigSetting;
use domain::ports::{PickerError, Shown};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::*;
use crate::fakes::{GatewayPicker, MemoryConfig, running, untouched};
use crate::picker_journal::PATIENCE;
use crate::{Configured, NoGauge, TokioClock};

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

fn change(present: &[&str], absent: &[&str]) -> Change {
    let ids = |texts: &[&str]| texts.iter().map(|text| id(text)).collect();
    Change { present: ids(present), absent: ids(absent), ..Change::new("lmstudio".into(), Duration::ZERO) }
}

fn shown(missing: &[&str]) -> Result<Shown, PickerError> {
    let missing = missing.iter().map(|text| id(text)).collect();
    Ok(Shown { models: 1, missing, lingering: vec![], unavailable: false, took: Duration::ZERO })
}

/// Announces the changes, answered in turn; tells what the picker was asked for.
async fn asked(changes: Vec<Change>, answers: Vec<Result<Shown, PickerError>>) -> Vec<Expected> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let answers = Mutex::new(answers.into_iter());
    let mut picker = GatewayPicker::new();
    picker.expect_gateway().returning(|| Ok(running("2026.9.6")));
    let log = Arc::clone(&asked);
    picker.expect_refresh().returning(move |expected| {
        log.lock().unwrap().push(expected.clone());
        answers.lock().unwrap().next().unwrap_or_else(|| shown(&[]))
    });
    let (sender, receiver) = unbounded_channel();
    for change in changes {
        sender.send(change).unwrap();
    }
    let clock = TokioClock::start();
    // The sender lives on, as the loop's does; an hour is enough for every retry.
    let _ =
        timeout(Duration::from_secs(3600), announce(&picker, &untouched(), &clock, receiver, None, |_| {}))
            .await;
    drop(sender);
    asked.lock().unwrap().clone()
}

fn unreachable() -> Result<Shown, PickerError> {
    Err(PickerError::Unreachable { address: "ws://127.0.0.1:1".into(), cause: "refused".into() })
}

#[test]
fn of_a_picker_that_is_away_for_long_a_bounded_number_of_ids_is_remembered() {
    let mut untold = Untold::default();
    for round in 0..20 {
        let ids = |kind: &str| (0..1000).map(|n| id(&format!("{kind}-{round}-{n}"))).collect();
        untold.add(Change {
            present: ids("new"),
            absent: ids("gone"),
            ..Change::new("lmstudio".into(), Duration::ZERO)
        });
    }
    assert_eq!(untold.0["lmstudio"].ids.len(), MANY);
}

#[test]
fn of_two_changes_the_later_one_counts() {
    let mut first = change(&["a", "b"], &["c", "d"]);
    first.follow(change(&["c"], &["a"]));
    assert_eq!(first, change(&["b", "c"], &["d", "a"]));
}

#[tokio::test(start_paused = true)]
async fn changes_that_wait_are_told_of_together() {
    let asked = asked(vec![change(&["a", "b"], &[]), change(&["c"], &["b"])], vec![]).await;
    let expected = Expected {
        provider: "lmstudio".into(),
        present: vec![id("a"), id("c")],
        absent: vec![id("b")],
        configured: false,
    };
    assert_eq!(asked, [expected]);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_comes_later_is_told_all_the_same() {
    let answers = vec![unreachable(), unreachable(), unreachable()];
    assert_eq!(asked(vec![change(&["a"], &[])], answers).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_picker_that_shows_the_change_late_is_asked_again() {
    let answers = vec![shown(&["a"]), shown(&["a"])];
    assert_eq!(asked(vec![change(&["a"], &[])], answers).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_picker_that_never_shows_the_change_is_left_alone() {
    let answers = (0..50).map(|_| shown(&["a"])).collect();
    assert_eq!(asked(vec![change(&["a"], &[])], answers).await.len(), PATIENCE + 1);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_a_refresh_is_asked_once_a_change() {
    let unsupported = || Err(PickerError::Unsupported { version: "2026.2.12".into() });
    assert_eq!(asked(vec![change(&["a"], &[])], vec![unsupported()]).await.len(), 1);
}

/// Six models come within three seconds, while this picker runs; gives how often OpenClaw's configuration was changed
/// for them, and how many rows it has in the end.
async fn configured_for(picker: &impl Picker) -> (usize, usize) {
    let memory = MemoryConfig::default();
    "2026.7.1".clone_into(&mut memory.version.lock().unwrap());
    memory.text.lock().unwrap().readable = true;
    let (setting, gauge) = (ConfigSetting::Auto.into(), NoGauge);
    let target = SecondTarget { setting, config: &memory, file: &memory, ledger: &memory, gauge };
    let (sender, receiver) = unbounded_channel();
    let clock = TokioClock::start();
    let came = async {
        for count in 1..=6 {
            let models =
                ["a", "b", "c", "d", "e", "f"][..count].iter().map(|text| domain::describe(&id(text), None));
            let wanted =
                Wanted { provider: "lmstudio".into(), models: models.collect(), ..Wanted::default() };
            sender.send(Change { wanted, ..change(&[], &[]) }).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    };
    tokio::select! {
        () = announce(picker, &target, &clock, receiver, None, |_| {}) => unreachable!("it goes on"),
        () = came => {}
    }
    let rows = memory.entry.lock().unwrap().as_ref().map_or(0, |entry| entry.models.len());
    (*memory.changes.lock().unwrap(), rows)
}

#[tokio::test(start_paused = true)]
async fn changes_soon_after_one_of_the_configuration_are_made_together() {
    let mut picker = GatewayPicker::new();
    picker.expect_gateway().returning(|| Ok(running("2026.7.1")));
    picker.expect_refresh().returning(|_| shown(&[]));
    // At once, after two seconds what came meanwhile, and after two more the rest.
    assert_eq!(configured_for(&picker).await, (3, 6));
}

/// A picker that is looked at for ever.
struct Slow;

impl Picker for Slow {
    async fn gateway(&self) -> Result<Running, PickerError> {
        Ok(running("2026.7.1"))
    }

    async fn credential(&self, _provider: &str) -> Option<bool> {
        None
    }

    async fn refresh(&self, _expected: &Expected) -> Result<Shown, PickerError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_does_not_wait_until_the_last_one_is_seen() {
    assert_eq!(configured_for(&Slow).await, (3, 6));
}

#[test]
fn what_is_taken_back_counts_less_than_what_has_come_since() {
    let told = |changes: &[Change]| {
        let mut untold = Untold::default();
        changes.iter().for_each(|change| untold.add(change.clone()));
        untold
    };
    let (earlier, later) = (change(&["a", "b"], &[]), change(&["c"], &["b"]));
    let mut untold = told(std::slice::from_ref(&later));
    let (provider, news) = told(std::slice::from_ref(&earlier)).0.pop_first().unwrap();
    untold.put_back(provider, news);
    assert_eq!(untold.0["lmstudio"].ids, told(&[earlier, later]).0["lmstudio"].ids);
}

#[test]
fn what_is_held_is_expected_neither_there_nor_gone() {
    let wanted = Wanted { held: vec![id("b"), id("c")], ..Wanted::default() };
    let mut untold = Untold::default();
    untold.add(Change { wanted, ..change(&["a", "b"], &["c", "d"]) });
    let expected = untold.0["lmstudio"].expected("lmstudio");
    assert_eq!((expected.present, expected.absent), (vec![id("a")], vec![id("d")]));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_undoes_each_time_is_left_until_the_models_change() {
    let memory = MemoryConfig::default();
    "2026.7.1".clone_into(&mut memory.version.lock().unwrap());
    memory.text.lock().unwrap().readable = true;
    let (setting, gauge) = (ConfigSetting::Auto.into(), NoGauge);
    let target = SecondTarget { setting, config: &memory, file: &memory, ledger: &memory, gauge };
    let mut picker = GatewayPicker::new();
    picker.expect_gateway().returning(|| Ok(running("2026.7.1")));
    picker.expect_refresh().returning(|_| shown(&[]));
    let (sender, receiver) = unbounded_channel();
    let clock = TokioClock::start();
    let told = Mutex::new(Vec::new());
    let tell = |event| {
        if let Event::Asked(answer) = event {
            told.lock().unwrap().push(answer.configured);
        }
    };
    let offers = |again: bool| {
        let models = [domain::describe(&id("a"), None)].into_iter().collect();
        let wanted = Wanted { provider: "lmstudio".into(), models, ..Wanted::default() };
        sender.send(Change { wanted, again, ..change(&["a"], &[]) }).unwrap();
    };
    let came = async {
        for again in [false, true, true, true, true, true, false] {
            *memory.entry.lock().unwrap() = None;
            offers(again);
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    };
    tokio::select! {
        () = announce(&picker, &target, &clock, receiver, None, tell) => unreachable!("it goes on"),
        () = came => {}
    }
    let holds: Vec<bool> = told.lock().unwrap().iter().map(|told| *told == Some(Configured::Holds)).collect();
    assert_eq!(holds, [true, true, true, true, false, false, true]);
    assert_eq!(*memory.changes.lock().unwrap(), 5);
}
