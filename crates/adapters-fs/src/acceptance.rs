//! Whether OpenClaw takes a models.json: its own registry's rules, by which one wrong entry of any provider hides
//! everything in the file.
//!
//! The rules are those of two readers, read in their code and held against the real ones by `tests/doctor.rs`: the
//! early one (`pi-coding-agent`, tried with 2026.2.12) and the late one (tried with 2026.9.6). A comment, a comma too
//! many or a byte order mark is refused before, by [`crate::document`].

mod rules;
mod value;

use crate::document::DocumentError;
use crate::document::validate;

/// Which of OpenClaw's readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Up to 2026.7: a provider with models needs an `apiKey`, and only text and images go in.
    Early,
    /// From 2026.8 on.
    Late,
}

/// A thing in the file for which a reader refuses all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where, such as `providers.ollama.models.0.reasoning`; fit to be shown.
    pub place: String,
    /// What is wrong there, as a clause: `must be true or false`.
    pub why: &'static str,
}

/// All for which this reader refuses the file; nothing where it takes it.
///
/// # Errors
/// [`DocumentError`] where it is no JSON at all.
pub fn refusals(content: &[u8], reader: Reader) -> Result<Vec<Refusal>, DocumentError> {
    let text = validate(content)?;
    // A text that this cannot read (an enormous number, extreme nesting) gets no findings.
    let Some(root) = value::parse(text) else { return Ok(Vec::new()) };
    let mut found = rules::Found::new(reader);
    found.root(&root);
    Ok(found.refusals)
}
