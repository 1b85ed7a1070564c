//! Servers that repeat the key: what holds it, or part of it, is neither shown nor believed.

use domain::Oddity;

use super::not_a_list::NotAList;
use super::words::Words;
use crate::http_client::ExchangeError;

/// How much of a secret gives it away, in characters: LM Studio repeats the first ten of a malformed token.
const START: usize = 6;

/// How many characters of a long secret give it away wherever they stand: servers that mask a key leave the last four.
const PART: usize = 4;

/// From what length on a key is one, and not a word such as `lm-studio` that ids may hold as well.
const LONG: usize = 20;

/// The shortest digest of a key that a server may show, in hexadecimal digits (SHA-1; LiteLLM shows SHA-256).
const DIGEST: usize = 40;

/// What is shown instead of a text that holds the key, or part of it.
const REPEATED: &str = "(it repeats part of the key)";

/// The secrets that the server was sent, to be found in what it says.
pub(super) struct Echo<'a>(pub(super) Vec<&'a str>);

impl Echo<'_> {
    /// Whether a text that would be shown gives a secret away.
    fn is_in(&self, text: &str) -> bool {
        // A host's name is shown in small letters.
        let text = text.to_lowercase();
        let digest = || text.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= DIGEST);
        !self.0.is_empty() && digest() || self.0.iter().any(|secret| gives_away(&text, &secret.to_lowercase()))
    }

    /// Whether an answer holds a whole key, as an id of a model perhaps, which would be written.
    pub(super) fn is_in_body(&self, body: &[u8]) -> bool {
        let text = String::from_utf8_lossy(body);
        self.0.iter().any(|secret| secret.len() >= LONG && text.contains(*secret))
    }

    /// The server's words, unless they give a secret away.
    pub(super) fn out_of(&self, words: Words) -> Words {
        if self.is_in(words.as_str()) { Words::Message(REPEATED.into()) } else { words }
    }

    /// What was found instead of a list, without a key of an entry that gives a secret away.
    pub(super) fn out_of_found(&self, found: NotAList) -> NotAList {
        match found {
            NotAList::NoId { count, first } => NotAList::NoId { count, first: self.out_of_entry(first) },
            found => found,
        }
    }

    /// What an entry has instead of an id, without a key of the entry that gives a secret away.
    pub(super) fn out_of_entry(&self, found: Oddity) -> Oddity {
        match found {
            Oddity::Keys(keys) if keys.iter().any(|key| self.is_in(key)) => Oddity::Keys(vec![REPEATED.into()]),
            found => found,
        }
    }

    /// A failure, without an address that holds a secret.
    pub(super) fn out_of_failure(&self, error: ExchangeError) -> ExchangeError {
        let nameless = || "an address that repeats part of the key".into();
        match error {
            ExchangeError::ForeignRedirect { to } if self.is_in(&to) => {
                ExchangeError::ForeignRedirect { to: nameless() }
            }
            ExchangeError::LoginRedirect { to } if self.is_in(&to) => ExchangeError::LoginRedirect { to: nameless() },
            error => error,
        }
    }
}

/// Whether a text holds how a secret begins, or any part of a long one.
fn gives_away(text: &str, secret: &str) -> bool {
    let characters: Vec<char> = secret.chars().collect();
    let start: String = characters.iter().take(START).collect();
    let part = |part: &[char]| text.contains(&String::from_iter(part));
    text.contains(&start) || secret.len() >= LONG && characters.windows(PART).any(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_key_is_found_whatever_its_characters_and_length() {
        for (key, text, found) in [
            ("sk-lm-AbCd1234", "no: sk-lm-…", true),
            ("abc", "you said abc", true),
            ("ключ-секрет", "нет: ключ-с", true),
            ("sk-lm-AbCd1234", "sk-other", false),
            ("sk-proj-0123456789abcdefWXYZ", "Incorrect API key provided: ********wxyz", true),
            ("sk-proj-0123456789abcdefWXYZ", "the model does not exist", false),
            ("lm-studio", "An LM Studio API token is required", false),
            ("lm-studio", "hash 0123456789abcdef0123456789abcdef01234567", true),
        ] {
            assert_eq!(Echo(vec![key]).is_in(text), found, "{text}");
        }
        assert!(!Echo(Vec::new()).is_in("0123456789abcdef0123456789abcdef01234567"));
    }

    #[test]
    fn a_whole_key_is_found_in_a_body_and_a_word_is_not_taken_for_one() {
        let echo = Echo(vec!["sk-lm-AbCd1234:01234567890123456789"]);
        assert!(echo.is_in_body(br#"{"data":[{"id":"ssk-lm-AbCd1234:01234567890123456789"}]}"#));
        assert!(!echo.is_in_body(br#"{"data":[{"id":"sk-lm-AbCd1234:0123456789"}]}"#));
        assert!(!Echo(vec!["lm-studio"]).is_in_body(b"lm-studio/model"));
    }
}
