//! Text that came from a server, made fit for an error message.

/// The most characters of a server's text that are shown.
const MAX_SHOWN: usize = 200;

/// The beginning of a text, with everything that could act on a terminal or a log written as an escape.
pub(crate) fn excerpt(text: &str) -> String {
    let mut shown = String::new();
    let mut room = MAX_SHOWN;
    for c in text.chars() {
        let escaped = c.escape_debug();
        let plain = matches!(c, '"' | '\'' | '\\');
        let width = if plain { 1 } else { escaped.len() };
        if width > room {
            shown.push('…');
            break;
        }
        room -= width;
        if plain { shown.push(c) } else { shown.extend(escaped) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_excerpt_cannot_act_on_a_terminal() {
        assert_eq!(excerpt("it's \"a\"\n\u{1b}[31m\u{202e}\u{feff}"), "it's \"a\"\\n\\u{1b}[31m\\u{202e}\\u{feff}");
        assert_eq!(excerpt(&"é".repeat(500)), format!("{}…", "é".repeat(200)));
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_and_has_no_control_characters(text in "\\PC*|(?s:.*)") {
            let shown = excerpt(&text);
            prop_assert!(shown.chars().count() <= MAX_SHOWN + 1);
            prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
