//! Which facts the documented answers give, and what an odd field costs.

use proptest::prelude::*;

use domain::Keys;

use super::*;

const V1: &str = include_str!("../../../tests/fixtures/api-v1-models.json");
const V0: &str = include_str!("../../../tests/fixtures/api-v0-models.json");
const OPENAI: &str = include_str!("../../../tests/fixtures/models-lm-studio.json");
const OPENROUTER: &str = include_str!("../../../tests/fixtures/api-v1-models-openrouter.json");

fn facts(sheet: &FactSheet, id: &str) -> ModelFacts {
    sheet.get(&ModelId::new(id).unwrap()).unwrap_or_else(|| panic!("nothing on {id}")).clone()
}

fn v1_sheet(body: &str) -> FactSheet {
    v1(body.as_bytes()).unwrap().unwrap()
}

/// The facts of the one model `m` with these fields, beside those that make it LM Studio's.
fn with(fields: &str) -> ModelFacts {
    facts(&v1_sheet(&format!(r#"{{"models":[{{"key":"m","loaded_instances":[],{fields}}}]}}"#)), "m")
}

#[test]
fn the_documented_v1_answer_gives_these_facts() {
    let sheet = v1_sheet(V1);
    let gemma = ModelFacts {
        kind: Some(ModelKind::Chat),
        name: Some("Gemma 4 26B A4B".into()),
        max_context: Some(262_144),
        loaded_context: Some(4096),
        vision: Some(true),
        reasoning: Some(true),
        ..ModelFacts::default()
    };
    assert_eq!(facts(&sheet, "google/gemma-4-26b-a4b"), gemma);
    let embedding = ModelFacts {
        kind: Some(ModelKind::Embedding),
        name: Some("Nomic Embed Text v1.5".into()),
        max_context: Some(2048),
        ..ModelFacts::default()
    };
    assert_eq!(facts(&sheet, "text-embedding-nomic-embed-text-v1.5-embedding"), embedding);
    assert_eq!(facts(&sheet, "next/holo-1"), ModelFacts::default());
}

#[test]
fn an_instance_has_its_own_context_and_the_key_the_smallest() {
    let sheet = v1_sheet(V1);
    let loaded = |id: &str| facts(&sheet, id).loaded_context;
    let contexts = ["qwen/qwen3-8b", "qwen/qwen3-8b:2", "my coder"].map(loaded);
    assert_eq!(contexts, [Some(4096), Some(32_768), Some(4096)]);
    let qwen = facts(&sheet, "qwen/qwen3-8b");
    assert_eq!((qwen.max_context, qwen.reasoning), (Some(40_960), Some(false)));
    let variant = ModelId::new("google/gemma-4-26b-a4b@q4_k_m").unwrap();
    assert_eq!(sheet.get(&variant), None, "a variant's name cannot be asked for");

    let twice = include_str!("../../../../../tests/cases/17-lmstudio-two-instances-api-v1.json");
    let sheet = v1_sheet(twice);
    let loaded = ["qwen/qwen3-8b", "qwen/qwen3-8b:2"].map(|id| facts(&sheet, id).loaded_context);
    assert_eq!(loaded, [Some(4096), Some(4096)]);
    let others = twice.replace("\"context_length\": 4096", "\"context_length\": 65536");
    let sheet = v1_sheet(&others);
    let loaded = ["qwen/qwen3-8b", "qwen/qwen3-8b:2"].map(|id| facts(&sheet, id).loaded_context);
    assert_eq!(loaded, [Some(32_768), Some(65_536)]);
}

#[test]
fn v0_s_key_has_the_smallest_context_too() {
    let entry = |id: &str, tokens: u64| {
        format!(r#"{{"id":"{id}","type":"llm","state":"loaded","loaded_context_length":{tokens}}}"#)
    };
    let entries = [entry("m:2", 4096), entry("m", 32_768), entry("n:7b", 5)].join(",");
    let sheet = v0(format!(r#"{{"data":[{entries}]}}"#).as_bytes()).unwrap().unwrap();
    let loaded = ["m", "m:2"].map(|id| facts(&sheet, id).loaded_context);
    assert_eq!(loaded, [Some(4096), Some(4096)]);
    assert_eq!(sheet.get(&ModelId::new("n").unwrap()), None, "a tag is no number of an instance");
}

#[test]
fn the_documented_v0_answer_gives_these_facts() {
    let sheet = v0(V0.as_bytes()).unwrap().unwrap();
    let gemma = ModelFacts {
        kind: Some(ModelKind::Chat),
        max_context: Some(131_072),
        loaded_context: Some(12_918),
        vision: Some(true),
        ..ModelFacts::default()
    };
    let plain = |id: &str| ModelFacts { keys: Keys::default(), ..facts(&sheet, id) };
    assert_eq!(plain("google/gemma-3-4b"), gemma);
    let qwen = facts(&sheet, "qwen2.5-7b-instruct@4bit");
    assert_eq!((qwen.vision, qwen.loaded_context), (Some(false), None));
    let stale = br#"{"data":[{"id":"m","type":"llm","state":"not-loaded","loaded_context_length":4096}]}"#;
    assert_eq!(facts(&v0(stale).unwrap().unwrap(), "m").loaded_context, None);
    let embedding = facts(&sheet, "text-embedding-nomic-embed-text-v1.5");
    assert_eq!((embedding.kind, embedding.vision), (Some(ModelKind::Embedding), None));
}

#[test]
fn other_servers_with_the_same_paths_are_not_taken_for_lm_studio() {
    assert_eq!(v1(OPENROUTER.as_bytes()), Ok(None));
    assert_eq!(v0(OPENROUTER.as_bytes()), Ok(None));
    assert_eq!(v0(OPENAI.as_bytes()), Ok(None));
    assert_eq!(v1(OPENAI.as_bytes()), Ok(None));
    // Ollama's list of tags, and any list of names.
    assert_eq!(v1(br#"{"models":[{"name":"llama3","model":"llama3"}]}"#), Ok(None));
    assert_eq!(v1(br#"{"models":["a","b"]}"#), Ok(None));
    assert_eq!(v1(b"[]"), Ok(None));
}

#[test]
fn an_empty_list_of_lm_studios_is_one() {
    assert_eq!(v1(br#"{"models":[]}"#), Ok(Some(FactSheet::default())));
}

#[test]
fn an_odd_field_costs_that_fact_and_no_other() {
    for odd in [
        r#""max_context_length":"4096""#,
        r#""max_context_length":-1"#,
        r#""max_context_length":0"#,
        r#""max_context_length":4096.5"#,
        r#""max_context_length":1e999"#,
        r#""max_context_length":9007199254740992"#,
        r#""type":5,"display_name":{},"capabilities":[]"#,
        r#""capabilities":{"vision":1,"reasoning":"on"}"#,
        r#""capabilities":{"reasoning":{"allowed_options":"on"}}"#,
        r#""display_name":"\ud800""#,
        r#""display_name":"\u200b""#,
    ] {
        assert_eq!(with(odd), ModelFacts::default(), "{odd}");
        let beside = with(&format!(r#"{odd},"type":"llm""#));
        assert_eq!(beside.kind, Some(ModelKind::Chat), "{odd}");
    }
    assert_eq!(with(r#""display_name":" A\u001b[31m\n B ""#).name.as_deref(), Some("A[31m B"));
    assert_eq!(with(r#""capabilities":{"reasoning":{"allowed_options":["low"]}}"#).reasoning, Some(true));
}

#[test]
fn an_odd_entry_or_instance_costs_no_other() {
    let sheet = v1_sheet(
        r#"{"models":[5,{"key":""},{"loaded_instances":[]},{"key":"n","loaded_instances":null},
        {"key":"m","loaded_instances":[7,{"id":5,"config":{"context_length":100}},{"id":"x","config":[]}]}]}"#,
    );
    assert_eq!(facts(&sheet, "m").loaded_context, Some(100));
    assert_eq!(facts(&sheet, "x").loaded_context, Some(100));
    assert_eq!(facts(&sheet, "n"), ModelFacts::default());
}

#[test]
fn entries_with_one_key_are_joined_to_what_both_can_do() {
    let sheet = v1_sheet(
        r#"{"models":[{"key":"m","loaded_instances":[],"max_context_length":131072,"type":"llm"},
        {"key":"m","loaded_instances":[],"max_context_length":8192,"type":"embedding"}]}"#,
    );
    let joined = facts(&sheet, "m");
    assert_eq!((joined.max_context, joined.kind), (Some(8192), Some(ModelKind::Chat)));
}

#[test]
fn over_100_000_ids_in_all_are_refused() {
    let instances = vec![r#"{"id":"i"}"#; 60_000].join(",");
    let entry = |key| format!(r#"{{"key":"{key}","loaded_instances":[{instances}]}}"#);
    let one = format!(r#"{{"models":[{}]}}"#, entry("a"));
    assert!(matches!(v1(one.as_bytes()), Ok(Some(_))));
    let two = format!(r#"{{"models":[{},{}]}}"#, entry("a"), entry("b"));
    assert_eq!(v1(two.as_bytes()), Err(NotAList::TooMany));
}

proptest! {
    #[test]
    fn no_change_to_a_good_answer_makes_it_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        for (good, read) in [(V1, v1 as fn(&[u8]) -> _), (V0, v0)] {
            let mut bytes = good.as_bytes().to_vec();
            for (place, byte, kind) in &edits {
                let place = place.index(bytes.len());
                match kind {
                    0 => bytes[place] = *byte,
                    1 => bytes.insert(place, *byte),
                    _ => bytes.truncate(place.max(1)),
                }
            }
            let _: Result<_, _> = read(&bytes);
        }
    }
}
