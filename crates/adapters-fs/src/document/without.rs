//! Takes our provider out of a document.

use super::DocumentError;
use super::layout::Layout;
use super::shape::{Member, Object, Providers, is_key};

/// What is left of a document without a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// It had no such provider.
    Same,
    /// This much.
    Content(Vec<u8>),
    /// Nothing but the place where providers stand.
    Nothing,
}

/// The document without the provider of that name.
///
/// # Errors
/// [`DocumentError::TooLarge`]
pub(super) fn without<R>(
    root: &Object<'_, Providers<'_, R>>,
    name: &str,
    size: usize,
) -> Result<Rest, DocumentError> {
    let Some((place, Some(providers))) = &root.inner else { return Ok(Rest::Same) };
    let others: Vec<&Member<'_>> =
        providers.members.iter().filter(|member| !is_key(member.key, name)).collect();
    if others.is_empty() && root.members.len() == 1 {
        return Ok(Rest::Nothing);
    }
    if others.len() == providers.members.len() {
        return Ok(Rest::Same);
    }
    let mut out = Layout::with_capacity(size + size / 16);
    out.put("{");
    for (at, member) in root.members.iter().enumerate() {
        out.next();
        out.put(member.key);
        out.put(":");
        if at != *place {
            out.put(member.value);
            continue;
        }
        out.put("{");
        for other in &others {
            out.next();
            out.put(other.key);
            out.put(":");
            out.put(other.value);
        }
        out.put("}");
    }
    out.put("}");
    out.finish().map(Rest::Content)
}
