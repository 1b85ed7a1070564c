//! The removal rule, by examples and against a naive reading of whole histories.

use proptest::prelude::*;

use super::*;
use crate::{Incomplete, Oddity};

const SECOND: Duration = Duration::from_secs(1);

fn ids(text: &str) -> Vec<ModelId> {
    text.chars().map(|c| ModelId::new(&c.to_string()).unwrap()).collect()
}

/// These models; with a `?`, and another entry that cannot be read.
fn listing(text: &str) -> Listing {
    let count = text.matches('?').count();
    let first = Oddity::Value("a number");
    Listing::new(ids(&text.replace('?', ""))).but((count > 0).then_some(Incomplete::Entries { count, first }))
}

/// One second after another: what is listed (`x`: a failure), and what of `abc` is held then.
fn held(removals: &mut Removals, answers: &[&str]) -> Vec<String> {
    let observe = |(second, answer): (u32, &&str)| {
        if *answer == "x" {
            removals.failed();
            return "-".to_owned();
        }
        let verdict = removals.observe(&listing(answer), |_| true, &ids("abc"), second * SECOND);
        verdict.held.iter().map(|held| held.id.as_str()).collect()
    };
    (0..).zip(answers).map(observe).collect()
}

#[test]
fn a_missing_model_goes_with_the_second_listing_two_seconds_later() {
    assert_eq!(held(&mut Removals::default(), &["abc", "ab", "ab", "ab", "ab"]), ["", "c", "c", "", ""]);
}

#[test]
fn a_failure_neither_confirms_nor_resets() {
    assert_eq!(held(&mut Removals::default(), &["abc", "ab", "x", "x", "ab"]), ["", "c", "-", "-", ""]);
}

#[test]
fn a_model_that_is_listed_again_starts_anew() {
    let answers = ["abc", "ab", "ab", "abc", "ab", "ab", "ab"];
    assert_eq!(held(&mut Removals::default(), &answers), ["", "c", "c", "", "c", "c", ""]);
}

#[test]
fn the_first_listing_removes_nothing() {
    assert_eq!(held(&mut Removals::default(), &["a", "a", "a"]), ["bc", "bc", ""]);
    assert_eq!(held(&mut Removals::new(Duration::ZERO), &["", "", ""]), ["abc", "abc", ""]);
}

#[test]
fn time_around_a_failure_is_no_time_of_empty_lists() {
    let answers = ["abc", "", "", "x", "x", "", "", "", ""];
    let expected = ["", "abc", "abc", "-", "-", "abc", "abc", "", ""];
    assert_eq!(held(&mut Removals::new(3 * SECOND), &answers), expected);
}

#[test]
fn an_empty_list_says_nothing_about_one_model() {
    assert_eq!(held(&mut Removals::default(), &["ab", "", "", "", "ab"]), ["c", "abc", "abc", "abc", ""]);
    assert_eq!(held(&mut Removals::default(), &["abc", "", "", "", "ab"]), ["", "abc", "abc", "abc", "c"]);
}

#[test]
fn an_incomplete_listing_removes_nothing_however_often_it_comes() {
    let answers = ["abc", "a?", "a?", "a?", "?", "?", "?", "?", "?"];
    let expected = ["", "bc", "bc", "bc", "abc", "abc", "abc", "abc", "abc"];
    assert_eq!(held(&mut Removals::new(2 * SECOND), &answers), expected);
    assert_eq!(held(&mut Removals::default(), &["a?", "a?", "a?", "a?"]), ["bc"; 4]);
}

#[test]
fn after_an_incomplete_listing_every_removal_is_confirmed_anew() {
    let answers = ["abc", "ab", "ab?", "ab", "ab", "ab", "ab"];
    assert_eq!(held(&mut Removals::default(), &answers), ["", "c", "c", "c", "c", "", ""]);
    let answers = ["a?", "a", "a", "a"];
    assert_eq!(held(&mut Removals::default(), &answers), ["bc", "bc", "bc", ""]);
    let answers = ["abc", "", "", "?", "", "", "", ""];
    let expected = ["", "abc", "abc", "abc", "abc", "abc", "abc", ""];
    assert_eq!(held(&mut Removals::new(3 * SECOND), &answers), expected);
}

#[test]
fn nothing_is_asked_again_on_account_of_an_incomplete_listing() {
    let verdict = Removals::default().observe(&listing("a?"), |_| true, &ids("ab"), SECOND);
    let expected = HeldModel { id: ids("b").remove(0), since: SECOND, reason: HoldReason::ListIncomplete };
    assert_eq!(verdict, Verdict { held: vec![expected], confirm_in: None });
}

#[test]
fn a_list_with_nothing_to_chat_with_is_an_empty_one() {
    let mut removals = Removals::default();
    let verdict = removals.observe(&listing("e"), |id| id.as_str() != "e", &ids("ae"), SECOND);
    let expected = HeldModel { id: ids("a").remove(0), since: SECOND, reason: HoldReason::ListEmpty };
    assert_eq!(verdict, Verdict { held: vec![expected], confirm_in: Some(EMPTY_AFTER) });
}

#[test]
fn nothing_is_asked_again_where_nothing_is_held() {
    let mut removals = Removals::default();
    removals.observe(&listing("ab"), |_| true, &ids("ab"), SECOND);
    assert_eq!(removals.observe(&listing("a"), |_| true, &ids("a"), 2 * SECOND).confirm_in, None);
}

/// An answer of a server, and the time that has passed since the one before.
type Event = (Duration, Option<String>);

const ALL: &str = "abcd";

fn events() -> impl Strategy<Value = Vec<Event>> {
    let answer = prop_oneof![
        1 => Just(None),
        3 => Just(Some(String::new())),
        5 => proptest::sample::subsequence(ALL.chars().collect::<Vec<_>>(), 0..=4)
            .prop_map(|ids| Some(ids.into_iter().collect())),
        1 => proptest::sample::subsequence(ALL.chars().collect::<Vec<_>>(), 0..=4)
            .prop_map(|ids| Some(ids.into_iter().chain(['?']).collect())),
    ];
    proptest::collection::vec(((0..3_000_u64).prop_map(Duration::from_millis), answer), 1..40)
}

/// Whether the last listing of a history shows that a model is gone, read off the history as a whole.
fn is_gone(history: &[(Duration, Option<String>)], id: char, empty_after: Duration) -> bool {
    // What could not be read may have been this model.
    let has = |ids: &String| ids.contains([id, '?']);
    let without = history.iter().rev().take_while(|(_, answer)| !answer.as_ref().is_some_and(has));
    let mut without: Vec<_> = without.collect();
    without.reverse();
    if without.is_empty() {
        return false;
    }
    let now = history.last().unwrap();
    let full = |(_, answer): &&&(_, Option<String>)| matches!(answer, Some(ids) if !ids.is_empty());
    let first = without.iter().find(full).map(|(time, _)| *time);
    let confirmed = full(&&now) && first.is_some_and(|first| now.0 - first >= CONFIRM_AFTER);

    let (mut lasted, mut longest) = (Duration::ZERO, Duration::ZERO);
    for pair in without.windows(2) {
        match (&pair[0].1, &pair[1].1) {
            (Some(a), Some(b)) if a.is_empty() && b.is_empty() => lasted += pair[1].0 - pair[0].0,
            (_, Some(b)) if !b.is_empty() => lasted = Duration::ZERO,
            _ => {}
        }
        longest = longest.max(lasted);
    }
    let emptied = if full(&&now) { longest } else { lasted };
    confirmed || emptied >= empty_after
}

proptest! {
    #[test]
    fn a_model_is_removed_when_its_absence_is_confirmed_and_not_before(events in events()) {
        let empty_after = 4 * SECOND;
        let mut removals = Removals::new(empty_after);
        let (mut now, mut history) = (Duration::ZERO, Vec::new());
        for (gap, answer) in events {
            now += gap;
            history.push((now, answer.clone()));
            let Some(answer) = answer else {
                removals.failed();
                continue;
            };
            let verdict = removals.observe(&listing(&answer), |_| true, &ids(ALL), now);
            for id in ALL.chars().filter(|id| !answer.contains(*id)) {
                let held = verdict.held.iter().any(|held| held.id.as_str().starts_with(id));
                prop_assert_eq!(held, !is_gone(&history, id, empty_after), "{} in {:?}", id, history);
            }
            prop_assert!(verdict.held.iter().all(|held| !answer.contains(held.id.as_str())));
        }
    }

    #[test]
    fn asking_again_when_told_to_decides(events in events()) {
        let mut removals = Removals::new(4 * SECOND);
        let mut now = Duration::ZERO;
        for (gap, answer) in events {
            now += gap;
            let Some(answer) = answer else {
                removals.failed();
                continue;
            };
            let verdict = removals.observe(&listing(&answer), |_| true, &ids(ALL), now);
            let decides = !verdict.held.is_empty() && !answer.contains('?');
            prop_assert_eq!(decides, verdict.confirm_in.is_some());
            if let Some(wait) = verdict.confirm_in {
                prop_assert!(!wait.is_zero());
                now += wait;
                let again = removals.observe(&listing(&answer), |_| true, &ids(ALL), now);
                prop_assert!(again.held.len() < verdict.held.len());
            }
        }
    }
}
