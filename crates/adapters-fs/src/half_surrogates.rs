//! Escapes of half a surrogate pair, which JavaScript takes for a character and Rust's readers of JSON refuse.

/// The text with each escape of half a surrogate pair made that of U+FFFD; nothing where there is none.
pub(crate) fn without_half_surrogates(text: &str) -> Option<String> {
    let unit = |text: &str| {
        let hex = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(hex, 16).ok()
    };
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let next = escape.get(6..).and_then(unit);
        let (written, length) = match (unit(escape), next) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&escape[..12], 12),
            (Some(0xd800..=0xdfff), _) => ("\\ufffd", 6),
            _ => {
                let length = escape.chars().take(2).map(char::len_utf8).sum();
                (&escape[..length], length)
            }
        };
        whole.push_str(written);
        rest = &escape[length..];
    }
    whole.push_str(rest);
    (whole != text).then_some(whole)
}
