//! The loop under paused time, over fakes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Locked};

use domain::ports::ActivityError;
use domain::{BusySource, ModelId};
use tokio::time::timeout;

use super::*;
use crate::fakes::{Activities, MemoryStore, Shelf, Source, Store, ids, refused, running, server, serving};
use crate::{Change, ChangedIds, TokioClock};

const SECOND: Duration = Duration::from_secs(1);
const RHYTHM: Rhythm = Rhythm { interval: Duration::from_secs(10), max_pause: None };

fn idle() -> Activities {
    let mut activity_source = Activities::new();
    activity_source.expect_activity().returning(|| Ok(Activity::Idle));
    activity_source
}

fn busy() -> Activity {
    Activity::Busy { source: BusySource::Gateway, reason: "1 running turn".into() }
}

fn always_busy() -> Activities {
    let mut activity_source = Activities::new();
    activity_source.expect_activity().returning(|| Ok(busy()));
    activity_source
}

/// Runs the loop for so long over one server, and returns what it emitted.
async fn run_for<S: ModelSource>(
    server: Server<S>,
    activity_source: Activities,
    store: &MemoryStore,
    rhythm: Rhythm,
    seconds: u32,
) -> Vec<Event> {
    let clock = TokioClock::start();
    let stores = Shelf(vec![("models.json", store)]);
    let mut ports = Ports { servers: vec![server], activity_source, stores, clock };
    let emitted = Locked::new(Vec::new());
    let emit = |event| emitted.lock().unwrap().push(event);
    run(&mut ports, rhythm, async |_: &mut _, _: &mut _| false, emit, clock.sleep_until(seconds * SECOND)).await;
    emitted.into_inner().unwrap()
}

/// Runs the loop for so long, and tells at which second each listing was asked for.
async fn listings(activity_source: Activities, rhythm: Rhythm, seconds: u32) -> Vec<u64> {
    let clock = TokioClock::start();
    let asked = Arc::new(Locked::new(Vec::new()));
    let mut source = Source::new();
    let log = Arc::clone(&asked);
    source.expect_models().returning(move || {
        log.lock().unwrap().push(clock.now().as_secs());
        Ok(ids(&["a"]))
    });
    run_for(server(source), activity_source, &MemoryStore::default(), rhythm, seconds).await;
    asked.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn one_pass_at_once_and_one_every_interval() {
    assert_eq!(listings(idle(), RHYTHM, 35).await, [0, 10, 20, 30]);
}

#[tokio::test(start_paused = true)]
async fn no_listing_while_inference_runs_and_the_overdue_one_at_once_afterwards() {
    let clock = TokioClock::start();
    let mut activity_source = Activities::new();
    activity_source.expect_activity().returning(move || {
        let runs = (5..27).contains(&clock.now().as_secs());
        Ok(if runs { busy() } else { Activity::Idle })
    });
    assert_eq!(listings(activity_source, RHYTHM, 40).await, [0, 27, 37]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_no_longer_than_it_may_be() {
    let rhythm = Rhythm { max_pause: Some(20 * SECOND), ..RHYTHM };
    assert_eq!(listings(always_busy(), rhythm, 55).await, [20, 50]);
}

#[tokio::test(start_paused = true)]
async fn a_gauge_that_cannot_tell_never_blocks() {
    let mut activity_source = Activities::new();
    activity_source.expect_activity().returning(|| {
        let (activity_source, why) = ("the gateway".into(), "it has no such method".into());
        Err(ActivityError::Unsupported { activity_source, why })
    });
    assert_eq!(listings(activity_source, RHYTHM, 15).await, [0, 10]);
}

/// The ids that a change brings, and those that it takes.
type Ids = (Vec<ModelId>, Vec<ModelId>);

fn change(present: &[&str], absent: &[&str]) -> Ids {
    (ids(present).ids().to_vec(), ids(absent).ids().to_vec())
}

fn announced(events: Vec<Event>) -> Vec<(&'static str, Ids)> {
    let ids = |event| match event {
        Event::Listed(change) => {
            let offered = change.desired.models.iter().map(|model| model.id.clone());
            Some(("listed", (offered.collect(), change.ids.removed)))
        }
        Event::Changed(Change { ids: ChangedIds { added, changed, removed }, .. }) => {
            Some(("changed", ([added, changed].concat(), removed)))
        }
        _ => None,
    };
    events.into_iter().filter_map(ids).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_missing_for_a_moment_at_the_start_is_told_when_it_is_back() {
    let store = MemoryStore::default();
    run_for(serving(&[&["a", "b"]]), idle(), &store, RHYTHM, 5).await;
    let events = run_for(serving(&[&["b"], &["a", "b"]]), idle(), &store, RHYTHM, 35).await;
    assert_eq!(announced(events), [("listed", change(&["b"], &[])), ("changed", change(&["a"], &[]))]);
    assert_eq!(store.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_is_told_at_the_start_and_each_change_that_is_written() {
    let store = MemoryStore::default();
    let events = run_for(serving(&[&["a", "b"], &["a", "b"], &["b", "c"]]), idle(), &store, RHYTHM, 35).await;
    let announced = announced(events);
    let expected = [
        ("listed", change(&["a", "b"], &[])),
        ("changed", change(&["a", "b"], &[])),
        ("changed", change(&["c"], &[])),
        ("changed", change(&[], &["a"])),
    ];
    assert_eq!(announced, expected);
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_told_once_it_is_confirmed_also_where_the_store_is_left_as_it_is() {
    let clock = TokioClock::start();
    // OpenClaw takes out whatever is written.
    let mut store = Store::new();
    store.expect_load().returning(|| Ok(domain::Stored::default()));
    store.expect_save().returning(|_, _| Ok(()));
    let mut server = serving(&[&["a", "b"], &["a", "b"], &["a", "c"]]);
    server.set_gateway(Some(running("2026.7.1")));
    let stores = Shelf(vec![("models.json", &store)]);
    let mut ports = Ports { servers: vec![server], activity_source: idle(), stores, clock };
    let events = Locked::new(Vec::new());
    let emit = |event| events.lock().unwrap().push(event);
    run(&mut ports, RHYTHM, async |_: &mut _, _: &mut _| false, emit, clock.sleep_until(60 * SECOND)).await;
    let announced = announced(events.into_inner().unwrap());
    let last = &announced[announced.len() - 2..];
    assert_eq!(last, [("changed", change(&["c"], &[])), ("changed", change(&[], &["b"]))], "{announced:?}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_model_is_asked_about_again_before_the_interval_is_over() {
    let clock = TokioClock::start();
    let asked = Arc::new(Locked::new(Vec::new()));
    let log = Arc::clone(&asked);
    let mut source = Source::new();
    source.expect_models().returning(move || {
        let mut log = log.lock().unwrap();
        log.push(clock.now().as_secs());
        Ok(if log.len() == 1 { ids(&["a", "b"]) } else { ids(&["a"]) })
    });
    let store = MemoryStore::default();
    run_for(server(source), idle(), &store, RHYTHM, 30).await;
    assert_eq!(*asked.lock().unwrap(), [0, 10, 12, 22]);
    assert_eq!(store.ids(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_at_the_same_pace() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let mut source = Source::new();
    source
        .expect_models()
        .returning(move || if counted.fetch_add(1, Ordering::Relaxed) < 2 { Err(refused()) } else { Ok(ids(&["a"])) });
    let store = MemoryStore::default();
    run_for(server(source), idle(), &store, RHYTHM, 25).await;
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    assert_eq!(store.ids(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_a_pause_is_obeyed_at_once() {
    let store = MemoryStore::default();
    let stopped = run_for(server(Source::new()), always_busy(), &store, RHYTHM, 3);
    timeout(4 * SECOND, stopped).await.unwrap();
}

/// A server that accepts and never answers.
struct Silent;

impl ModelSource for Silent {
    async fn models(&self) -> Result<domain::Listing, SourceError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_silent_server() {
    let store = MemoryStore::default();
    let stopped = run_for(server(Silent), idle(), &store, RHYTHM, 3);
    timeout(3 * SECOND + 2 * GRACE, stopped).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn servers_can_be_renewed_before_each_pass() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let stores = Shelf(vec![("models.json", &store)]);
    let mut ports = Ports { servers: vec![serving(&[&["a"]])], activity_source: idle(), stores, clock };
    let renew = async |servers: &mut Vec<Server<Source>>, _: &mut _| {
        *servers = vec![serving(&[&["a", "z"]])];
        false
    };
    run(&mut ports, RHYTHM, renew, |_| {}, clock.sleep_until(SECOND)).await;
    assert_eq!(store.ids(), ["a", "z"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_offered_is_told_again_where_openclaw_has_changed() {
    let (store, clock) = (MemoryStore::default(), TokioClock::start());
    let stores = Shelf(vec![("models.json", &store)]);
    let mut ports = Ports { servers: vec![serving(&[&["a"]])], activity_source: idle(), stores, clock };
    let mut passes = 0;
    let renew = async |_: &mut Vec<Server<Source>>, _: &mut _| {
        passes += 1;
        passes == 3
    };
    let events = Locked::new(Vec::new());
    let emit = |event| events.lock().unwrap().push(event);
    run(&mut ports, RHYTHM, renew, emit, clock.sleep_until(55 * SECOND)).await;
    let events = events.into_inner().unwrap();
    let again: Vec<bool> = events
        .iter()
        .filter_map(|event| match event {
            Event::Listed(change) => Some(change.again),
            _ => None,
        })
        .collect();
    assert_eq!(again, [false, true]);
    let all = change(&["a"], &[]);
    assert_eq!(announced(events), [("listed", all.clone()), ("changed", all.clone()), ("listed", all)]);
    assert_eq!(store.writes(), 1);
}

#[test]
fn a_daemons_own_pace_is_at_most_a_twentieth_quicker() {
    assert_eq!(own_pace(10 * SECOND, 0), 10 * SECOND);
    assert_eq!(own_pace(10 * SECOND, 1 << 31), Duration::from_millis(9_750));
    assert!(own_pace(10 * SECOND, u64::MAX) >= Duration::from_millis(9_500));
}

#[tokio::test(start_paused = true)]
async fn each_pause_and_each_pass_is_told_with_the_time_of_the_next() {
    let clock = TokioClock::start();
    let mut activity_source = Activities::new();
    activity_source
        .expect_activity()
        .returning(move || Ok(if (5..12).contains(&clock.now().as_secs()) { busy() } else { Activity::Idle }));
    let store = MemoryStore::default();
    let events = run_for(serving(&[&["a"]]), activity_source, &store, RHYTHM, 15).await;
    let announced: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::Passed(pass) => {
                let found = pass.servers[0].result.as_ref().unwrap();
                Some(format!("pass {:?} next {:?} wrote {}", pass.began, pass.next, found.written.is_some()))
            }
            Event::Paused { .. } => Some("paused".to_owned()),
            Event::Resumed { anyway } => Some(format!("resumed {anyway}")),
            _ => None,
        })
        .collect();
    let expected = [
        "pass 0ns next Some(10s) wrote true",
        "paused",
        "paused",
        "resumed false",
        "pass 12s next Some(20s) wrote false",
    ];
    assert_eq!(announced, expected);
}
