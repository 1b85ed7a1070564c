//! The schemas in `docs/schemas`, and whether a document is as one says. Of JSON Schema it knows what those use, and
//! refuses to pass over anything else.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Asserts that the document is as the schema of that name says.
#[track_caller]
pub(crate) fn assert_is(document: &Value, name: &str) {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").join(name).with_extension("json");
    let schema: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mut wrong = Vec::new();
    check(document, &schema, "", &mut wrong);
    assert!(wrong.is_empty(), "{name}: {wrong:#?} in {document:#}");
}

fn check(value: &Value, schema: &Value, place: &str, wrong: &mut Vec<String>) {
    for (keyword, asked) in schema.as_object().expect("a schema is an object") {
        let fine = match keyword.as_str() {
            "$schema" | "title" | "description" => true,
            "type" => types(asked).any(|kind| is(value, kind)),
            "enum" => asked.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= asked.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= asked.as_u64().unwrap()),
            "required" => value.as_object().is_none_or(|has| {
                asked.as_array().unwrap().iter().all(|key| has.contains_key(key.as_str().unwrap()))
            }),
            "additionalProperties" if *asked == false => value
                .as_object()
                .is_none_or(|has| has.keys().all(|key| schema["properties"].get(key).is_some())),
            "properties" => {
                for (key, of) in asked.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        check(value, of, &format!("{place}.{key}"), wrong);
                    }
                }
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(item, asked, &format!("{place}.{index}"), wrong);
                }
                true
            }
            other => panic!("a keyword that is not looked at: {other}"),
        };
        if !fine {
            wrong.push(format!("{place}: {keyword} {asked}, but it is {value}"));
        }
    }
}

fn types(asked: &Value) -> impl Iterator<Item = &str> {
    let one = asked.as_str();
    one.into_iter().chain(asked.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("a type that is not looked at: {other}"),
    }
}
