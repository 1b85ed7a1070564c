//! Which changes the notifier has the picker read, when, and how often.

use std::sync::{Arc, Mutex};

use domain::ports::{Expected, GatewayError, Shown};
use domain::{ConfigSetting, DesiredEntry, ModelId};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::pending::MANY;
use super::*;
use crate::change::ChangedIds;
use crate::fakes::MemoryOpenClaw;
use crate::picker_verdict::PATIENCE;
use crate::{Configured, NoActivitySource, TokioClock};

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

fn change(added: &[&str], removed: &[&str]) -> Change {
    let ids = |texts: &[&str]| texts.iter().map(|text| id(text)).collect();
    let ids = ChangedIds { added: ids(added), removed: ids(removed), changed: vec![] };
    Change { ids, desired: offering(added), ..Change::default() }
}

/// All that is offered.
fn offering(texts: &[&str]) -> DesiredEntry {
    let models = texts.iter().map(|text| domain::describe(&id(text), None)).collect();
    DesiredEntry { provider: "lmstudio".into(), models, ..DesiredEntry::default() }
}

fn shown(missing: &[&str]) -> Result<Shown, GatewayError> {
    let missing = missing.iter().map(|text| id(text)).collect();
    Ok(Shown { models: 1, missing, lingering: vec![], unavailable: false, took: Duration::ZERO })
}

/// Sends the changes, answered in turn; returns what the picker was asked for.
async fn asked(changes: Vec<Change>, answers: Vec<Result<Shown, GatewayError>>) -> Vec<Expected> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let answers = Mutex::new(answers.into_iter());
    let log = Arc::clone(&asked);
    let openclaw = MemoryOpenClaw::new("2026.9.6").answering(move |expected| {
        log.lock().unwrap().push(expected.clone());
        answers.lock().unwrap().next().unwrap_or_else(|| shown(&[]))
    });
    let (sender, receiver) = unbounded_channel();
    for change in changes {
        sender.send(change).unwrap();
    }
    let clock = TokioClock::start();
    // The sender lives on, as the loop's does; an hour is enough for every retry.
    let target = openclaw.target(ConfigSetting::Off, NoActivitySource);
    let _ = timeout(Duration::from_secs(3600), notify(&target, &clock, receiver, None, |_| {})).await;
    drop(sender);
    asked.lock().unwrap().clone()
}

/// How often the picker was asked to refresh.
fn refreshes(asked: Vec<Expected>) -> usize {
    asked.iter().filter(|expected| !expected.configured).count()
}

fn unreachable() -> Result<Shown, GatewayError> {
    Err(GatewayError::Unreachable { address: "ws://127.0.0.1:1".into(), cause: "refused".into() })
}

#[test]
fn of_a_picker_that_is_away_for_long_a_bounded_number_of_removed_ids_is_remembered() {
    let mut pending = Pending::default();
    for round in 0..20 {
        let removed = (0..1000).map(|n| id(&format!("gone-{round}-{n}"))).collect();
        let ids = ChangedIds { removed, ..ChangedIds::default() };
        pending.add(Change { ids, ..change(&["a"], &[]) });
    }
    assert_eq!(pending.0["lmstudio"].gone.len(), MANY);
    assert_eq!(pending.0["lmstudio"].expected("lmstudio").present, [id("a")]);
}

#[test]
fn of_two_changes_the_later_one_counts() {
    let mut first = change(&["a", "b"], &["c", "d"]);
    first.follow(Change { desired: offering(&["b", "c"]), ..change(&["c"], &["a"]) });
    assert_eq!(first, change(&["b", "c"], &["d", "a"]));
}

#[tokio::test(start_paused = true)]
async fn changes_that_wait_are_shown_together() {
    let later = Change { desired: offering(&["a", "c"]), ..change(&["c"], &["b"]) };
    let mut asked = asked(vec![change(&["a", "b"], &[]), later], vec![]).await;
    let still = asked.split_off(1);
    let expected = Expected {
        provider: "lmstudio".into(),
        present: vec![id("a"), id("c")],
        absent: vec![id("b")],
        configured: false,
    };
    assert_eq!(asked, std::slice::from_ref(&expected));
    // From then on the picker is only checked.
    assert_eq!(still[0], Expected { configured: true, ..expected });
    assert_eq!(still.len(), 60, "once a minute for an hour");
}

#[tokio::test(start_paused = true)]
async fn all_that_is_offered_is_looked_for_and_not_only_what_has_changed() {
    let later = Change { desired: offering(&["old", "new"]), ..change(&["new"], &[]) };
    let asked = asked(vec![later], vec![]).await;
    assert_eq!(asked[0].present, [id("old"), id("new")]);
}

#[tokio::test(start_paused = true)]
async fn a_picker_that_no_longer_shows_a_model_is_refreshed_again() {
    let asked = asked(vec![change(&["a"], &[])], vec![shown(&[]), shown(&["a"]), shown(&["a"])]).await;
    let refreshes: Vec<bool> = asked.iter().take(5).map(|expected| !expected.configured).collect();
    assert_eq!(refreshes, [true, false, true, true, false], "asked, checked, asked twice, checked");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_comes_later_is_refreshed_all_the_same() {
    let answers = vec![unreachable(), unreachable(), unreachable()];
    assert_eq!(refreshes(asked(vec![change(&["a"], &[])], answers).await), 4);
}

#[tokio::test(start_paused = true)]
async fn a_picker_that_shows_the_change_late_is_asked_again() {
    let answers = vec![shown(&["a"]), shown(&["a"])];
    assert_eq!(refreshes(asked(vec![change(&["a"], &[])], answers).await), 3);
}

#[tokio::test(start_paused = true)]
async fn a_picker_that_never_shows_the_change_is_asked_now_and_then() {
    let answers = (0..500).map(|_| shown(&["a"])).collect();
    let asked = asked(vec![change(&["a"], &[])], answers).await;
    // Then once a minute, so that it is noticed when it shows it after all.
    assert!((PATIENCE + 59..=PATIENCE + 61).contains(&asked.len()), "{}", asked.len());
    assert!(asked.iter().all(|expected| !expected.configured));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_a_refresh_is_asked_once_a_change() {
    let unsupported = || Err(GatewayError::Unsupported { version: "2026.2.12".into() });
    assert_eq!(asked(vec![change(&["a"], &[])], vec![unsupported()]).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_early_gateway_without_a_key_is_asked_each_minute_until_it_has_one() {
    let openclaw = MemoryOpenClaw::new("2026.2.12").answering(|_| shown(&[]));
    let target = openclaw.target(ConfigSetting::Off, NoActivitySource);
    *openclaw.key.lock().unwrap() = Some(false);
    let heard = Mutex::new(Vec::new());
    let emit = |event| {
        if let Event::Asked(PickerAnswer { result, wants_profile, .. }) = event {
            heard.lock().unwrap().push((result.unwrap().unavailable, wants_profile));
            // A person adds the key after the second look.
            if heard.lock().unwrap().len() == 2 {
                *openclaw.key.lock().unwrap() = Some(true);
            }
        }
    };
    let (sender, receiver) = unbounded_channel();
    sender.send(change(&["a"], &[])).unwrap();
    let clock = TokioClock::start();
    let minutes = Duration::from_secs(600);
    let _ = timeout(minutes, notify(&target, &clock, receiver, None, emit)).await;
    drop(sender);
    assert_eq!(*heard.lock().unwrap(), [(true, true), (true, true), (false, true)]);
}

/// Six models come within three seconds, while this OpenClaw runs; returns how often its configuration was changed for
/// them, and how many rows it has in the end.
async fn configured_for(memory: MemoryOpenClaw) -> (usize, usize) {
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let (sender, receiver) = unbounded_channel();
    let clock = TokioClock::start();
    let came = async {
        for count in 1..=6 {
            let models = ["a", "b", "c", "d", "e", "f"][..count].iter().map(|text| domain::describe(&id(text), None));
            let desired =
                DesiredEntry { provider: "lmstudio".into(), models: models.collect(), ..DesiredEntry::default() };
            sender.send(Change { desired, ..change(&[], &[]) }).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
    };
    tokio::select! {
        () = notify(&target, &clock, receiver, None, |_| {}) => unreachable!("it goes on"),
        () = came => {}
    }
    let rows = memory.entry.lock().unwrap().as_ref().map_or(0, |entry| entry.models.len());
    (*memory.changes.lock().unwrap(), rows)
}

#[tokio::test(start_paused = true)]
async fn changes_soon_after_one_of_the_configuration_are_made_together() {
    let openclaw = MemoryOpenClaw::new("2026.7.1").answering(|_| shown(&[]));
    // At once, after two seconds what came meanwhile, and after two more the rest.
    assert_eq!(configured_for(openclaw).await, (3, 6));
}

#[tokio::test(start_paused = true)]
async fn a_change_does_not_wait_until_the_last_one_is_seen() {
    let never_answers = MemoryOpenClaw::new("2026.7.1");
    assert_eq!(configured_for(never_answers).await, (3, 6));
}

#[test]
fn what_is_taken_back_counts_less_than_what_has_come_since() {
    let pending = |changes: &[Change]| {
        let mut pending = Pending::default();
        changes.iter().for_each(|change| pending.add(change.clone()));
        pending
    };
    let earlier = change(&["a", "b"], &["c"]);
    let later = Change { desired: offering(&["a", "c"]), ..change(&["c"], &["b"]) };
    let mut unseen = pending(std::slice::from_ref(&later));
    let (provider, before) = pending(std::slice::from_ref(&earlier)).0.pop_first().unwrap();
    unseen.put_back(provider, before);
    let expected = |pending: &Pending| pending.0["lmstudio"].expected("lmstudio");
    assert_eq!(expected(&unseen), expected(&pending(&[earlier, later])));
    assert_eq!((expected(&unseen).present, expected(&unseen).absent), (vec![id("a"), id("c")], vec![id("b")]));
}

#[test]
fn what_is_held_is_expected_neither_there_nor_gone() {
    let desired = DesiredEntry { held: vec![id("b"), id("c")], ..offering(&["a"]) };
    let mut pending = Pending::default();
    pending.add(Change { desired, ..change(&["a"], &["c", "d"]) });
    let expected = pending.0["lmstudio"].expected("lmstudio");
    assert_eq!((expected.present, expected.absent), (vec![id("a")], vec![id("d")]));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_undoes_each_time_is_left_until_the_models_change() {
    let memory = MemoryOpenClaw::new("2026.7.1").answering(|_| shown(&[]));
    let target = memory.target(ConfigSetting::Auto, NoActivitySource);
    let (sender, receiver) = unbounded_channel();
    let clock = TokioClock::start();
    let configured = Mutex::new(Vec::new());
    let emit = |event| {
        if let Event::Asked(answer) = event {
            configured.lock().unwrap().push(answer.configured);
        }
    };
    let offers = |again: bool| {
        let models = [domain::describe(&id("a"), None)].into_iter().collect();
        let desired = DesiredEntry { provider: "lmstudio".into(), models, ..DesiredEntry::default() };
        sender.send(Change { desired, again, ..change(&["a"], &[]) }).unwrap();
    };
    let came = async {
        for again in [false, true, true, true, true, true, false] {
            *memory.entry.lock().unwrap() = None;
            offers(again);
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    };
    tokio::select! {
        () = notify(&target, &clock, receiver, None, emit) => unreachable!("it goes on"),
        () = came => {}
    }
    let holds: Vec<bool> =
        configured.lock().unwrap().iter().map(|outcome| *outcome == Some(Configured::Holds)).collect();
    assert_eq!(holds, [true, true, true, true, false, false, true]);
    assert_eq!(*memory.changes.lock().unwrap(), 5);
}
