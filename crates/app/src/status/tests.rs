//! The fold: what is told, and what is known then.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use domain::ports::Shown;
use domain::{ModelId, describe};

use super::*;
use crate::{Configured, FileLook, Found, PickerAnswer, ServerPass, Trouble, Written};

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
    let written =
        matches!(file, Ok(true)).then(|| Written { added: ids.clone(), files: 1, ..Default::default() });
    Found {
        listed: ids.len(),
        incomplete: None,
        offered: ids.iter().map(|id| describe(id, None)).collect(),
        left_out: vec![],
        held: vec![],
        facts_failed: None,
        files: vec![FileLook {
            name: "m.json".into(),
            lacks: if file.is_err() { ids } else { vec![] },
            result: file,
        }],
        written,
    }
}

fn pass(second: u64, result: Result<Found, Trouble>) -> Event {
    let began = Duration::from_secs(second);
    let server = ServerPass {
        provider: "lmstudio".into(),
        address: "http://h/v1".into(),
        result: result.map(Arc::new),
    };
    Event::Passed(Pass {
        began,
        ended: began,
        next: Some(began + Duration::from_secs(10)),
        servers: vec![server],
    })
}

fn paused(source: BusySource) -> Event {
    Event::Paused { source, reason: "1 running turn".into() }
}

/// Folds what was told at these seconds.
fn told(events: Vec<(u64, Event)>) -> Status {
    let mut status = Status::new(at(0));
    for (second, event) in events {
        status.apply(&event, at(second));
    }
    status
}

#[test]
fn a_pass_is_known_with_its_outcome_and_the_next_one() {
    let status =
        told(vec![(1, pass(1, Ok(found(&["a"], Ok(true))))), (11, pass(11, Ok(found(&["a"], Ok(false)))))]);
    assert_eq!(status.last_pass.map(|pass| pass.outcome), Some(PassOutcome::Unchanged));
    assert_eq!((status.last_success, status.next_pass), (Some(at(11)), Some(Duration::from_secs(21))));
    assert_eq!(
        status.counters.passes,
        BTreeMap::from([(PassOutcome::Unchanged, 1), (PassOutcome::Changed, 1)])
    );
    assert_eq!((status.counters.writes, status.changes.len()), (1, 1));
    assert!(status.servers[0].is_in_sync());
}

#[test]
fn a_server_that_fails_keeps_what_it_last_listed_and_since_when_it_fails() {
    let good = || pass(1, Ok(found(&["a"], Ok(false))));
    let fails = |second, kind| (second, pass(second, Err(trouble(kind))));
    let status = told(vec![(1, good()), fails(11, "refused"), fails(21, "refused")]);
    let server = &status.servers[0];
    assert_eq!((server.since, server.is_in_sync()), (at(11), false));
    assert_eq!(server.found.as_ref().unwrap().listed, 1);
    assert_eq!(status.last_success, Some(at(1)));
    let status = told(vec![(1, good()), fails(11, "refused"), fails(21, "tls"), (31, good())]);
    assert_eq!((status.servers[0].since, &status.servers[0].trouble), (at(31), &None));
}

#[test]
fn a_file_that_cannot_be_written_lacks_what_is_offered() {
    let status = told(vec![(1, pass(1, Ok(found(&["a"], Err(trouble("unwritable"))))))]);
    assert_eq!(status.last_pass.unwrap().outcome, PassOutcome::Failed);
    assert_eq!(status.servers[0].files[0].lacks, [id("a")]);
    assert_eq!(status.last_success, None);
}

#[test]
fn a_pause_lasts_from_the_first_look_to_the_end_and_is_counted_by_who_saw_it() {
    let mut events = vec![(1, paused(BusySource::Gateway)), (2, paused(BusySource::Gateway))];
    let status = told(events.clone());
    assert_eq!(status.pause.as_ref().unwrap().since, at(1));
    assert_eq!(status.paused_until(at(5).clock)[&BusySource::Gateway], Duration::from_secs(4));
    events.push((7, Event::Resumed { anyway: false }));
    let status = told(events);
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
    let status = told(vec![quiet(1), quiet(11), quiet(21)]);
    assert_eq!(status.timeline.len(), 1);
    assert_eq!(status.timeline[0].what, Episode::Passes { outcome: PassOutcome::Unchanged, count: 3 });
    let mut status = told(vec![quiet(1)]);
    let later = Moment { wall: at(3600).wall, ..at(11) };
    status.apply(&quiet(11).1, later);
    assert_eq!(status.timeline.len(), 2);
}

#[test]
fn what_is_remembered_is_bounded() {
    let change = |second| (second, pass(second, Ok(found(&["a"], Ok(true)))));
    let status = told((0..1_000).map(change).collect());
    assert!(status.timeline.len() <= 200 && status.changes.len() <= 50);
    assert_eq!(status.changes.back().unwrap().at, at(999));
    let ids: Vec<String> = (0..1_000).map(|number| format!("m{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let status = told(vec![(1, pass(1, Ok(found(&ids, Ok(true)))))]);
    assert_eq!((status.changes[0].added.len(), status.changes[0].more), (20, 980));
}

#[test]
fn the_picker_is_known_beside_the_server_whose_models_it_shows() {
    let answer = |missing: &[&str]| {
        let missing = missing.iter().map(|text| id(text)).collect();
        let shown = Shown {
            models: 1,
            missing,
            lingering: vec![],
            unavailable: false,
            took: Duration::from_millis(5),
        };
        let provider = "lmstudio".to_owned();
        Event::Asked(PickerAnswer {
            provider,
            result: Ok(shown),
            since_listed: Duration::ZERO,
            again: false,
            configured: None,
        })
    };
    let listed = (1, pass(1, Ok(found(&["a"], Ok(true)))));
    let status = told(vec![listed.clone(), (2, answer(&["a"]))]);
    assert!(!status.servers[0].picker.as_ref().unwrap().shows_all());
    let status = told(vec![listed, (2, answer(&["a"])), (3, answer(&[]))]);
    assert!(status.servers[0].picker.as_ref().unwrap().shows_all());
    assert_eq!((status.counters.picker_shown, status.counters.picker_failed), (1, 1));
}

#[test]
fn servers_that_are_configured_away_are_forgotten() {
    let mut status = told(vec![(1, pass(1, Ok(found(&["a"], Ok(true)))))]);
    let began = Duration::from_secs(11);
    status.apply(&Event::Passed(Pass { began, ended: began, next: None, servers: vec![] }), at(11));
    assert!(status.servers.is_empty());
}

#[test]
fn the_verdict_is_the_worst_that_is_known_and_says_why() {
    let verdict = |events: Vec<(u64, Event)>, now: u64| {
        let (state, sentence) = told(events).verdict(at(now).clock, Duration::from_secs(60));
        (state.as_str(), sentence)
    };
    let good = (1, pass(1, Ok(found(&["a"], Ok(true)))));
    assert_eq!(verdict(vec![], 1).0, "starting");
    assert_eq!(
        verdict(vec![good.clone()], 2),
        ("in-sync", "OpenClaw has the one model that is served.".to_owned())
    );
    assert_eq!(verdict(vec![good.clone(), (2, paused(BusySource::Gateway))], 3).0, "paused");
    assert_eq!(verdict(vec![good.clone()], 99).0, "stalled");
    let (state, why) = verdict(vec![good, (11, pass(11, Err(trouble("refused"))))], 12);
    assert_eq!(
        (state, &*why),
        ("failing", "lmstudio does not list its models: it is refused. What OpenClaw knows stays.")
    );
    let (state, why) = verdict(vec![(1, pass(1, Ok(found(&["a"], Err(trouble("malformed"))))))], 2);
    assert_eq!((state, &*why), ("failing", "The model list cannot be updated: it is malformed."));
}

#[test]
fn a_picker_that_hides_models_is_no_agreement_and_one_that_is_not_there_is() {
    for (kind, state) in [("hidden", "not-visible"), ("restart", "not-visible"), ("unreachable", "in-sync")] {
        let result = Err(Trouble { advice: Some("do this"), ..trouble(kind) });
        let (provider, since_listed) = ("lmstudio".to_owned(), Duration::ZERO);
        let (again, configured) = (false, None);
        let asked = Event::Asked(PickerAnswer { provider, result, since_listed, again, configured });
        let status = told(vec![(1, pass(1, Ok(found(&["a"], Ok(true))))), (2, asked)]);
        let (verdict, why) = status.verdict(at(3).clock, Duration::from_secs(60));
        assert_eq!(verdict.as_str(), state);
        assert_eq!(why.ends_with("it is hidden; do this."), kind == "hidden", "{why}");
    }
}

#[test]
fn a_picker_that_does_not_show_the_change_yet_is_named_until_that_is_sure() {
    for (kind, again, awaited) in
        [("hidden", true, true), ("hidden", false, false), ("unreachable", true, false)]
    {
        let (provider, since_listed) = ("lmstudio".to_owned(), Duration::ZERO);
        let result = Err(trouble(kind));
        let asked = Event::Asked(PickerAnswer { provider, result, since_listed, again, configured: None });
        let status = told(vec![(1, pass(1, Ok(found(&["a"], Ok(true))))), (2, asked)]);
        let (_, why) = status.verdict(at(3).clock, Duration::from_secs(60));
        assert_eq!(why.ends_with("; its picker has not shown the last change yet."), awaited, "{why}");
    }
}

#[test]
fn a_missing_key_is_told_with_what_keeps_lmsync_from_making_up_for_it() {
    let shown =
        Shown { models: 1, missing: vec![], lingering: vec![], unavailable: true, took: Duration::ZERO };
    let not = Configured::Not { why: "it has comments".to_owned(), advice: "remove them" };
    for (configured, both) in [(None, false), (Some(not), true)] {
        let (provider, result, since_listed) = ("lmstudio".to_owned(), Ok(shown.clone()), Duration::ZERO);
        let asked = Event::Asked(PickerAnswer { provider, result, since_listed, again: false, configured });
        let status = told(vec![(1, pass(1, Ok(found(&["a"], Ok(true))))), (2, asked)]);
        let (verdict, why) = status.verdict(at(3).clock, Duration::from_secs(60));
        assert_eq!(verdict.as_str(), "not-visible");
        assert!(why.contains("LM_API_TOKEN"), "{why}");
        assert_eq!(why.ends_with("it has comments; remove them."), both, "{why}");
    }
}
