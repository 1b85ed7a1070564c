//! The metadata rules, by examples and laws.

use proptest::prelude::*;

use super::*;

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

fn contexts(max_context: Option<u64>, loaded_context: Option<u64>) -> (u64, Option<u64>, u64) {
    let facts = ModelFacts { max_context, loaded_context, ..ModelFacts::default() };
    let model = describe(&id("m"), Some(&facts));
    (model.context_window, model.context_tokens, model.max_tokens)
}

#[test]
fn contexts_are_what_the_server_says() {
    assert_eq!(contexts(Some(131_072), Some(32_768)), (131_072, Some(32_768), 8_192));
    assert_eq!(contexts(Some(131_072), None), (131_072, Some(64_000), 8_192));
    assert_eq!(contexts(Some(40_960), None), (40_960, Some(40_960), 8_192));
    assert_eq!(contexts(Some(262_144), Some(4_096)), (262_144, Some(4_096), 4_096));
    assert_eq!(contexts(Some(2_048), None), (2_048, Some(2_048), 2_048));
}

#[test]
fn what_a_server_cannot_mean_is_not_believed() {
    assert_eq!(contexts(Some(4_096), Some(8_192)), (4_096, Some(4_096), 4_096));
    assert_eq!(contexts(None, Some(200_000)), (200_000, Some(200_000), 8_192));
    assert_eq!(contexts(None, Some(16_384)), (16_384, Some(16_384), 8_192));
}

#[test]
fn a_list_that_says_a_context_is_not_capped_and_its_longest_answer_counts() {
    let said = |max_context, max_output| {
        let mut facts = ModelFacts { max_context, max_output, ..ModelFacts::default() };
        for key in &crate::LISTED {
            facts.keys.note(key);
        }
        let model = describe(&id("m"), Some(&facts));
        (model.context_window, model.context_tokens, model.max_tokens)
    };
    assert_eq!(said(Some(1_000_000), Some(128_000)), (1_000_000, Some(1_000_000), 128_000));
    assert_eq!(said(Some(32_768), Some(4_096)), (32_768, Some(32_768), 4_096));
    assert_eq!(said(Some(131_072), None), (131_072, Some(131_072), 8_192));
    assert_eq!(said(None, Some(4_096)), (128_000, None, 4_096));
    // As long as the whole context is no length of an answer.
    assert_eq!(said(Some(131_072), Some(131_072)), (131_072, Some(131_072), 8_192));
    assert_eq!(said(Some(4_096), Some(4_096)), (4_096, Some(4_096), 4_096));
}

#[test]
fn a_silent_server_leaves_the_defaults() {
    let model = describe(&id("some-model"), None);
    assert_eq!(model, describe(&id("some-model"), Some(&ModelFacts::default())));
    assert_eq!((model.context_window, model.context_tokens, model.max_tokens), (128_000, None, 8_192));
    assert_eq!((model.reasoning, model.input), (false, Input::Text));
}

#[test]
fn capabilities_are_the_servers_and_the_name_rule_adds_to_them() {
    let says = |reasoning, vision| ModelFacts { reasoning, vision, ..ModelFacts::default() };
    assert!(describe(&id("m"), Some(&says(Some(true), None))).reasoning);
    assert!(!describe(&id("m"), Some(&says(Some(false), None))).reasoning);
    assert!(describe(&id("deepseek-r1"), Some(&says(Some(false), None))).reasoning);
    assert_eq!(describe(&id("m"), Some(&says(None, Some(true)))).input, Input::TextAndImage);
    assert_eq!(describe(&id("m"), Some(&says(None, Some(false)))).input, Input::Text);
}

#[test]
fn only_what_the_server_calls_an_embedding_model_is_left_out() {
    let cannot = |kind| cannot_chat(&id("m"), Some(&ModelFacts { kind, ..ModelFacts::default() }));
    assert_eq!(cannot(Some(ModelKind::Embedding)), Some(LeftOut::NotForChat(ModelKind::Embedding)));
    assert_eq!(cannot(Some(ModelKind::Chat)), None);
    assert_eq!(cannot(None), None);
    assert_eq!(cannot_chat(&id("text-embedding-3-small"), None), None);
}

#[test]
fn an_id_that_is_a_pattern_is_no_model() {
    for pattern in ["*", "openai/*", "a*b"] {
        assert_eq!(cannot_chat(&id(pattern), None), Some(LeftOut::Pattern), "{pattern}");
    }
    assert_eq!(cannot_chat(&id("qwen/qwen3-8b@q4_k_m"), None), None);
}

#[test]
fn what_a_store_has_stays_while_the_server_cannot_be_asked() {
    let facts = ModelFacts {
        name: Some("M".into()),
        max_context: Some(40_960),
        vision: Some(true),
        reasoning: Some(true),
        ..ModelFacts::default()
    };
    let before = describe(&id("m"), Some(&facts));
    let row = StoredModel::from(&before);
    assert_eq!(automatic(&id("m"), Known::Unavailable, Some(&row)).model(), before);
    assert_eq!(automatic(&id("m"), Known::Unavailable, None).model(), describe(&id("m"), None));
    let torn = StoredModel { max_tokens: None, name: Some(String::new()), ..row };
    let mended = automatic(&id("m"), Known::Unavailable, Some(&torn)).model();
    assert_eq!(mended, Model { name: "m".into(), max_tokens: 8_192, ..before });
}

#[test]
fn known_names_are_told_apart() {
    for id in ["deepseek-r1-distill-qwen-7b", "Phi-4-Reasoning", "qwen3-4b-THINKING-2507"] {
        assert!(reasons_by_name(id), "{id}");
    }
    for id in ["openai/gpt-oss-20b", "text-embedding-nomic-embed-text-v1.5", "qwen2.5-7b-instruct"] {
        assert!(!reasons_by_name(id), "{id}");
    }
}

proptest! {
    #[test]
    fn a_mark_anywhere_in_any_case_means_reasoning(
        before in "[a-zA-Z0-9/@:._ -]{0,20}",
        mark in "[rR][eE][aA][sS][oO][nN][iI][nN][gG]|[rR]1|[tT][hH][iI][nN][kK]",
        after in "[a-zA-Z0-9/@:._ -]{0,20}",
    ) {
        let id = format!("{before}{mark}{after}");
        prop_assert!(reasons_by_name(&id));
    }

    #[test]
    fn no_mark_means_no_reasoning(id in "[a-qs-su-z0-9/@:._ -]{0,40}") {
        prop_assert!(!reasons_by_name(&id));
    }

    #[test]
    fn case_does_not_matter(id in "\\PC{0,40}") {
        prop_assert_eq!(reasons_by_name(&id), reasons_by_name(&id.to_lowercase()));
    }

    #[test]
    fn the_id_itself_is_never_altered(text in "[^\\p{C}\\p{Zl}\\p{Zp}]{1,40}") {
        let model = describe(&id(&text), None);
        prop_assert_eq!(model.id.as_str(), &text);
        prop_assert_eq!(model.name, text);
    }

    #[test]
    fn only_the_server_s_word_for_another_kind_leaves_a_model_out(
        kind in proptest::option::of(prop::sample::select(vec![
            ModelKind::Chat, ModelKind::Embedding, ModelKind::Image, ModelKind::Moderation, ModelKind::Other,
        ])),
        context in proptest::option::of(1..300_000_u64), vision in any::<Option<bool>>(),
        failed in any::<Option<bool>>(),
    ) {
        let facts = ModelFacts { kind, max_context: context, vision, failed, ..ModelFacts::default() };
        let other = kind.filter(|kind| *kind != ModelKind::Chat);
        prop_assert_eq!(cannot_chat(&id("text-embedding-m"), Some(&facts)), other.map(LeftOut::NotForChat));
    }

    #[test]
    fn an_answer_fits_its_context_and_that_the_window(
        max in proptest::option::of(1..300_000_u64), loaded in proptest::option::of(1..300_000_u64),
    ) {
        let (window, tokens, answer) = contexts(max, loaded);
        prop_assert!(answer <= tokens.unwrap_or(window) && tokens.unwrap_or(window) <= window);
        prop_assert!(answer > 0 && answer <= DEFAULT_MAX_TOKENS);
        prop_assert_eq!(tokens.is_none(), max.is_none() && loaded.is_none());
        if let Some(loaded) = loaded {
            prop_assert!(tokens.unwrap() <= loaded);
        }
    }
}
