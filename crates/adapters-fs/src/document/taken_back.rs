//! Takes our provider out of a document, or puts back what it was before lmsync came.

use super::DocumentError;
use super::layout::Layout;
use super::row::quoted;
use super::shape::{Member, Root, is_key};

/// What becomes of a document whose provider is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// It stays as it is.
    Same,
    /// This much.
    Content(Vec<u8>),
    /// Nothing but the place where providers stand.
    Nothing,
}

/// The document with this entry, JSON text, in the place of the provider of that name; without it where there is none.
///
/// # Errors
/// [`DocumentError::TooLarge`]
pub(super) fn taken_back<R>(
    root: &Root<'_, R>,
    name: &str,
    entry: Option<&str>,
    size: usize,
) -> Result<Rest, DocumentError> {
    let Some((place, Some(providers))) = &root.inner else { return Ok(Rest::Same) };
    let has = providers.members.iter().rposition(|member| is_key(member.key, name));
    let others = || providers.members.iter().filter(|member| !is_key(member.key, name));
    match entry {
        None if root.members.len() == 1 && others().next().is_none() => return Ok(Rest::Nothing),
        None if has.is_none() => return Ok(Rest::Same),
        _ => {}
    }
    let key = quoted(name);
    // In its place; where another program has taken it out, at the end.
    let mut put_back = entry.map(|entry| Member { key: &key, value: entry });
    let mut out = Layout::with_capacity(size + size / 16 + entry.map_or(0, str::len));
    out.put("{");
    for (at, member) in root.members.iter().enumerate() {
        put(&mut out, member.key);
        if at != *place {
            out.put(member.value);
            continue;
        }
        out.put("{");
        for (at, member) in providers.members.iter().enumerate() {
            if !is_key(member.key, name) {
                put(&mut out, member.key);
                out.put(member.value);
            } else if Some(at) == has
                && let Some(entry) = put_back.take()
            {
                put(&mut out, member.key);
                out.put(entry.value);
            }
        }
        if let Some(entry) = put_back.take() {
            put(&mut out, entry.key);
            out.put(entry.value);
        }
        out.put("}");
    }
    out.put("}");
    out.finish().map(Rest::Content)
}

fn put(out: &mut Layout, key: &str) {
    out.next();
    out.put(key);
    out.put(":");
}
