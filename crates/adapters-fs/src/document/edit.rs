//! Works our provider into a document, and lays the whole of it out.

use std::collections::HashMap;

use domain::{API_KEY_MARKER, Plan, Row as Planned};
use json_text::{IdAndRow, Layout, Row, is_key, quoted, text};

use super::error::{DocumentError, MAX_BYTES};
use super::shape::{Object, Root};

/// Room for one new row, in bytes.
const ROW: usize = 640;

/// The document with our provider as planned. `size` is that of the text, in bytes.
///
/// # Errors
/// [`DocumentError::TooLarge`].
pub(super) fn apply(
    root: &Root<'_, IdAndRow<'_>>,
    name: &str,
    plan: &Plan,
    size: usize,
) -> Result<Vec<u8>, DocumentError> {
    let rows = root.content().and_then(Object::content).and_then(Object::content);
    let rows: &[IdAndRow<'_>] = rows.map_or(&[], Vec::as_slice);
    let added = plan.rows.len().saturating_sub(rows.len());
    let mut out = Layout::new(size + size / 16 + (added + 2) * ROW, MAX_BYTES);
    let settings = [("baseUrl", plan.base_url.as_str()), ("apiKey", API_KEY_MARKER), ("api", plan.api)];
    put(&mut out, Some(root), "providers", &[], |out, providers| {
        put(out, providers, name, &[], |out, ours| {
            put(out, ours, "models", &settings, |out, _| put_rows(out, rows, &plan.rows));
        });
    });
    out.finish().ok_or(DocumentError::TooLarge)
}

/// Writes an object with these settings, and with `inner` at the member that leads on. Members keep their
/// places; what is missing is appended.
fn put<'a, 'o, T>(
    out: &mut Layout,
    object: Option<&'o Object<'a, T>>,
    name: &str,
    settings: &[(&str, &str)],
    inner: impl FnOnce(&mut Layout, Option<&'o T>),
) {
    let members = object.map_or(&[][..], |object| object.members.as_slice());
    let leads_on = object.and_then(|object| object.inner.as_ref());
    let mut inner = Some(inner);
    let last = |name: &str| members.iter().rposition(|member| is_key(member.key, name));
    let places: Vec<Option<usize>> = settings.iter().map(|(name, _)| last(name)).collect();
    out.put("{");
    for (at, member) in members.iter().enumerate() {
        out.next();
        out.put(member.key);
        out.put(":");
        match leads_on {
            Some((place, content)) if *place == at => {
                if let Some(inner) = inner.take() {
                    inner(out, content.as_ref());
                }
            }
            _ => match places.iter().position(|place| *place == Some(at)) {
                Some(ours) if text(member.value).as_deref() != Some(settings[ours].1) => {
                    out.put(&quoted(settings[ours].1));
                }
                _ => out.put(member.value),
            },
        }
    }
    for ((name, value), _) in settings.iter().zip(&places).filter(|(_, place)| place.is_none()) {
        out.next();
        out.put(&quoted(name));
        out.put(":");
        out.put(&quoted(value));
    }
    if let Some(inner) = inner {
        out.next();
        out.put(&quoted(name));
        out.put(":");
        inner(out, None);
    }
    out.put("}");
}

/// Writes the planned rows, each made from the first row that has its id.
fn put_rows(out: &mut Layout, rows: &[IdAndRow<'_>], planned: &[Planned]) {
    let mut first = HashMap::with_capacity(rows.len());
    for (id, raw) in rows {
        if let Some(id) = id {
            first.entry(&**id).or_insert(*raw);
        }
    }
    let mut text = String::new();
    out.put("[");
    for planned in planned {
        let raw = first.get(planned.id().as_str()).copied();
        match planned {
            Planned::Set(model) => {
                text.clear();
                Row::parse(raw.unwrap_or("{}")).write(model, &mut text);
                out.next();
                out.put(&text);
            }
            // A plan keeps only rows that it saw, and is carried out over what it saw.
            Planned::Keep(_) => {
                if let Some(raw) = raw {
                    out.next();
                    out.put(raw);
                }
            }
        }
    }
    out.put("]");
}
