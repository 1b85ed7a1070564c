//! Takes our provider out of a document, or puts back what it was before lmsync came.

use json_text::{Layout, Object};

use super::error::{DocumentError, MAX_BYTES};

/// What becomes of a document whose provider is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// It stays as it is.
    Same,
    /// This much.
    Content(Vec<u8>),
    /// Nothing but the place where providers are.
    Nothing,
}

/// The document with this entry, JSON text, in the place of the provider of that name; without it where there is none.
///
/// # Errors
/// [`DocumentError::TooLarge`]
pub(super) fn taken_back(text: &str, name: &str, entry: Option<&str>) -> Result<Rest, DocumentError> {
    let mut root = Object::parse(text);
    if root.get("providers").is_none_or(|providers| !providers.starts_with('{')) {
        return Ok(Rest::Same);
    }
    let mut providers = root.object("providers");
    match entry {
        None if root.has_only("providers") && providers.has_only(name) => return Ok(Rest::Nothing),
        None if providers.get(name).is_none() => return Ok(Rest::Same),
        None => providers.remove(name),
        // In its place; where another program has taken it out, at the end.
        Some(entry) => providers.set(name, entry),
    }
    root.set("providers", providers.to_string());
    let expected = text.len() + text.len() / 16 + entry.map_or(0, str::len);
    let mut out = Layout::new(expected, MAX_BYTES);
    out.put(&root.to_string());
    out.finish().map(Rest::Content).ok_or(DocumentError::TooLarge)
}
