//! The store over real files: what it reads, what it writes, what it leaves alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::fs;
use std::sync::Arc;

use domain::ports::{ModelStore, StoreError};
use domain::{Stored, Version, plan};
use world::{World, backdate, chain, wanted};

#[tokio::test]
async fn a_missing_file_is_an_empty_store_and_is_created() {
    let world = World::new();
    let store = world.store();
    let stored = store.load().await.unwrap();
    assert_eq!(stored, Stored::default());

    store.save(&plan(&stored, wanted(&["a", "b"]), []), &stored.version).await.unwrap();

    let after = store.load().await.unwrap();
    assert!(plan(&after, wanted(&["a", "b"]), []).is_empty());
    assert_eq!(world.names(), ["models.json"]);
}

const FOREIGN: &str = r#"{
  "generatedBy": "openclaw",
  "providers": {
    "openai": {"baseUrl":"https:\/\/api.openai.com\/v1","apiKey":"sk-foreign","x":{"deep":[1.0,1e5,-0]},
      "models":[{"id":"gpt","cost":{"input":0.1000,"output":12345678901234567890123}}]},
    "lmstudio": {"mine":true,"models":[{"id":"a","note":"\ud800 \u00e9"}]},
    "ollama": { "models" : [ ] , "empty" : { } },
    "third": {"k":"v","k":"w"}
  },
  "last": [1E+2, "\\\"{}[],:"]
}"#;

const FOREIGN_AFTER: [&str; 4] = [
    "{\n  \"generatedBy\": \"openclaw\",\n  \"providers\": {\n    \"openai\": {\n      \
     \"baseUrl\": \"https:\\/\\/api.openai.com\\/v1\",\n      \"apiKey\": \"sk-foreign\",\n      \"x\": {\n        \
     \"deep\": [\n          1.0,\n          1e5,\n          -0\n        ]\n      },\n      \"models\": [\n        \
     {\n          \"id\": \"gpt\",\n          \"cost\": {\n            \"input\": 0.1000,\n            \
     \"output\": 12345678901234567890123\n          }\n        }\n      ]\n    },\n    \"lmstudio\": {\n      \
     \"mine\": true,\n",
    "          \"id\": \"a\",\n          \"note\": \"\\ud800 \\u00e9\",\n",
    "    },\n    \"ollama\": {\n      \"models\": [],\n      \"empty\": {}\n    },\n",
    "    \"third\": {\n      \"k\": \"v\",\n      \"k\": \"w\"\n    }\n  },\n  \"last\": [\n    1E+2,\n    \
     \"\\\\\\\"{}[],:\"\n  ]\n}\n",
];

#[tokio::test]
async fn other_providers_unknown_keys_and_odd_numbers_stay_as_written() {
    let world = World::with(FOREIGN);
    let store = world.store();
    let stored = store.load().await.unwrap();
    store.save(&plan(&stored, wanted(&["a"]), []), &stored.version).await.unwrap();
    let text = world.text();
    let mut rest = text.as_str();
    for part in FOREIGN_AFTER {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part}\nis not in\n{rest}"));
        rest = &rest[at + part.len()..];
    }
    assert!(text.starts_with(FOREIGN_AFTER[0]));
    assert_eq!(rest, "");
}

#[tokio::test]
async fn an_unchanged_file_is_not_read_again() {
    let world = World::with(r#"{"providers":{}}"#);
    backdate(&world.file);
    let store = world.store();
    let content = |stored: Stored| stored.version.0.unwrap();
    let first = content(store.load().await.unwrap());
    let second = content(store.load().await.unwrap());
    assert!(Arc::ptr_eq(&first, &second));

    fs::write(&world.file, r#"{"providers": }"#).unwrap();
    assert!(matches!(store.load().await, Err(StoreError::Malformed { .. })));
    fs::write(&world.file, r#"{"providers":{}}"#).unwrap();
    assert_eq!(content(store.load().await.unwrap()), first);
}

#[tokio::test]
async fn a_file_changed_a_moment_ago_is_read_again_though_it_looks_the_same() {
    let world = World::with(r#"{"providers":{}}"#);
    let store = world.store();
    let first = store.load().await.unwrap().version.0.unwrap();
    let second = store.load().await.unwrap().version.0.unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn a_clone_knows_what_the_other_has_read() {
    let world = World::with(r#"{"providers":{}}"#);
    backdate(&world.file);
    let store = world.store();
    let first = store.load().await.unwrap().version.0.unwrap();
    let second = store.clone().load().await.unwrap().version.0.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn a_file_that_does_not_parse_is_never_replaced() {
    for torn in ["", "{\"providers\":{\"other\":{\"apiKey\":\"sk-secr", "// hi\n{}", "[]"] {
        let world = World::with(torn);
        let store = world.store();
        let error = store.load().await.unwrap_err();
        assert!(matches!(error, StoreError::Malformed { .. }));
        assert!(!chain(&error).contains("sk-"), "{}", chain(&error));
        let over = Version(Some(torn.as_bytes().into()));
        let error = store.save(&plan(&Stored::default(), wanted(&["a"]), []), &over).await.unwrap_err();
        assert!(matches!(error, StoreError::Malformed { .. }));
        assert_eq!(world.text(), torn);
        assert_eq!(world.names(), ["models.json"]);
    }
}

#[tokio::test]
async fn a_file_larger_than_any_models_file_is_refused_without_reading_it() {
    let world = World::new();
    fs::File::create(&world.file).unwrap().set_len(129 << 20).unwrap();
    let error = world.store().load().await.unwrap_err();
    assert!(chain(&error).contains("more than 128 MiB"), "{}", chain(&error));
}

#[tokio::test]
async fn a_change_of_another_program_is_never_overwritten() {
    let world = World::with("{}");
    let store = world.store();
    let stored = store.load().await.unwrap();
    let plan = plan(&stored, wanted(&["a"]), []);
    let theirs = r#"{"providers":{"theirs":{}}}"#;
    fs::write(&world.file, theirs).unwrap();
    assert!(matches!(store.save(&plan, &stored.version).await, Err(StoreError::Changed { .. })));
    assert_eq!(world.text(), theirs);

    fs::remove_file(&world.file).unwrap();
    assert!(matches!(store.save(&plan, &stored.version).await, Err(StoreError::Changed { .. })));
    assert_eq!(world.names(), [""; 0]);

    fs::write(&world.file, theirs).unwrap();
    assert!(matches!(store.save(&plan, &Version(None)).await, Err(StoreError::Changed { .. })));
    assert_eq!(world.text(), theirs);
    assert_eq!(world.names(), ["models.json"]);
}
