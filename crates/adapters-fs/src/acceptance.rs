//! Whether OpenClaw takes a models.json: its own registry's rules, by which one wrong entry of any provider hides
//! everything in the file.
//!
//! The rules are those of two readers, read in their code and held against the real ones by `tests/doctor.rs`: the
//! early one (`pi-coding-agent`, tried with 2026.2.12) and the late one (tried with 2026.9.6). A comment, a comma too
//! many or a byte order mark is refused before, by [`crate::document`].

mod rules;

use serde_json::Value;

pub use self::rules::{Reader, Refusal};
use crate::document::{DocumentError, validate};
use crate::half_surrogates::without_half_surrogates;

/// All for which this reader refuses the file; nothing where it takes it.
///
/// # Errors
/// [`DocumentError`] where it is no JSON at all.
pub fn refusals(content: &[u8], reader: Reader) -> Result<Vec<Refusal>, DocumentError> {
    let text = validate(content)?;
    // A text that this cannot read (an enormous number, extreme nesting) gets no findings.
    let Some(root) = parse(text) else { return Ok(Vec::new()) };
    let mut found = rules::Found::new(reader);
    found.root(&root);
    Ok(found.refusals)
}

/// The value of a text that is known to be JSON; `None` for what fits no [`Value`].
fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text)
        .or_else(|error| match without_half_surrogates(text) {
            Some(text) => serde_json::from_str(&text),
            None => Err(error),
        })
        .ok()
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
