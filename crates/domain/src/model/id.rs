//! A model's id: the exact text by which a server knows it.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::text::acts_on_its_surroundings;

/// The longest id that LM Studio itself allows, in characters (lmstudio-js, `reasonable.ts`).
const MAX_CHARS: usize = 1024;

/// The id of a model, compared exactly: no case folding, no trimming.
///
/// Holds 1 to 1,024 characters, none of which can act on a terminal, a log or a page. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(Arc<str>);

/// Why a text cannot be a model id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// The text is empty.
    #[error("the id is empty")]
    Empty,
    /// The text is longer than 1,024 characters.
    #[error("the id is longer than {MAX_CHARS} characters")]
    TooLong,
    /// The text holds a control, formatting or line-separating character.
    #[error("the id contains the control or formatting character U+{0:04X}")]
    Control(u32),
    /// The text is `__proto__`, which a JavaScript reader would take for something else.
    #[error("the id is a reserved word of JavaScript")]
    Reserved,
}

impl ModelId {
    /// Takes a text as a model id.
    ///
    /// # Errors
    /// [`InvalidId`] where LM Studio itself would refuse the identifier: empty, over 1,024 characters,
    /// `__proto__`, or with a Unicode control or format character.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() {
            return Err(InvalidId::Empty);
        }
        if text.len() > MAX_CHARS && text.chars().nth(MAX_CHARS).is_some() {
            return Err(InvalidId::TooLong);
        }
        if let Some(c) = text.chars().find(|&c| acts_on_its_surroundings(c)) {
            return Err(InvalidId::Control(c as u32));
        }
        if text == "__proto__" {
            return Err(InvalidId::Reserved);
        }
        Ok(Self(text.into()))
    }

    /// Whether it is no model's id but a pattern for the ids of others, such as `*` or `openai/*`, as LiteLLM lists
    /// them (`BerriAI/litellm#30272`). No server takes a chat request for it.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.0.contains('*')
    }

    /// The id as the server wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_that_servers_really_use_are_kept_exactly() {
        for text in ["qwen/qwen3-8b@q4_k_m", "Llama-3:2", "日本語/モデル-7b", "with space", "a\u{e9}"] {
            assert_eq!(ModelId::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn ids_that_act_on_their_surroundings_are_refused() {
        assert_eq!(ModelId::new(""), Err(InvalidId::Empty));
        assert_eq!(ModelId::new("a\u{1b}[31m"), Err(InvalidId::Control(0x1b)));
        assert_eq!(ModelId::new("a\nb"), Err(InvalidId::Control(0x0a)));
        assert_eq!(ModelId::new("evil\u{202e}txt"), Err(InvalidId::Control(0x202e)));
        assert_eq!(ModelId::new("__proto__"), Err(InvalidId::Reserved));
        assert_eq!(ModelId::new(&"é".repeat(1025)), Err(InvalidId::TooLong));
        assert!(ModelId::new(&"é".repeat(1024)).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_kept_whole_or_refused(text in ".{0,40}") {
            if let Ok(id) = ModelId::new(&text) {
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }
}
