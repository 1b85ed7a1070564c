//! What is a list, what is not, and that nothing makes the parser panic.

use proptest::prelude::*;

use super::*;

fn ids(body: &str) -> Vec<String> {
    parse(body.as_bytes()).unwrap().entries.ids.iter().map(ToString::to_string).collect()
}

fn skipped(body: &str) -> usize {
    let listing = Pages::new(parse(body.as_bytes()).unwrap()).into_listing(None);
    listing.incomplete().map_or(0, Incomplete::skipped)
}

fn refused(body: impl AsRef<[u8]>) -> NotAList {
    parse(body.as_ref()).unwrap_err()
}

#[test]
fn an_entry_needs_an_id_and_nothing_else() {
    let body = r#"{"data":[{"id":"a"},{"id":"b","object":5,"created":"now","owned_by":[null]}]}"#;
    assert_eq!(ids(body), ["a", "b"]);
}

#[test]
fn an_entry_without_a_usable_id_is_skipped_and_counted() {
    let body = r#"{"data":[{"id":"a"},{},{"id":""},{"id":5},{"id":null},"b",null,[[]],
        {"id":"\ud800"},{"id":"x\u001b[31m"},{"id":"__proto__"},{"id":"z"}]}"#;
    assert_eq!(ids(body), ["a", "z"]);
    assert_eq!(skipped(body), 10);
}

#[test]
fn what_the_first_entry_without_an_id_has_instead_is_named() {
    for (entry, named) in [
        (r#"{"name":"llama3.2:3b","model":"llama3.2:3b"}"#, r#"has "name", "model" instead"#),
        (r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, r#"has "a", "b", "c", "d", "…" instead"#),
        (r#"{"a\u001b[31m":1}"#, r#"has "a\u{1b}[31m" instead"#),
        ("{}", "is an empty object"),
        (r#"{"id":5}"#, r#"has an "id" that is a number"#),
        (r#"{"id":""}"#, r#"has an "id" that is an empty text"#),
        (r#"{"id":"a\nb"}"#, r#"has an "id" that is a text that cannot be an id"#),
        (r#""llama3.2:3b""#, "is a string"),
        ("null", "is null"),
    ] {
        let one = refused(format!(r#"{{"data":[{entry}]}}"#)).to_string();
        assert!(one.starts_with("none of its 1 entries has a usable \"id\": the first "), "{one}");
        assert!(one.contains(named), "{one}");
        let beside = parse(format!(r#"[{{"id":"a"}},{entry},{entry}]"#).as_bytes()).unwrap();
        let said = Pages::new(beside).into_listing(None).incomplete().unwrap().to_string();
        assert!(said.contains(&format!("the first {named}")), "{said}");
    }
}

#[test]
fn where_no_entry_can_be_read_it_is_no_list() {
    let body = include_str!("../../../../../tests/cases/54-entries-without-id.json");
    let said = r#"none of its 2 entries has a usable "id": the first has "name", "model" instead"#;
    assert_eq!(refused(body).to_string(), said);
}

#[test]
fn an_array_with_ids_is_a_list_and_an_empty_array_is_not() {
    let body = include_str!("../../../../../tests/cases/07-together-bare-array.json");
    let expected = ["meta-llama/Llama-3.3-70B-Instruct-Turbo", "black-forest-labs/FLUX.1-schnell"];
    assert_eq!(ids(body), expected);
    assert!(matches!(refused("[]"), NotAList::NotAnObject { .. }));
    assert!(matches!(refused("[ [{\"id\":\"a\"}]]"), NotAList::NotAnObject { .. }));
    assert!(matches!(refused(r#"["a"]"#), NotAList::NoId { count: 1, .. }));
    assert!(matches!(refused(r#"[{"id":"a"}"#), NotAList::CutOff { .. }));
}

#[test]
fn null_is_an_empty_list_where_it_is_said_to_be_a_list() {
    assert_eq!(ids(include_str!("../../../../../tests/cases/06-ollama-empty-data-null.json")), [""; 0]);
    for body in [r#"{"data":null}"#, r#"{"data":null,"object":"model"}"#, r#"{"data":null,"object":5}"#] {
        assert_eq!(refused(body), NotAList::ListIsNot { key: "data", found: "null" });
    }
}

#[test]
fn a_further_page_begins_after_the_last_id_or_nobody_knows_where() {
    let next = |rest: &str| parse(format!(r#"{{"data":[{{"id":"a"}},{{"id":"b"}}]{rest}}}"#).as_bytes()).unwrap().next;
    for rest in ["", r#","has_more":false"#, r#","has_more":null,"next":null,"last_id":"b""#, r#","next":"""#] {
        assert_eq!(next(rest), Next::Nothing, "{rest}");
    }
    assert_eq!(next(r#","has_more":true"#), Next::After("b".into()));
    assert_eq!(next(r#","has_more":true,"last_id":"z""#), Next::After("z".into()));
    assert_eq!(next(r#","has_more":1,"last_id":5"#), Next::After("b".into()));
    for rest in [r#","next":"http://h/v1/models?page=2""#, r#","nextPageToken":"t""#, r#","hasMore":true"#] {
        assert_eq!(next(rest), Next::Somewhere, "{rest}");
    }
    let none = parse(br#"{"object":"list","data":null,"has_more":true}"#).unwrap();
    assert_eq!(none.next, Next::Somewhere);
}

#[test]
fn an_empty_list_is_a_list() {
    assert_eq!(ids(r#"{"object":"list","data":[]}"#), [""; 0]);
}

#[test]
fn of_a_repeated_key_the_last_one_counts() {
    assert_eq!(ids(r#"{"data":[{"id":"a"}],"data":[{"id":"b","id":"c"}]}"#), ["c"]);
    let last_is_null = r#"{"data":[{"id":"a"}],"data":null}"#;
    assert_eq!(refused(last_is_null), NotAList::ListIsNot { key: "data", found: "null" });
    assert_eq!(skipped(r#"{"data":[{"id":"b"},{"id":"a","id":5}]}"#), 1);
}

#[test]
fn an_error_beside_a_list_makes_it_no_list_unless_it_is_null() {
    let with = |error: &str| format!(r#"{{"data":[{{"id":"a"}}],"error":{error}}}"#);
    assert_eq!(ids(&with("null")), ["a"]);
    assert_eq!(refused(with("\"no\\u001b\"")), NotAList::Refusal);
    assert_eq!(refused(with("{\"message\":\"no\"}")), NotAList::Refusal);
    for error in ["{}", "5", "[]", "{\"message\":5}", "\"\\ud800\""] {
        assert!(matches!(refused(with(error)), NotAList::Refusal), "{error}");
    }
    assert_eq!(refused(with("{\"code\":\"invalid_api_key\"}")), NotAList::KeyRefused);
}

#[test]
fn what_was_found_instead_is_named() {
    for (body, shown) in [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("<!doctype html>", "the answer is an HTML page"),
        ("\u{1f}", "the answer is not JSON (line 1, column 1)"),
        ("[]", "the answer is an empty array, not an object with a \"data\" array"),
        ("\"data\"", "the answer is a string, not an object with a \"data\" array"),
        ("null", "the answer is null, not an object with a \"data\" array"),
        ("{}", "the answer has no \"data\""),
        ("{\"data\":{}}", "\"data\" is an object, not an array"),
        ("{\"data\":[{\"id\":", "the answer is JSON that ends too early (line 1, column 15)"),
        ("{\"data\":[]} x", "the answer is not JSON (line 1, column 13)"),
        ("{\"data\":[,]}", "the answer is not JSON (line 1, column 10)"),
    ] {
        assert_eq!(refused(body).to_string(), shown, "{body}");
    }
    assert_eq!(refused(b"{\"data\":[\xff]}"), NotAList::NotText { at: 9 });
    assert_eq!(refused(b"\x1f\x8b\x08\x00"), NotAList::Compressed);
}

#[test]
fn nesting_of_any_depth_is_ignored_where_nothing_is_needed() {
    let (open, close) = ("[".repeat(1_000_000), "]".repeat(1_000_000));
    let nested = format!("{open}{close}");
    let body = format!(r#"{{"x":{nested},"data":[{{"x":{nested},"id":"a"}},{nested}],"y":{nested}}}"#);
    assert_eq!(ids(&body), ["a"]);
    assert!(matches!(refused(format!(r#"{{"data":{open}"#)), NotAList::CutOff { .. }));
    assert!(matches!(refused(open), NotAList::NotAnObject { .. }));
}

#[test]
fn an_answer_near_the_size_limit_has_few_levels_and_brackets_in_texts_are_none() {
    let long = |filler: &str| filler.repeat(9 * 1024 * 1024 / filler.len());
    assert!(matches!(refused(format!(r#"{{"data":{}"#, long("["))), NotAList::TooDeep));
    assert!(matches!(refused(long("[")), NotAList::TooDeep));
    assert_eq!(ids(&format!(r#"{{"x":"\"{}","data":[{{"id":"a"}}]}}"#, long("["))), ["a"]);
    assert_eq!(ids(&format!(r#"{{"x":[{}0],"data":[{{"id":"a"}}]}}"#, long("[[]],"))), ["a"]);
}

#[test]
fn an_id_may_be_written_all_in_escapes() {
    let id = "\\ud83d\\ude00".repeat(1024);
    assert_eq!(ids(&format!(r#"{{"data":[{{"id":"{id}"}}]}}"#)), ["😀".repeat(1024)]);
}

#[test]
fn huge_numbers_and_odd_keys_are_ignored_where_nothing_is_needed() {
    let body = r#"{"a":1e999999,"\ud800":-0,"__proto__":{},"data":[{"id":"a","\udfff":1e-99999}]}"#;
    assert_eq!(ids(body), ["a"]);
}

#[test]
fn a_list_of_over_100_000_is_refused() {
    let list = |count: usize| format!(r#"{{"data":[{}]}}"#, vec![r#"{"id":"a"}"#; count].join(","));
    assert_eq!(parse(list(100_000).as_bytes()).unwrap().entries.ids.len(), 100_000);
    assert_eq!(refused(list(100_001)), NotAList::TooMany);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_change_to_a_good_answer_makes_it_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut bytes = include_bytes!("../../../tests/fixtures/models-lm-studio.json").to_vec();
        for (place, byte, kind) in edits {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => bytes.truncate(place.max(1)),
            }
        }
        let _ = parse(&bytes);
    }

    #[test]
    fn every_usable_id_is_found_in_order(texts in proptest::collection::vec("\\PC{1,12}", 0..20)) {
        let good: Vec<_> = texts.iter().filter(|text| ModelId::new(text).is_ok()).cloned().collect();
        let entries: Vec<_> = texts.iter().map(|id| serde_json::json!({ "id": id })).collect();
        let body = serde_json::json!({ "data": entries }).to_string();
        prop_assert_eq!(ids(&body), good);
    }
}
