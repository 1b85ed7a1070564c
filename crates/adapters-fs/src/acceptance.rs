//! Whether OpenClaw takes a models.json: its own registry's rules, by which one wrong entry of any provider hides
//! everything in the file.
//!
//! The rules are those of two readers, read in their code and held against the real ones by `tests/doctor.rs`: the
//! early one (`pi-coding-agent`, tried with 2026.2.12) and the late one (tried with 2026.9.6). A comment, a comma too
//! many or a byte order mark is refused before, by [`crate::document`].

mod refusal;
mod rules;
mod value;

pub use self::refusal::{Reader, Refusal};
use crate::document::{DocumentError, validate};

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
