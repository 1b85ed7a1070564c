//! Untrusted text: characters that could act on a terminal, a log or a page are escaped.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does something else than being seen: control characters, and those that are invisible but
/// reorder or break the text around them (Unicode general categories Cc, Cf, Zl and Zp).
#[must_use]
pub fn acts_on_its_surroundings(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

/// A text on one line, such as an error or a field of a log: whatever acts is written as `\n` or `\u{1b}`.
#[must_use]
pub fn escape_untrusted(text: &str) -> Cow<'_, str> {
    escaped(text, acts_on_its_surroundings, |c, tamed| tamed.extend(c.escape_debug()))
}

/// A text of several lines that are ours, such as a table: line ends and tabs stay.
#[must_use]
pub fn escape_untrusted_lines(text: &str) -> Cow<'_, str> {
    let acts = |c| !matches!(c, '\n' | '\t') && acts_on_its_surroundings(c);
    escaped(text, acts, |c, tamed| tamed.extend(c.escape_debug()))
}

/// A JSON text with the same value, in which no character acts on a terminal that shows the text.
#[must_use]
pub fn escape_untrusted_json(text: &str) -> Cow<'_, str> {
    // Between values JSON has only these two; within a string it has neither.
    let acts = |c| !matches!(c, '\n' | '\t') && acts_on_its_surroundings(c);
    escaped(text, acts, |c, tamed| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(tamed, "\\u{unit:04x}");
        }
    })
}

fn escaped(text: &str, acts: impl Fn(char) -> bool, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(&acts) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) { write(c, &mut tamed) } else { tamed.push(c) }
    }
    Cow::Owned(tamed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_written_as_an_escape_and_all_else_stays() {
        let text = "a\u{1b}[31m\u{9b}2J\r\n\t\u{202e}\u{2028}\u{e0041} é 日本 <b> ../ \"'\\";
        let rest = " é 日本 <b> ../ \"'\\";
        assert_eq!(
            escape_untrusted(text),
            format!(r"a\u{{1b}}[31m\u{{9b}}2J\r\n\t\u{{202e}}\u{{2028}}\u{{e0041}}{rest}")
        );
        assert_eq!(escape_untrusted_lines("a\tb\n\u{7f}"), "a\tb\n\\u{7f}");
        assert_eq!(
            escape_untrusted_json("{\n\t\"\u{9b}\u{e0041}\": 1}"),
            r#"{
	"\u009b\udb40\udc41": 1}"#
        );
    }

    #[test]
    fn a_harmless_text_is_not_copied() {
        assert!(matches!(escape_untrusted("qwen/qwen3-8b 日本"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_that_acts_is_left(text in "(?s:.{0,80})") {
            prop_assert!(!escape_untrusted(&text).chars().any(acts_on_its_surroundings));
            let left = |c: &char| acts_on_its_surroundings(*c);
            prop_assert!(escape_untrusted_lines(&text).chars().filter(left).all(|c| matches!(c, '\n' | '\t')));
            prop_assert!(escape_untrusted_json(&text).chars().filter(left).all(|c| matches!(c, '\n' | '\t')));
        }
    }
}
