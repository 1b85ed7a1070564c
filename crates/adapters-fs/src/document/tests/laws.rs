//! Laws of the document, tried on generated texts: foreign content survives, an edit is complete, and the
//! same edit again changes nothing.

use domain::{Input, Model, ModelId, Provider, describe};
use proptest::prelude::*;

use crate::document::fuzz::{OURS, OWNED, SETTINGS, foreign, models_json, planned};
use crate::document::*;

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just(" "), Just("\n\t"), Just("\r\n  ")]
}

fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z é日:,{}\\[\\]]{1,4}",
        Just(r#"\""#.to_owned()),
        Just(r"\\".to_owned()),
        Just(r"\/".to_owned()),
        "\\\\u[0-9a-f]{4}",
        Just(r"\ud800".to_owned()),
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("0".to_owned()),
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?",
        string(),
    ]
}

fn array(element: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    (proptest::collection::vec(element, 0..4), space())
        .prop_map(|(elements, space)| format!("[{space}{}{space}]", elements.join(&format!("{space},{space}"))))
}

fn object(member: impl Strategy<Value = (String, String)> + 'static) -> impl Strategy<Value = String> {
    (proptest::collection::vec(member, 0..6), space()).prop_map(|(members, space)| {
        let members: Vec<String> =
            members.into_iter().map(|(key, value)| format!("{key}{space}:{space}{value}")).collect();
        format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
    })
}

fn any_value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 16, 3, |inner| prop_oneof![array(inner.clone()), object((string(), inner))])
}

fn member(
    keys: &'static [&'static str],
    value: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = (String, String)> {
    (proptest::sample::select(keys).prop_map(|key| format!("\"{key}\"")), value)
}

fn row() -> impl Strategy<Value = String> {
    let id = prop_oneof![Just(r#""a""#), Just(r#""b""#), Just(r#""\u0063""#), Just("7")].prop_map(str::to_owned);
    let price = member(&["input", "output", "cacheRead", "cacheWrite", "x"], scalar());
    let owned = prop_oneof![
        member(&["name"], string()),
        member(&["reasoning"], scalar()),
        member(&["input"], array(prop_oneof![Just(r#""text""#.to_owned()), scalar()])),
        member(&["cost"], object(price)),
        member(&["contextWindow", "contextTokens", "maxTokens"], "[1-3]|2\\.0|30e-1"),
        member(&["compat"], object(member(&["supportsStore", "maxTokensField", "x"], scalar()))),
        member(&OWNED, any_value()),
    ];
    let other = (string(), any_value());
    prop_oneof![9 => object(prop_oneof![2 => member(&["id"], id), 4 => owned, 2 => other]), 1 => any_value()]
}

/// Documents as they may be: ours missing, doubled, `null`, in part or whole, amid anything else.
fn document() -> impl Strategy<Value = String> {
    let rows = prop_oneof![9 => array(row()), 1 => Just("null".to_owned())];
    let ours = object(prop_oneof![
        2 => member(&SETTINGS, string()),
        2 => member(&["models", "mod\\u0065ls"], rows),
        2 => (string(), any_value()),
    ]);
    let providers = object(prop_oneof![
        3 => member(&[OURS], prop_oneof![9 => ours.boxed(), 1 => Just("null".to_owned()).boxed()]),
        2 => (string(), any_value()),
    ]);
    let member = prop_oneof![3 => member(&["providers"], providers), 1 => (string(), any_value())];
    object(member)
}

fn model() -> impl Strategy<Value = Model> {
    ("[a-d]", string(), any::<[bool; 2]>(), 1..4_u64, proptest::option::of(1..4_u64), 1..4_u64).prop_map(
        |(id, name, [reasoning, image], context_window, context_tokens, max_tokens)| Model {
            name,
            reasoning,
            input: if image { Input::TextAndImage } else { Input::Text },
            context_window,
            context_tokens,
            max_tokens,
            ..describe(&ModelId::new(&id).unwrap(), None)
        },
    )
}

fn wanted() -> impl Strategy<Value = Provider> {
    let base_url = "http://[a-z\"\\\\]{1,8}/v1";
    (base_url, proptest::collection::vec(model(), 1..5))
        .prop_map(|(base_url, models)| Provider { base_url, models: models.into_iter().collect() })
}

proptest! {
    #[test]
    fn foreign_content_survives_every_edit(text in document(), wanted in wanted()) {
        let edited = edit(text.as_bytes(), OURS, &planned(text.as_bytes(), wanted.clone())).unwrap();
        prop_assert_eq!(foreign(text.as_bytes(), &wanted.models), foreign(&edited, &wanted.models));
    }

    #[test]
    fn after_an_edit_nothing_is_left_to_plan(text in document(), wanted in wanted()) {
        let edited = edit(text.as_bytes(), OURS, &planned(text.as_bytes(), wanted.clone())).unwrap();
        let left = planned(&edited, wanted.clone());
        prop_assert!(left.is_empty(), "{:?}", left);
        let held = view(&edited, OURS).unwrap().unwrap();
        let ids: Vec<_> = held.models.iter().map(|row| row.id.clone().unwrap()).collect();
        let wanted: Vec<_> = wanted.models.iter().map(|model| model.id.clone()).collect();
        prop_assert_eq!(ids, wanted);
    }

    #[test]
    fn an_edit_twice_is_the_edit_once(text in document(), wanted in wanted()) {
        let once = edit(text.as_bytes(), OURS, &planned(text.as_bytes(), wanted.clone())).unwrap();
        let twice = edit(&once, OURS, &planned(&once, wanted)).unwrap();
        prop_assert_eq!(String::from_utf8(once).unwrap(), String::from_utf8(twice).unwrap());
    }

    #[test]
    fn any_bytes_are_viewed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        models_json(&bytes);
    }

    #[test]
    fn the_fuzzers_plans_keep_the_laws(plan in any::<[u8; 4]>(), text in document()) {
        models_json(&[&plan, text.as_bytes()].concat());
    }

    #[test]
    fn any_near_miss_is_viewed_and_edited_or_refused(
        text in document(), at in any::<prop::sample::Index>(), byte in any::<u8>(), wanted in wanted(),
    ) {
        let mut text = text.into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if view(&text, OURS).is_ok() {
            prop_assert!(edit(&text, OURS, &planned(&text, wanted)).is_ok());
        }
    }

    #[test]
    fn what_json_parse_takes_is_what_is_taken(text in any_value(), cut in any::<prop::sample::Index>()) {
        prop_assert!(shape::validate(text.as_bytes()).is_ok());
        let whole = text.trim();
        if whole.starts_with(['{', '[', '"']) {
            let at = (0..=cut.index(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
            prop_assert!(shape::validate(&whole.as_bytes()[..at]).is_err());
        }
    }
}
