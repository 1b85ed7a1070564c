//! JSON strings, as keys and as values.

use std::borrow::Cow;

use serde_json::Value;

/// One member of an object, as text: the key with its quotes, and the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The key, with its quotes.
    pub key: &'a str,
    /// The value, as it is written.
    pub value: &'a str,
}

/// Whether a key, as written and with its quotes, is that name.
#[must_use]
pub fn is_key(raw: &str, name: &str) -> bool {
    // An escape takes more bytes than the character that it is for.
    raw.len() >= name.len() + 2 && text(raw).is_some_and(|key| key == name)
}

/// The text of a JSON string; `None` for any other value, and for a string that is no Unicode text.
#[must_use]
pub fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.bytes().all(|byte| byte != b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// A text as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
