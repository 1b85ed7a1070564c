//! The `.env` file: `NAME=value` lines, taken verbatim.
//!
//! Values are not expanded (a key may contain `$`), and an error names the line only, never its text.

use thiserror::Error;

/// A line that is no `NAME=value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct DotenvError {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// One `NAME=value`, and the number of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) line: usize,
}

/// Reads a `.env` text.
///
/// A name may follow `export`; a value may stand in single quotes (verbatim) or in double quotes (with `\n`,
/// `\t`, `\"` and `\\`); without quotes it ends before ` #`. Blank lines and lines that start with `#` say
/// nothing.
///
/// # Errors
/// [`DotenvError`] for the first line that is none of this.
pub(crate) fn parse(text: &str) -> Result<Vec<Entry>, DotenvError> {
    let mut entries = Vec::new();
    for (index, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = index + 1;
        let fail = |problem| DotenvError { line, problem };
        let content = raw.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let (name, value) = content.split_once('=').ok_or(fail("expected NAME=value"))?;
        let name = name.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim_start);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(fail("the name may hold letters, digits and `_` only"));
        }
        let value = parse_value(value.trim()).map_err(fail)?;
        entries.push(Entry { name: name.to_owned(), value, line });
    }
    Ok(entries)
}

fn parse_value(text: &str) -> Result<String, &'static str> {
    let only_comment = |rest: &str| rest.trim().is_empty() || rest.trim_start().starts_with('#');
    if let Some(rest) = text.strip_prefix('\'') {
        let (value, rest) = rest.split_once('\'').ok_or("the single quote is not closed")?;
        return if only_comment(rest) { Ok(value.to_owned()) } else { Err("text follows the closing quote") };
    }
    if let Some(rest) = text.strip_prefix('"') {
        let mut value = String::new();
        let mut chars = rest.chars();
        loop {
            match chars.next().ok_or("the double quote is not closed")? {
                '"' => break,
                '\\' => match chars.next().ok_or("the double quote is not closed")? {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    escaped @ ('"' | '\\' | '$') => value.push(escaped),
                    other => value.extend(['\\', other]),
                },
                other => value.push(other),
            }
        }
        return if only_comment(chars.as_str()) { Ok(value) } else { Err("text follows the closing quote") };
    }
    let comment = text.find(" #").or_else(|| text.find("\t#")).or_else(|| text.starts_with('#').then_some(0));
    Ok(comment.map_or(text, |at| &text[..at]).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().map(|entry| (entry.name, entry.value)).collect()
    }

    #[test]
    fn the_usual_forms_are_read() {
        let text =
            "# comment\r\n\nA=1\nexport B = two words # why\nC='a $b # c'\nD=\"x\\ny\" # z\nE=\nF=a#b\nG=p@$$w0rd\n";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a $b # c"),
            ("D", "x\ny"),
            ("E", ""),
            ("F", "a#b"),
            ("G", "p@$$w0rd"),
        ];
        assert_eq!(values(text), expected.map(|(name, value)| (name.into(), value.into())));
    }

    #[test]
    fn an_error_names_the_line_and_not_its_text() {
        let error = parse("A=1\nsk-secret-without-name\n").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(!error.to_string().contains("sk-secret"));
        assert_eq!(parse("K=\"sk-open").unwrap_err().problem, "the double quote is not closed");
        assert_eq!(parse("1K=x").unwrap_err().line, 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_single_quoted_value_is_verbatim(value in "[^'\\r\\n]{0,40}") {
            prop_assert_eq!(values(&format!("K='{value}'")), vec![("K".to_owned(), value)]);
        }
    }
}
