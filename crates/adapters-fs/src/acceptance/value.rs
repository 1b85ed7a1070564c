//! JSON as `JSON.parse` takes it: also with an escape for half a surrogate pair.

use std::borrow::Cow;

use serde_json::Value;

/// The value of a text that is known to be JSON; `None` for what fits no [`Value`].
pub(super) fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(&without_lone_surrogates(text)).ok()
}

/// Puts a replacement character in the place of each half of a surrogate pair: no rule depends on a text's characters.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = escape.strip_prefix("\\u").and_then(|after| after.get(..4));
        let half = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let taken = match (half, digits) {
            (Some(0xd800..=0xdfff), _) => {
                plain.push_str("\\ufffd");
                6
            }
            (_, Some(_)) => 6,
            // The character after a backslash is part of it, a second backslash above all.
            _ => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        if !matches!(half, Some(0xd800..=0xdfff)) {
            plain.push_str(&escape[..taken]);
        }
        rest = &escape[taken..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_read_and_a_backslash_is_no_escape() {
        let read = |text: &str| parse(text).map(|value| value.as_str().unwrap_or_default().to_owned());
        assert_eq!(read(r#""a\ud800b""#).as_deref(), Some("a\u{fffd}b"));
        assert_eq!(read(r#""\\ud800\n""#).as_deref(), Some("\\ud800\n"));
        assert_eq!(read(r#""\u00e9\uDFFF""#).as_deref(), Some("é\u{fffd}"));
        assert_eq!(read("1e999"), None);
    }
}
