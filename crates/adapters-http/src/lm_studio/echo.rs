//! Servers that repeat the key: what holds it is neither shown nor believed.

use domain::{Oddity, Secret};

use super::NotAList;
use crate::http_client::ExchangeError;

/// How much of a key gives it away, in characters: LM Studio repeats the first ten of a malformed one.
const START: usize = 6;

/// From what length on a key is one, and not a word such as `lm-studio` that ids may hold as well.
const LONG: usize = 20;

/// What is shown instead of a text that holds the key.
const REPEATED: &str = "(it repeats the key)";

/// The key, to be found in what a server says.
pub(super) struct Echo<'a>(Option<&'a str>);

impl<'a> Echo<'a> {
    pub(super) fn of(key: Option<&'a Secret>) -> Self {
        Self(key.map(Secret::expose))
    }

    /// Whether a text that would be shown holds the key, or how it begins.
    fn is_in(&self, text: &str) -> bool {
        let Some(key) = self.0 else { return false };
        let end = key.char_indices().nth(START).map_or(key.len(), |(at, _)| at);
        // A host's name is shown in small letters.
        text.to_lowercase().contains(&key[..end].to_lowercase())
    }

    /// Whether an answer holds the whole key, as an id of a model perhaps, which would be written.
    pub(super) fn is_in_body(&self, body: &[u8]) -> bool {
        let Some(key) = self.0.filter(|key| key.len() >= LONG) else { return false };
        let key = key.as_bytes();
        let first = |byte: &u8| *byte == key[0];
        let mut rest = body;
        while let Some(at) = rest.iter().position(first) {
            rest = &rest[at..];
            if rest.starts_with(key) {
                return true;
            }
            rest = &rest[1..];
        }
        false
    }

    /// A refusal, without a message that holds the key.
    pub(super) fn out_of(&self, found: NotAList) -> NotAList {
        match found {
            NotAList::Refusal { message } if self.is_in(&message) => {
                NotAList::Refusal { message: REPEATED.into() }
            }
            NotAList::NoId { count, first } => NotAList::NoId { count, first: self.out_of_entry(first) },
            found => found,
        }
    }

    /// What an entry has instead of an id, without a key of the entry that holds ours.
    pub(super) fn out_of_entry(&self, found: Oddity) -> Oddity {
        match found {
            Oddity::Keys(keys) if keys.iter().any(|key| self.is_in(key)) => {
                Oddity::Keys(vec![REPEATED.into()])
            }
            found => found,
        }
    }

    /// A failure, without an address that holds the key.
    pub(super) fn out_of_failure(&self, error: ExchangeError) -> ExchangeError {
        match error {
            ExchangeError::ForeignRedirect { to } if self.is_in(&to) => {
                ExchangeError::ForeignRedirect { to: "an address that repeats the key".into() }
            }
            error => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_key_is_found_whatever_its_characters_and_length() {
        for (key, text, found) in [
            ("sk-lm-AbCd1234", "no: sk-lm-…", true),
            ("abc", "you said abc", true),
            ("ключ-секрет", "нет: ключ-с", true),
            ("sk-lm-AbCd1234", "sk-other", false),
        ] {
            let key = Secret::new(key);
            assert_eq!(Echo::of(key.as_ref()).is_in(text), found, "{text}");
        }
        assert!(!Echo::of(None).is_in(""));
    }

    #[test]
    fn a_whole_key_is_found_in_a_body_and_a_word_is_not_taken_for_one() {
        let key = Secret::new("sk-lm-AbCd1234:01234567890123456789");
        let echo = Echo::of(key.as_ref());
        assert!(echo.is_in_body(br#"{"data":[{"id":"ssk-lm-AbCd1234:01234567890123456789"}]}"#));
        assert!(!echo.is_in_body(br#"{"data":[{"id":"sk-lm-AbCd1234:0123456789"}]}"#));
        let word = Secret::new("lm-studio");
        assert!(!Echo::of(word.as_ref()).is_in_body(b"lm-studio/model"));
    }
}
