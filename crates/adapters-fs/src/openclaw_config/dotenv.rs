//! The `.env` files that OpenClaw reads, in the grammar of the `dotenv` package that it reads them with.

use std::collections::HashMap;

/// The largest file that OpenClaw reads.
pub(super) const MOST_BYTES: u64 = 1024 * 1024;

/// The names and values of a text. A line that says nothing is skipped; of two lines with one name, the later counts.
pub(super) fn parse(text: &str) -> HashMap<String, String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut entries = HashMap::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (name, value, after) = entry(rest).unwrap_or_else(|| ("", String::new(), after_line(rest)));
        if !name.is_empty() {
            entries.insert(name.to_owned(), value);
        }
        rest = after;
    }
    entries
}

/// The entry at the start of a text, and what follows its line. A quoted value may span lines.
fn entry(text: &str) -> Option<(&str, String, &str)> {
    let line = text.trim_start();
    let line =
        line.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace)).map_or(line, str::trim_start);
    let length = line.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-'))?;
    let (name, rest) = line.split_at(length);
    // `NAME = value`, or `NAME: value` with a space behind the colon.
    let value = match rest.trim_start_matches([' ', '\t']).strip_prefix('=') {
        Some(value) => value,
        None => rest.strip_prefix(':').filter(|value| value.starts_with([' ', '\t']))?,
    };
    if name.is_empty() {
        return None;
    }
    let start = value.trim_start_matches([' ', '\t']);
    for quote in ['\'', '"', '`'] {
        let Some((quoted, behind)) = start.strip_prefix(quote).and_then(|inner| close(inner, quote)) else {
            continue;
        };
        let line_end = behind.find('\n').unwrap_or(behind.len());
        let comment = behind[..line_end].trim_start();
        if comment.is_empty() || comment.starts_with('#') {
            let value = if quote == '"' { quoted.replace("\\n", "\n").replace("\\r", "\r") } else { quoted.to_owned() };
            return Some((name, value, after_line(behind)));
        }
    }
    let line = value.split('\n').next().unwrap_or_default();
    let plain = line.split('#').next().unwrap_or_default().trim();
    Some((name, plain.to_owned(), after_line(value)))
}

/// What stands before the closing quote, and behind it. A backslash before it keeps it from closing.
fn close(inner: &str, quote: char) -> Option<(&str, &str)> {
    let end = inner.match_indices(quote).map(|(at, _)| at).find(|&at| !inner[..at].ends_with('\\'))?;
    Some((&inner[..end], &inner[end + quote.len_utf8()..]))
}

fn after_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_package_reads_them() {
        for (text, expected) in [
            ("A=1", Some("1")),
            ("  export A = 1  # mine", Some("1")),
            ("A: 1", Some("1")),
            ("A='it # $X \\n'", Some("it # $X \\n")),
            ("A=\"two\\nlines\"", Some("two\nlines")),
            ("A=\"two\nlines\" # mine", Some("two\nlines")),
            ("A=`it's`", Some("it's")),
            ("A=a#b", Some("a")),
            ("A=", Some("")),
            ("A=1\r\nA=2", Some("2")),
            ("A", None),
            ("# A=1", None),
            ("=1", None),
        ] {
            assert_eq!(parse(text).get("A").map(String::as_str), expected, "{text:?}");
        }
    }
}
