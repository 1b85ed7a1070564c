//! The metadata rules: what OpenClaw is told about a model of which only the id is known.

use crate::{Cost, Input, Model, ModelId};

/// The context window, in tokens, where nothing better is known (OpenClaw's own default for a model).
pub const DEFAULT_CONTEXT_WINDOW: u64 = 128_000;

/// The longest answer to ask for, in tokens, where nothing better is known.
pub const DEFAULT_MAX_TOKENS: u64 = 8_192;

/// Describes a model by its id alone.
#[must_use]
pub fn describe(id: &ModelId) -> Model {
    Model {
        id: id.clone(),
        name: id.as_str().to_owned(),
        reasoning: reasons_by_name(id.as_str()),
        input: Input::Text,
        cost: Cost::Free,
        context_window: DEFAULT_CONTEXT_WINDOW,
        context_tokens: None,
        max_tokens: DEFAULT_MAX_TOKENS,
    }
}

/// The name rule: a model whose id contains `reasoning`, `r1` or `think`, in any case, is one that reasons.
#[must_use]
pub fn reasons_by_name(id: &str) -> bool {
    let id = id.to_lowercase();
    ["reasoning", "r1", "think"].iter().any(|mark| id.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            let model = describe(&ModelId::new(&text).unwrap());
            prop_assert_eq!(model.id.as_str(), &text);
            prop_assert_eq!(model.name, text);
        }
    }
}
