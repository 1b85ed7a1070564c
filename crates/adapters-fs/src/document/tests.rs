//! Examples of the document: what is refused and how that is said, what is seen, what an edit looks like.

mod laws;

use domain::{Cost, Input, ModelId, Plan, Provider, Stored, describe, plan};

use super::*;

const OURS: &str = "lmstudio";

fn wanted(ids: &[&str]) -> Provider {
    let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap(), None)).collect();
    Provider { base_url: "http://localhost:1234/v1".into(), models }
}

fn plan_for(ids: &[&str]) -> Plan {
    plan(&Stored::default(), wanted(ids), [])
}

fn edited(text: &str, ids: &[&str]) -> String {
    String::from_utf8(edit(text.as_bytes(), OURS, &plan_for(ids)).unwrap()).unwrap()
}

fn refused(text: &str) -> String {
    let error = view(text.as_bytes(), OURS).unwrap_err();
    assert_eq!(edit(text.as_bytes(), OURS, &plan_for(&["a"])), Err(error.clone()));
    error.to_string()
}

fn rows(rows: &str) -> Vec<domain::StoredModel> {
    let text = format!(r#"{{"providers":{{"lmstudio":{{"models":[{rows}]}}}}}}"#);
    view(text.as_bytes(), OURS).unwrap().unwrap().models
}

const FRESH: &str = r#"{
  "providers": {
    "lmstudio": {
      "baseUrl": "http://localhost:1234/v1",
      "apiKey": "lmstudio-local",
      "api": "openai-completions",
      "models": [
        {
          "id": "deepseek-r1",
          "name": "deepseek-r1",
          "reasoning": true,
          "input": [
            "text"
          ],
          "cost": {
            "input": 0,
            "output": 0,
            "cacheRead": 0,
            "cacheWrite": 0
          },
          "contextWindow": 128000,
          "maxTokens": 8192,
          "compat": {
            "supportsDeveloperRole": false,
            "supportsStore": false,
            "maxTokensField": "max_tokens"
          }
        }
      ]
    }
  }
}
"#;

#[test]
fn a_new_document_is_written_as_openclaw_writes() {
    assert_eq!(edited("{}", &["deepseek-r1"]), FRESH);
    assert_eq!(edited(r#"{"providers":null}"#, &["deepseek-r1"]), FRESH);
    assert_eq!(edited(r#"{"providers":{"lmstudio":null}}"#, &["deepseek-r1"]), FRESH);
}

#[test]
fn only_what_differs_is_touched_in_a_row() {
    let before = FRESH
        .replace(r#""reasoning": true"#, r#""reasoning": "yes", "mine": 1.50"#)
        .replace("128000", "1.28e5")
        .replace(r#""output": 0"#, r#""tiered": [], "output": 2e-1"#)
        .replace(r#""supportsStore": false"#, r#""supportsStore": null"#)
        .replace(r#""maxTokensField": "max_tokens""#, r#""z": {}"#);
    let after = FRESH
        .replace(r#""reasoning": true"#, "\"reasoning\": true,\n          \"mine\": 1.50")
        .replace("128000", "1.28e5")
        .replace(r#""output": 0"#, "\"tiered\": [],\n            \"output\": 0")
        .replace(r#""supportsStore": false"#, r#""supportsStore": null"#)
        .replace(r#""maxTokensField""#, "\"z\": {},\n            \"maxTokensField\"");
    assert_eq!(edited(&before, &["deepseek-r1"]), after);
}

#[test]
fn rows_are_made_from_the_first_of_their_id_in_the_planned_order() {
    let text = r#"{"providers":{"lmstudio":{"models":[
        {"id":"b","n":1},{"id":"gone"},7,{"n":2},{"id":"a","n":3},{"id":"b","n":4}]}}}"#;
    let edited = edited(text, &["a", "b"]);
    let value: serde_json::Value = serde_json::from_str(&edited).unwrap();
    let models = value["providers"]["lmstudio"]["models"].as_array().unwrap();
    let seen: Vec<_> = models.iter().map(|row| (row["id"].as_str().unwrap(), row["n"].as_u64().unwrap())).collect();
    assert_eq!(seen, [("a", 3), ("b", 1)]);
}

#[test]
fn of_members_with_the_same_name_the_last_one_counts() {
    let text = r#"{"providers":7,"providers":{"lmstudio":[],"lmstudio":{"api":1,"api":"x",
        "models":[{"id":"b","id":"a"}]}}}"#;
    let held = view(text.as_bytes(), OURS).unwrap().unwrap();
    assert_eq!(held.api.as_deref(), Some("x"));
    assert_eq!(held.models[0].id.as_ref().unwrap().as_str(), "a");
    let edited = compact(&edited(text, &["a"]));
    assert!(edited.starts_with(r#"{"providers":7,"providers":{"lmstudio":[],"lmstudio":{"api":1,"api":"openai"#));
    assert!(edited.contains(r#"{"id":"b","id":"a","name":"a""#));
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn values_of_another_type_count_as_none() {
    let row = &rows(
        r#"{"id":7,"name":null,"reasoning":1,"input":["text","audio"],"cost":0,"contextWindow":"9",
            "contextTokens":-5,"maxTokens":1.5,"compat":"supportsDeveloperRole"}"#,
    )[0];
    assert_eq!(row, &domain::StoredModel::default());
    assert_eq!(rows(r#"null,"id",[]"#), vec![domain::StoredModel::default(); 3]);
}

#[test]
fn values_are_seen_however_they_are_written() {
    let zeros = r#"{"input":0,"output":0.0,"cacheRead":-0,"cacheWrite":0e9}"#;
    let row = &rows(&format!(
        r#"{{"id":"\u0061\/b","reasoning":false,"input":["image","text"],"cost":{zeros},
            "contextWindow":128000.0,"contextTokens":1.28e5,"maxTokens":8192}}"#
    ))[0];
    assert_eq!(row.id.as_ref().unwrap().as_str(), "a/b");
    assert_eq!(row.reasoning, Some(false));
    assert_eq!(row.input, Some(Input::TextAndImage));
    assert_eq!(row.cost, Some(Cost::default()));
    assert_eq!((row.context_window, row.context_tokens), (Some(128_000), Some(128_000)));
    assert_eq!(row.max_tokens, Some(8_192));
    let inputs = |input: &str| rows(&format!(r#"{{"input":{input}}}"#))[0].input;
    assert_eq!(inputs(r#"["text"]"#), Some(Input::Text));
    assert_eq!(inputs(r#"["image"]"#), None);
    assert_eq!(inputs("[]"), None);
}

#[test]
fn what_openclaw_could_not_read_is_refused_with_its_place() {
    assert_eq!(refused(" \n"), "it is empty; delete it, and lmsync writes it again");
    assert!(refused("\u{feff}{}").starts_with("it begins with a byte order mark"));
    assert!(refused("{\n  // hi\n}").starts_with("line 2, column 3: a comment"));
    assert!(refused("{\n  \"a\": 1, /* hi */ \"b\": 2}").starts_with("line 2, column 11: a comment"));
    let begins = |text: &str, said: &str| assert!(refused(text).starts_with(said), "{}", refused(text));
    begins("{\"a\":1,}", "line 1, column 8: a comma before a closing bracket");
    begins("{} {}", "line 1, column 4: trailing characters");
    begins("{\"a\": 01}", "line 1, column 8: invalid number");
    let not_utf8 = view(b"{\n\"a\xff\"}", OURS).unwrap_err();
    assert_eq!(not_utf8, DocumentError::NotUtf8 { line: 2, column: 3 });
}

#[test]
fn what_openclaw_could_not_have_meant_is_refused_with_its_place() {
    let tail = "; mend or remove it";
    assert_eq!(refused("[]"), format!("the top level is an array, but OpenClaw expects an object{tail}"));
    assert_eq!(refused("null"), format!("the top level is null, but OpenClaw expects an object{tail}"));
    assert_eq!(refused(r#"{"providers":[]}"#), format!("providers is an array, but OpenClaw expects an object{tail}"));
    assert_eq!(
        refused(r#"{"providers":{"lmstudio":"x"}}"#),
        format!("providers.lmstudio is a string, but OpenClaw expects an object{tail}")
    );
    assert_eq!(
        refused(r#"{"providers":{"lmstudio":{"models":{}}}}"#),
        format!("providers.lmstudio.models is an object, but OpenClaw expects an array{tail}")
    );
}

#[test]
fn no_refusal_tells_any_of_the_text() {
    for text in [
        r#"{"apiKey":"sk-secret" "#,
        r#"{"apiKey":"sk-secret"x}"#,
        r#"{"apiKey":sk-secret}"#,
        "{\"apiKey\":\"sk-secret\n\"}",
        r#"{"providers":"sk-secret"}"#,
        r#""sk-secret""#,
    ] {
        let said = format!("{0} {0:?}", view(text.as_bytes(), OURS).unwrap_err());
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn deep_nesting_is_walked_without_a_stack() {
    let depth = 1_000;
    let text = format!(r#"{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(view(text.as_bytes(), OURS), Ok(None));
    let edited = edited(&text, &["a"]);
    assert!(compact(&edited).starts_with(&text[..text.len() - 1]));
}

#[test]
fn a_document_that_would_become_too_large_is_refused() {
    let depth = 100_000;
    let text = format!(r#"{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(edit(text.as_bytes(), OURS, &plan_for(&["a"])), Err(DocumentError::TooLarge));
}

#[test]
fn a_held_row_stays_token_for_token() {
    let held = r#"{"id":"h","name":null,"reasoning":"yes","contextWindow":1.5e3,"x":{"x":1,"x":2}}"#;
    let text = format!(r#"{{"providers":{{"lmstudio":{{"models":[{{"id":"gone"}},{held},{held}]}}}}}}"#);
    let stored = Stored { provider: view(text.as_bytes(), OURS).unwrap().map(Into::into), ..Stored::default() };
    let plan = plan(&stored, wanted(&["a"]), [&ModelId::new("h").unwrap()]);
    let edited = String::from_utf8(edit(text.as_bytes(), OURS, &plan).unwrap()).unwrap();
    let tokens: String = edited.split_whitespace().collect();
    assert!(tokens.contains(&format!(r#""models":[{held},{{"id":"a""#)), "{edited}");
    assert!(!tokens.contains("gone"));
}

#[test]
fn a_provider_is_taken_out_and_all_else_stays() {
    let rest = |text: &str| super::taken_back(text.as_bytes(), "lmstudio", None).unwrap();
    assert_eq!(rest("{\"providers\":{\"lmstudio\":{\"models\":[]}}}"), super::Rest::Nothing);
    assert_eq!(rest("{\"providers\":{\"other\":{}}}"), super::Rest::Same);
    assert_eq!(rest("{}"), super::Rest::Same);
    let text = r#"{"a": 1.0, "providers": {"other": {"x": "\u00e9"}, "lmstudio": {"models": [{"id": "q"}]}}}"#;
    let expected = "{\n  \"a\": 1.0,\n  \"providers\": {\n    \"other\": {\n      \"x\": \"\\u00e9\"\n    }\n  }\n}\n";
    assert_eq!(rest(text), super::Rest::Content(expected.into()));
}

#[test]
fn an_entry_is_put_back_to_the_letter_where_it_stood() {
    let theirs = r#"{"apiKey":"k\u00e9y","x":1.0,"x":2,"models":[{"id":"q"}]}"#;
    let put_back = |text: &str| {
        let super::Rest::Content(text) = super::taken_back(text.as_bytes(), "lmstudio", Some(theirs)).unwrap() else {
            panic!("something is put back")
        };
        String::from_utf8(text).unwrap().split_whitespace().collect::<String>()
    };
    let with = |entry: &str| format!(r#"{{"a":1,"providers":{{"o":{{}},"lmstudio":{entry},"p":{{}}}}}}"#);
    assert_eq!(put_back(&with(r#"{"models":[{"id":"ours"}]}"#)), with(theirs));
    let foreign = |text: &str| super::foreign_entry(text.as_bytes(), "lmstudio").unwrap().map(str::to_owned);
    assert_eq!(foreign(&with(theirs)).as_deref(), Some(theirs));
    assert_eq!(foreign(&with("null")), None);
    assert_eq!(foreign(&with(r#"{"apiKey":"lmstudio-local","models":[]}"#)), None);
    // Another program has taken it out.
    let without = r#"{"providers":{"o":{}}}"#;
    assert_eq!(put_back(without), format!(r#"{{"providers":{{"o":{{}},"lmstudio":{theirs}}}}}"#));
}
