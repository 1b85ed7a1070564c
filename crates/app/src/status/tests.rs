//! The fold of events into a status.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use domain::ports::Shown;
use domain::{BusySource, DesiredEntry, HeldModel, HoldReason, ModelId, OriginTable, SyncState, describe};

use super::*;
use crate::{
    Change, ChangedIds, Configured, Event, FileResult, Found, Pass, PickerAnswer, PickerTrouble, PickerTroubleKind,
    ServerPass, Trouble,
};

fn at(seconds: u64) -> Moment {
    let clock = Duration::from_secs(seconds);
    Moment { clock, wall: UNIX_EPOCH + Duration::from_secs(1_000_000) + clock }
}

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

fn trouble(kind: &'static str) -> Trouble {
    Trouble { kind, error: format!("it is {kind}"), advice: None }
}

fn found(offered: &[&str], file: Result<bool, Trouble>) -> Found {
    let ids: Vec<ModelId> = offered.iter().map(|text| id(text)).collect();
    let written = matches!(file, Ok(true)).then(|| ChangedIds { added: ids.clone(), ..ChangedIds::default() });
    Found {
        listed: ids.len(),
        answered_in: Duration::from_millis(3),
        empty_after: Duration::from_secs(20),
        origins: OriginTable::default(),
        incomplete: None,
        offered: ids.iter().map(|id| describe(id, None)).collect(),
        left_out: vec![],
        held: vec![],
        removes_at: None,
        facts_failed: None,
        files: vec![FileResult {
            name: "m.json".into(),
            lacks: if file.is_err() { ids } else { vec![] },
            result: file,
        }],
        written,
        changed_rows: vec![],
    }
}

fn pass(second: u64, result: Result<Found, Trouble>) -> Event {
    let began = Duration::from_secs(second);
    let server =
        ServerPass { provider: "lmstudio".into(), address: "http://h/v1".into(), result: result.map(Arc::new) };
    Event::Passed(Pass { began, ended: began, next: Some(began + Duration::from_secs(10)), servers: vec![server] })
}

fn paused(source: BusySource) -> Event {
    Event::Paused { source, reason: "1 running turn".into() }
}

/// Folds the events of these seconds.
fn folded(events: Vec<(u64, Event)>) -> Status {
    let mut status = Status::new(at(0));
    for (second, event) in events {
        status.apply(&event, at(second));
    }
    status
}

#[test]
fn a_pass_is_known_with_its_outcome_and_the_next_one() {
    let status = folded(vec![(1, pass(1, Ok(found(&["a"], Ok(true))))), (11, pass(11, Ok(found(&["a"], Ok(false)))))]);
    assert_eq!(status.last_pass.map(|pass| pass.outcome), Some(PassOutcome::Unchanged));
    assert_eq!((status.last_success, status.next_pass), (Some(at(11)), Some(Duration::from_secs(21))));
    assert_eq!(status.counters.passes, BTreeMap::from([(PassOutcome::Unchanged, 1), (PassOutcome::Changed, 1)]));
    assert_eq!((status.counters.writes, status.changes.len()), (1, 1));
}

#[test]
fn a_server_that_fails_keeps_what_it_last_listed_and_since_when_it_fails() {
    let good = || pass(1, Ok(found(&["a"], Ok(false))));
    let fails = |second, kind| (second, pass(second, Err(trouble(kind))));
    let status = folded(vec![(1, good()), fails(11, "refused"), fails(21, "refused")]);
    let server = &status.servers[0];
    assert_eq!((server.since, server.trouble.is_some()), (at(11), true));
    assert_eq!(server.found.as_ref().unwrap().listed, 1);
    assert_eq!(status.last_success, Some(at(1)));
    let status = folded(vec![(1, good()), fails(11, "refused"), fails(21, "tls"), (31, good())]);
    let server = &status.servers[0];
    assert_eq!((server.since, &server.trouble, server.listed), (at(31), &None, Some(at(31))));
    assert_eq!(server.last_trouble, Some((at(21), trouble("tls"))));
}

#[test]
fn a_file_that_cannot_be_written_lacks_what_is_offered() {
    let status = folded(vec![(1, pass(1, Ok(found(&["a"], Err(trouble("unwritable"))))))]);
    assert_eq!(status.last_pass.unwrap().outcome, PassOutcome::Failed);
    assert_eq!(status.servers[0].files[0].lacks, [id("a")]);
    assert_eq!(status.last_success, None);
}

#[test]
fn a_pause_lasts_from_the_first_look_to_the_end_and_is_counted_by_who_saw_it() {
    let mut events = vec![(1, paused(BusySource::Gateway)), (2, paused(BusySource::Gateway))];
    let status = folded(events.clone());
    assert_eq!(status.pause.as_ref().unwrap().since, at(1));
    assert_eq!(status.paused_until(at(5).clock)[&BusySource::Gateway], Duration::from_secs(4));
    events.push((7, Event::Resumed { anyway: false }));
    let status = folded(events);
    assert_eq!((&status.pause, status.counters.pauses), (&None, 1));
    assert_eq!(status.paused_until(at(100).clock)[&BusySource::Gateway], Duration::from_secs(6));
    assert_eq!((status.timeline[0].from, status.timeline[0].to), (at(1), Some(at(7))));
}

#[test]
fn only_news_is_news() {
    let mut status = Status::new(at(0));
    assert!(!status.apply(&Event::Turned, at(1)));
    assert!(status.apply(&paused(BusySource::LmStudio), at(2)));
    assert!(!status.apply(&paused(BusySource::LmStudio), at(3)));
    assert!(status.apply(&paused(BusySource::Gateway), at(4)));
    assert_eq!(status.turned, at(1));
}

#[test]
fn passes_of_one_kind_are_one_span_unless_the_machine_slept() {
    let quiet = |second| (second, pass(second, Ok(found(&["a"], Ok(false)))));
    let status = folded(vec![quiet(1), quiet(11), quiet(21)]);
    assert_eq!(status.timeline.len(), 1);
    assert_eq!(status.timeline[0].what, Episode::Passes { outcome: PassOutcome::Unchanged, count: 3 });
    let mut status = folded(vec![quiet(1)]);
    let later = Moment { wall: at(3600).wall, ..at(11) };
    status.apply(&quiet(11).1, later);
    assert_eq!(status.timeline.len(), 2);
}

#[test]
fn what_is_remembered_is_bounded() {
    let change = |second| (second, pass(second, Ok(found(&["a"], Ok(true)))));
    let status = folded((0..1_000).map(change).collect());
    assert!(status.timeline.len() <= 200 && status.changes.len() <= 50);
    assert_eq!(status.changes.back().unwrap().at, at(999));
    let ids: Vec<String> = (0..1_000).map(|number| format!("m{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let status = folded(vec![(1, pass(1, Ok(found(&ids, Ok(true)))))]);
    assert_eq!((status.changes[0].ids.added.len(), status.changes[0].more), (20, 980));
}

fn answer(result: Result<Shown, PickerTrouble>) -> PickerAnswer {
    let (listed_at, since_listed) = (Duration::from_secs(1), Duration::ZERO);
    PickerAnswer {
        provider: "lmstudio".into(),
        result,
        listed_at,
        since_listed,
        again: false,
        configured: None,
        wants_profile: false,
    }
}

fn shows(models: usize, missing: &[&str]) -> Shown {
    let missing = missing.iter().map(|text| id(text)).collect();
    Shown { models, missing, lingering: vec![], unavailable: false, took: Duration::from_millis(5) }
}

fn picker_trouble(kind: PickerTroubleKind) -> PickerTrouble {
    PickerTrouble { kind, error: "it is so".into(), advice: Some("do this") }
}

#[test]
fn the_picker_is_known_beside_the_server_whose_models_it_shows() {
    let asked = |missing| Event::Asked(answer(Ok(shows(1, missing))));
    let listed = (1, pass(1, Ok(found(&["a"], Ok(true)))));
    let status = folded(vec![listed.clone(), (2, asked(&["a"]))]);
    assert!(!status.servers[0].picker.as_ref().unwrap().shows_all());
    let status = folded(vec![listed, (2, asked(&["a"])), (3, asked(&[]))]);
    assert!(status.servers[0].picker.as_ref().unwrap().shows_all());
    assert_eq!((status.counters.picker_shown, status.counters.picker_failed), (1, 1));
}

#[test]
fn servers_that_are_configured_away_are_forgotten() {
    let mut status = folded(vec![(1, pass(1, Ok(found(&["a"], Ok(true)))))]);
    let began = Duration::from_secs(11);
    status.apply(&Event::Passed(Pass { began, ended: began, next: None, servers: vec![] }), at(11));
    assert!(status.servers.is_empty());
}

/// The state after these events while a gateway runs, and the sentence about it.
fn assessed(events: Vec<(u64, Event)>, now: u64) -> (SyncState, String) {
    let mut status = folded(events);
    status.see(OpenclawStatus { link: GatewayLink::Open, is_there: true, picker_is_off: false });
    let found = status.assess(at(now).clock, Duration::from_secs(60));
    (found.state, found.summary)
}

fn good() -> (u64, Event) {
    (1, pass(1, Ok(found(&["a"], Ok(true)))))
}

fn seen() -> (u64, Event) {
    (2, Event::Asked(answer(Ok(shows(1, &[])))))
}

#[test]
fn the_state_is_the_worst_that_is_known_and_says_why() {
    let state = |events, now| assessed(events, now).0;
    assert_eq!(state(vec![], 1), SyncState::Starting);
    assert_eq!(state(vec![good()], 2), SyncState::Updating);
    let (in_sync, why) = assessed(vec![good(), seen()], 3);
    assert_eq!((in_sync, &*why), (SyncState::InSync, "OpenClaw shows the one model that is served."));
    assert_eq!(state(vec![good(), seen(), (3, paused(BusySource::Gateway))], 4), SyncState::Paused);
    assert_eq!(state(vec![good(), seen()], 99), SyncState::Stalled);
    let (down, why) = assessed(vec![good(), seen(), (11, pass(11, Err(trouble("refused"))))], 12);
    assert_eq!(
        (down, &*why),
        (
            SyncState::ServerDown,
            "lmstudio does not list its models: it is refused. OpenClaw keeps the models that it has."
        )
    );
    let (broken, why) = assessed(vec![(1, pass(1, Ok(found(&["a"], Err(trouble("malformed"))))))], 2);
    assert_eq!((broken, &*why), (SyncState::CannotWrite, "The model list cannot be updated: it is malformed."));
}

#[test]
fn a_change_is_not_in_sync_before_the_picker_was_asked_about_it() {
    let change = |listed_at| {
        let listed_at = Duration::from_secs(listed_at);
        let desired = DesiredEntry { provider: "lmstudio".into(), ..DesiredEntry::default() };
        Event::Changed(Change { listed_at, desired, ..Change::default() })
    };
    let state = |events| assessed(events, 20).0;
    let changed = vec![good(), seen(), (11, change(11)), (11, pass(11, Ok(found(&["a"], Ok(true)))))];
    assert_eq!(state(changed.clone()), SyncState::Updating);
    let asked = |listed_at| {
        let listed_at = Duration::from_secs(listed_at);
        Event::Asked(PickerAnswer { listed_at, ..answer(Ok(shows(1, &[]))) })
    };
    let late = [changed.clone(), vec![(12, asked(1))]].concat();
    assert_eq!(state(late), SyncState::Updating, "it was asked about an earlier change");
    assert_eq!(state([changed, vec![(12, asked(11))]].concat()), SyncState::InSync);
}

#[test]
fn each_kind_of_trouble_with_the_picker_is_its_own_state() {
    for (kind, again, state) in [
        (PickerTroubleKind::Hidden, false, SyncState::PickerLacksModels),
        (PickerTroubleKind::Hidden, true, SyncState::Updating),
        (PickerTroubleKind::Unsupported, false, SyncState::PickerLacksModels),
        (PickerTroubleKind::Restart, false, SyncState::NeedsRestart),
        // The gateway lets lmsync read by now.
        (PickerTroubleKind::Forbidden, false, SyncState::Updating),
        (PickerTroubleKind::Failed, true, SyncState::CannotCheck),
        (PickerTroubleKind::Unreachable, true, SyncState::Updating),
    ] {
        let asked = Event::Asked(PickerAnswer { again, ..answer(Err(picker_trouble(kind))) });
        let (found, why) = assessed(vec![good(), (2, asked)], 3);
        assert_eq!(found, state, "{kind:?}: {why}");
    }
}

#[test]
fn the_gateway_of_now_counts_and_not_that_of_the_last_answer() {
    let mut status = folded(vec![good(), seen()]);
    let mut state = |link, is_there, picker_is_off| {
        status.see(OpenclawStatus { link, is_there, picker_is_off });
        status.assess(at(3).clock, Duration::from_secs(60)).state
    };
    let refused = GatewayLink::Refused { why: "the token is refused".into(), advice: "set it" };
    assert_eq!(state(GatewayLink::Open, true, false), SyncState::InSync);
    assert_eq!(state(GatewayLink::Away, true, false), SyncState::WaitingForOpenclaw);
    assert_eq!(state(GatewayLink::Away, false, false), SyncState::NoOpenclaw);
    assert_eq!(state(refused, true, false), SyncState::CannotCheck);
    assert_eq!(state(GatewayLink::Open, true, true), SyncState::NotChecked);
}

#[test]
fn an_empty_list_counts_down_unless_checks_wait() {
    let held = HeldModel { id: id("a"), since: Duration::from_secs(1), reason: HoldReason::ListEmpty };
    let empty = Found { held: vec![held], removes_at: Some(Duration::from_secs(61)), ..found(&[], Ok(false)) };
    let mut events = vec![(1, pass(1, Ok(empty)))];
    let (state, why) = assessed(events.clone(), 2);
    assert_eq!(state, SyncState::Removing, "{why}");
    let status = folded(events.clone());
    assert_eq!(status.removes_at(), Some(Duration::from_secs(61)));
    let advice = status.assess(at(2).clock, Duration::from_secs(60)).advice.unwrap();
    assert_eq!(advice.line.unwrap(), "LMSYNC_EMPTY_AFTER=20s");
    events.push((3, paused(BusySource::Gateway)));
    assert_eq!(folded(events.clone()).removes_at(), None);
    assert!(assessed(events, 4).1.ends_with("Checks wait while inference runs."));
}

#[test]
fn a_missing_key_is_told_with_what_keeps_lmsync_from_making_up_for_it() {
    let not = Configured::Not { why: "it has comments".to_owned(), advice: "remove them" };
    for (configured, both) in [(None, false), (Some(not), true)] {
        let shown = Shown { unavailable: true, ..shows(1, &[]) };
        let asked = Event::Asked(PickerAnswer { configured, ..answer(Ok(shown)) });
        let mut status = folded(vec![good(), (2, asked)]);
        status.see(OpenclawStatus { link: GatewayLink::Open, is_there: true, picker_is_off: false });
        let found = status.assess(at(3).clock, Duration::from_secs(60));
        assert_eq!(found.state, SyncState::NoKey);
        let advice = found.advice.unwrap();
        assert_eq!(advice.line.unwrap(), "LM_API_TOKEN=lm-studio");
        assert_eq!(advice.say.contains("it has comments: remove them. Else set"), both, "{}", advice.say);
    }
}
