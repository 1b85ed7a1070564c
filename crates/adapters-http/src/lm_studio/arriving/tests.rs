//! A list that arrives in parts is the list that it is as a whole.

use proptest::prelude::*;

use super::*;
use crate::lm_studio::listing::Pages;

/// What becomes of a body that arrives in pieces of this size, with every text counted as long; and how much of it is
/// kept in the end.
fn arrive(body: &[u8], piece: usize) -> (Result<Page, NotAList>, usize) {
    let mut list = Arriving::longer_than(0, Echo(Vec::new()));
    let mut kept = Vec::new();
    for piece in body.chunks(piece) {
        kept.extend_from_slice(piece);
        if list.take(&mut kept).is_break() {
            break;
        }
    }
    let length = kept.len();
    (list.finish(&kept), length)
}

fn shown(page: Result<Page, NotAList>) -> Result<String, NotAList> {
    page.map(|page| {
        let Entries { ids, facts, parents, .. } = &page.entries;
        let facts: Vec<_> = ids.iter().map(|id| facts.get(id)).collect();
        let listed = format!("{ids:?} {facts:?} {parents:?} {:?}", page.next);
        format!("{listed} {:?}", Pages::new(page).into_listing(None).incomplete())
    })
}

fn assert_same(body: &str, piece: usize) {
    let whole = shown(super::super::listing::parse(body.as_bytes()));
    assert_eq!(shown(arrive(body.as_bytes(), piece).0), whole, "{body} by {piece}");
}

/// Lists, and what looks like one.
const BODIES: [&str; 22] = [
    r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c","context_length":5},{"id":"d"}],"object":"list"}"#,
    r#"{"object":"list","x":[1,2,[3]],"data":[{"id":"a"},5,{"id":"b"},{"id":"b"}],"has_more":true}"#,
    r#"[{"id":"a","name":"A, or [\"b\\"},{"id":"b","parent":"a"},null,{"id":"c"},{"id":"d"}]"#,
    "{\"data\":\n[{\"id\":\"a\"},\n {\"id\":\"b\"},\n\n{\"id\":\"c\"},{\"id\":\"d\"},\n{\"id\" 5}]}",
    "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"},{\"id\":\"d\"}",
    r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"},]}"#,
    r#"{"data":[,{"id":"a"},{"id":"b"},{"id":"c"}]}"#,
    r#"{"data":[{"id":"a"},,{"id":"b"},{"id":"c"}]}"#,
    r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"}],"data":[{"id":"x"},{"id":"y"},{"id":"z"}]}"#,
    r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"}],"data":null,"object":"list"}"#,
    r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"}],"\u0064ata":[{"id":"x"}]}"#,
    r#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"}],"error":{"message":"no"}}"#,
    r#"{"data":{"data":[{"id":"a"},{"id":"b"},{"id":"c"}]}}"#,
    r#"{"x":"data","y":[1,2,3],"data":5,"z":[1,2,3]}"#,
    r#"{"data":[{"id":5},{"name":"x"},null,{}]}"#,
    r#"[[],[],[],[]]"#,
    r#"[{"id":"a"},[],[],[{"id":"b"}],[]]"#,
    "[]",
    r#"{"data":[1,2,3}"#,
    r#"{"data":[{"id":"a"]},{"id":"b"}],{"id":"c"},{"id":"d"}]}"#,
    r#"{"data":[{"id":"a"},{"id":"b"} {"id":"c"},{"id":"d"},{"id":"e"}]}"#,
    r#"{"data":[{"id":"ä\ud83d\ude00","display_name":"ö"},{"id":"日本"},{"id":"c"},{"id":"d"}]} "#,
];

#[test]
fn a_list_in_parts_is_the_same_list_and_the_same_error_at_the_same_place() {
    for body in BODIES {
        for piece in 1..=body.len() {
            assert_same(body, piece);
        }
    }
}

#[test]
fn where_text_is_none_is_said_of_the_whole_answer() {
    let body = b"{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"},{\"id\":\"\xff\"},{\"id\":\"d\"}]}";
    for piece in 1..body.len() {
        assert_eq!(arrive(body, piece).0.unwrap_err(), NotAList::NotText { at: 49 }, "{piece}");
    }
}

#[test]
fn of_a_long_list_little_is_kept() {
    let entries: Vec<_> = (0..1000).map(|n| format!(r#"{{"id":"{n}","description":"[\"}}],{{\\"}}"#)).collect();
    for body in [format!(r#"{{"data":[{}],"object":"list"}}"#, entries.join(",")), format!("[{}]", entries.join(", "))]
    {
        let (page, kept) = arrive(body.as_bytes(), 100);
        assert_eq!(page.unwrap().entries.ids.len(), 1000);
        assert!(kept < 250, "{kept}");
    }
}

#[test]
fn nothing_more_is_read_of_what_is_no_list() {
    let entries = |count| vec![r#"{"id":"a"}"#; count].join(",");
    let body = format!(r#"{{"data":[{},{{"id" "b"}},{}"#, entries(10), entries(1000));
    let (page, kept) = arrive(body.as_bytes(), 16);
    assert!(matches!(page, Err(NotAList::NotJson { line: 1, .. })), "{page:?}");
    assert!(kept < 100, "{kept}");
    let (page, _) = arrive(format!("[{}]", entries(100_001)).as_bytes(), 64 * 1024);
    assert_eq!(page.unwrap_err(), NotAList::TooMany);
    let (page, _) = arrive(format!("[{}]", vec!["5"; 300_000].join(",")).as_bytes(), 1024 * 1024);
    assert_eq!(page.unwrap_err(), NotAList::TooMany);
}

#[test]
fn ids_and_names_that_are_longer_than_a_short_answer_are_refused() {
    let id = "x".repeat(1024);
    let body = format!("[{}]", vec![format!(r#"{{"id":"{id}"}}"#); 11_000].join(","));
    assert_eq!(arrive(body.as_bytes(), 256 * 1024).0.unwrap_err(), NotAList::TooLong);
}

#[test]
fn a_key_that_is_repeated_in_a_part_is_found() {
    let secret = "sk-0123456789-0123456789";
    let mut list = Arriving::longer_than(0, Echo(vec![secret]));
    let mut body = format!(r#"[{{"id":"{secret}"}},5,5,5"#).into_bytes();
    assert!(list.take(&mut body).is_break());
    assert_eq!(list.finish(&body).unwrap_err(), NotAList::RepeatsKey);
}

proptest! {
    #[test]
    fn whatever_is_changed_parts_and_whole_are_read_alike(
        body in prop::sample::select(&BODIES[..]),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{},:\"\\\\ad5\n ]{0,2}"), 0..4),
        piece in 1..40_usize,
    ) {
        let mut body = body.to_owned();
        for (place, text) in edits {
            let place = place.index(body.len().max(1));
            if body.is_char_boundary(place) && body.is_char_boundary((place + 1).min(body.len())) {
                body.replace_range(place..(place + 1).min(body.len()), &text);
            }
        }
        assert_same(&body, piece);
    }
}
