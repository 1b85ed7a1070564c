//! A secret: a text that is never shown by accident.

use std::fmt;

/// A key, token or password. It has no `Display`, and `Debug` redacts it; only [`Secret::expose`] returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text as a secret; an empty one is none.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The secret itself, for the one place that has to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it looks like a key of OpenAI's (`sk-…`), or of a service that does as OpenAI does, and not like one
    /// of LM Studio's (`sk-lm-…`).
    #[must_use]
    pub fn looks_like_openais(&self) -> bool {
        self.0.starts_with("sk-") && !self.0.starts_with("sk-lm-")
    }

    /// Whether it is surely a key of OpenAI's own: one of a project, a service account or an administrator, or one of
    /// the early form, `sk-` and 48 letters and digits.
    #[must_use]
    pub fn is_openais(&self) -> bool {
        let rest = self.0.strip_prefix("sk-").unwrap_or_default();
        let early = rest.len() == 48 && rest.chars().all(|c| c.is_ascii_alphanumeric());
        early || ["proj-", "svcacct-", "admin-"].iter().any(|kind| rest.starts_with(kind))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_openais_is_told_from_lm_studios() {
        let looks = |key: &str| Secret::new(key).is_some_and(|key| key.looks_like_openais());
        assert!(looks("sk-proj-0123456789") && looks("sk-0123"));
        assert!(!looks("sk-lm-AbCd1234:01234567890123456789") && !looks("lm-studio"));
        let is = |key: &str| Secret::new(key).is_some_and(|key| key.is_openais());
        assert!(is("sk-proj-0123456789") && is(&format!("sk-{}", "aB3".repeat(16))));
        // LiteLLM's and OpenRouter's begin so too.
        assert!(!is("sk-1234") && !is("sk-or-v1-0123456789abcdef") && !is("sk-lm-AbCd1234:01234567890123456789"));
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("sk-lm-12345678").unwrap();
        assert_eq!(format!("{:?}", Some(&secret)), "Some(Secret(redacted))");
        assert_eq!(secret.expose(), "sk-lm-12345678");
        assert_eq!(Secret::new(""), None);
    }
}
