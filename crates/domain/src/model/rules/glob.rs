//! A glob on ids: what a user writes to name models.

use std::fmt;

use wildmatch::WildMatch;

use crate::model::id::ModelId;

/// A pattern that an id matches as a whole: `*` stands for any text, slashes included, `?` for one character.
/// Upper and lower case differ, as they do in ids.
#[derive(Clone)]
pub struct Glob {
    text: String,
    pattern: WildMatch,
}

impl Glob {
    /// Takes a text as a pattern. Every text is one; the empty text matches no id.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { pattern: WildMatch::new(&text), text }
    }

    /// Whether the id matches.
    #[must_use]
    pub fn matches(&self, id: &ModelId) -> bool {
        self.pattern.matches(id.as_str())
    }

    /// The pattern as the user wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        let matches = |glob: &str, id: &str| Glob::new(glob).matches(&ModelId::new(id).unwrap());
        assert!(matches("*", "qwen/qwen3-8b"));
        assert!(matches("qwen*", "qwen/qwen3-8b:2"));
        assert!(matches("*@q?_k_m", "qwen/qwen3-8b@q4_k_m"));
        assert!(matches("日?語/*", "日本語/モデル-7b"));
        assert!(!matches("qwen3-8b", "qwen/qwen3-8b"));
        assert!(!matches("Qwen*", "qwen/qwen3-8b"));
        assert!(!matches("a?", "a"));
        assert!(!matches("", "a"));
    }
}
