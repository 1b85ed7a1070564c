//! The server's own words in an answer that is not a list of models.

use std::fmt;

use serde::de::IgnoredAny;

use super::json;
use crate::http_client::excerpt;

/// How deep words are looked for: `{"error": {"detail": [{"msg": "…"}]}}` has five levels.
const DEPTH: usize = 5;

/// How many messages of an array are shown.
const MESSAGES: usize = 3;

/// The most bytes of a text that are shown in the end, before they are shortened.
const TEXT: usize = 4 * 1024;

/// The longest JSON answer that is searched for a message, in bytes. What is longer is no message.
const JSON: usize = 256 * 1024;

/// How far into a page its title is looked for, in bytes.
const PAGE_HEAD: usize = 64 * 1024;

/// What the server says, short and with escapes for all that could act on a terminal or a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Words {
    /// The message of a JSON answer.
    Message(String),
    /// The beginning of a text.
    Text(String),
    /// The title of an HTML page.
    Title(String),
}

impl Words {
    /// Reads them out of an answer's body; `None` where it has none.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?.trim();
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        match text.as_bytes().first()? {
            b'<' => title(text).map(Self::Title),
            b'{' | b'[' | b'"' if text.len() > JSON || !is_json() => None,
            b'{' | b'[' | b'"' => message(text, DEPTH).map(Self::Message),
            _ if is_json() => None,
            _ => one_line(text).map(Self::Text),
        }
    }

    /// The words alone.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Message(text) | Self::Text(text) | Self::Title(text) => text,
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => write!(f, "the server says: {message}"),
            Self::Text(text) => write!(f, "text (`{text}`)"),
            Self::Title(title) => write!(f, "the answer is an HTML page (`{title}`)"),
        }
    }
}

/// The message in a JSON value: OpenAI has it in `error.message`, LM Studio in `error`, FastAPI in `detail` (a text, or
/// a list of `{"msg": …}`), new-api in `message`, problem documents (RFC 9457) in `detail` or `title`.
fn message(value: &str, depth: usize) -> Option<String> {
    const NAMES: [&str; 8] = ["message", "msg", "detail", "error", "errors", "error_description", "reason", "title"];
    if depth == 0 {
        return None;
    }
    match value.as_bytes().first()? {
        b'"' => one_line(&json::string(value)?),
        b'{' => {
            let named = json::fields(value, NAMES)?;
            let message = named.into_iter().flatten().find_map(|value| message(value, depth - 1))?;
            match place(value) {
                Some(place) => one_line(&format!("{place}: {message}")),
                None => Some(message),
            }
        }
        b'[' => {
            let mut left = MESSAGES;
            let messages = json::items(value, |item| {
                left = left.checked_sub(1)?;
                message(item, depth - 1)
            })?;
            one_line(&messages.items.join("; "))
        }
        _ => None,
    }
}

/// The part of the request that a message of FastAPI's is about: `{"loc": ["header", "x-api-key"], "msg": …}`.
fn place(message: &str) -> Option<String> {
    let [loc, Some(_)] = json::fields(message, ["loc", "msg"])? else { return None };
    one_line(json::items(loc?, json::string)?.items.last()?)
}

/// A text on one line, shortened; `None` where nothing is in it.
fn one_line(text: &str) -> Option<String> {
    let words: Vec<&str> = beginning(text, TEXT).split_whitespace().collect();
    (!words.is_empty()).then(|| excerpt(&words.join(" ")))
}

/// The title of a page.
fn title(page: &str) -> Option<String> {
    let head = beginning(page, PAGE_HEAD).to_ascii_lowercase();
    let after = head.find("<title")?;
    let begin = after + head[after..].find('>')? + 1;
    let end = begin + head[begin..].find('<')?;
    one_line(&page[begin..end])
}

/// The beginning of a text, of at most so many bytes.
fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> Option<String> {
        Words::read(body.as_bytes()).map(|words| words.to_string())
    }

    #[test]
    fn words_are_found_wherever_servers_put_them() {
        for (body, said) in [
            (r#"{"error":"Unexpected endpoint"}"#, "Unexpected endpoint"),
            (r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#, "Loading model"),
            (r#"{"error":{"code":"x","errors":[{"reason":"no quota"}]}}"#, "no quota"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (
                r#"{"detail":[{"loc":["query"],"msg":"field required"},{"msg":"too\nlong"}]}"#,
                "query: field required; too long",
            ),
            (r#"{"detail":{"error":"model not found"}}"#, "model not found"),
            (r#"{"success":false,"message":"no such token","data":null}"#, "no such token"),
            (r#"{"code":401,"msg":"log in"}"#, "log in"),
            (r#"{"type":"about:blank","title":"Forbidden","status":403}"#, "Forbidden"),
            (r#"{"error":true,"message":"","reason":"asleep"}"#, "asleep"),
            (r#"[{"error":{"code":400,"message":"API key not valid"}}]"#, "API key not valid"),
            (r#""unauthorized""#, "unauthorized"),
        ] {
            assert_eq!(words(body), Some(format!("the server says: {said}")), "{body}");
        }
    }

    #[test]
    fn a_text_is_a_text_and_a_page_has_a_title() {
        for (body, shown) in [
            ("404 page not found\n", "text (`404 page not found`)"),
            ("not found", "text (`not found`)"),
            ("true story", "text (`true story`)"),
            ("nothing\r\n\there", "text (`nothing here`)"),
            ("no\u{1b}[2J", r"text (`no\u{1b}[2J`)"),
            (
                "<!doctype html><html><head><TITLE lang=\"en\">\n502 Bad\nGateway</TITLE>",
                "the answer is an HTML page (`502 Bad Gateway`)",
            ),
        ] {
            assert_eq!(words(body).as_deref(), Some(shown), "{body}");
        }
    }

    #[test]
    fn an_answer_without_words_has_none() {
        for body in ["", " ", "42", "null", "true", "{}", "[]", "[1]", r#"{"data":[{"id":"a"}]}"#, "<html>", "{\"a"] {
            assert_eq!(words(body), None, "{body}");
        }
        assert_eq!(Words::read(b"\xff\xfe"), None);
    }

    #[test]
    fn a_long_text_is_shortened() {
        let text = words(&"word ".repeat(10_000)).unwrap();
        assert!(text.chars().count() < 220 && text.contains('…'), "{text}");
    }
}
