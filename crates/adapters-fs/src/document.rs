//! The models.json document as text: what our provider holds in it, and how a plan is worked into it.
//!
//! Everything that is not ours stays token for token: numbers and escapes as they were written, keys in their
//! order, duplicate keys too. Only the white space between tokens changes, to what OpenClaw itself writes:
//! `JSON.stringify(value, null, 2)` and a newline.

mod edit;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod shape;
mod taken_back;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use domain::{API_KEY_MARKER, ModelId, Plan, StoredModel, StoredProvider};
use json_text::{Row, id_and_row, text};

pub use error::{DocumentError, MAX_BYTES};
use shape::Object;
pub(crate) use shape::validate;
pub use taken_back::Rest;

/// What the provider of that name holds in the text; `None` where it is missing or `null`.
///
/// Lenient within the provider (a value of another type counts as none), strict on the way to it.
///
/// # Errors
/// [`DocumentError`] where OpenClaw could not read the text, or could not have meant it.
pub fn view(content: &[u8], provider: &str) -> Result<Option<StoredProvider>, DocumentError> {
    let found = view_rows(content, provider, |row| row)?;
    Ok(found.map(|(settings, models)| StoredProvider { models, ..settings }))
}

/// The same, with what `keep` makes of each row apart from the settings.
fn view_rows<R>(
    content: &[u8],
    provider: &str,
    mut keep: impl FnMut(StoredModel) -> R,
) -> Result<Option<(StoredProvider, Vec<R>)>, DocumentError> {
    let root = shape::locate(shape::validate(content)?, provider, |cursor| keep(Row::read(cursor).view()))?;
    let Some(ours) = root.into_content().and_then(Object::into_content) else { return Ok(None) };
    let setting = |name| ours.value(name).and_then(text).map(Into::into);
    let (base_url, api_key, api) = (setting("baseUrl"), setting("apiKey"), setting("api"));
    let settings = StoredProvider { base_url, api_key, api, models: Vec::new() };
    Ok(Some((settings, ours.into_content().unwrap_or_default())))
}

/// Works a plan into the text, below the provider of that name. The result was read again and found to hold
/// what the plan says.
///
/// The provider gets the planned rows in the plan's order, each made from the first row of that id; any other
/// row goes. A kept row stays as it is; of the others, owned fields are touched only where their value differs.
///
/// # Errors
/// [`DocumentError`], as [`view`]; and where the result would be too large.
pub fn edit(content: &[u8], provider: &str, plan: &Plan) -> Result<Vec<u8>, DocumentError> {
    let text = shape::validate(content)?;
    let root = shape::locate(text, provider, id_and_row)?;
    let edited = edit::apply(&root, provider, plan, text.len())?;
    drop(root);
    if is_sound(&edited, provider, plan)? { Ok(edited) } else { Err(DocumentError::Unsound) }
}

/// Whether a text holds what the plan says. Of each row only its place in the plan is kept: there may be 100,000.
fn is_sound(edited: &[u8], provider: &str, plan: &Plan) -> Result<bool, DocumentError> {
    let places: HashMap<&ModelId, usize> = plan.rows.iter().enumerate().map(|(place, row)| (row.id(), place)).collect();
    let place = |has: StoredModel| {
        let place = *places.get(has.id.as_ref()?)?;
        plan.rows[place].is_true_of(&has).then_some(place)
    };
    let Some((settings, rows)) = view_rows(edited, provider, place)? else { return Ok(false) };
    let in_order = rows.iter().enumerate().all(|(at, place)| *place == Some(at));
    Ok(plan.sets(&settings) && rows.len() == plan.rows.len() && in_order)
}

/// The text of that provider's entry, unless lmsync made the entry, which its key shows. `None` also where the entry
/// is missing or `null`.
///
/// # Errors
/// [`DocumentError`], as [`view`].
pub fn foreign_entry<'a>(content: &'a [u8], provider: &str) -> Result<Option<&'a str>, DocumentError> {
    let root = shape::locate(shape::validate(content)?, provider, id_and_row)?;
    let Some(providers) = root.content() else { return Ok(None) };
    let Some(ours) = providers.content() else { return Ok(None) };
    let is_made = ours.value("apiKey").and_then(text).as_deref() == Some(API_KEY_MARKER);
    Ok(providers.value(provider).filter(|_| !is_made))
}

/// Puts this entry, JSON text, in the place of the provider of that name, or takes that out where there is none; all
/// else stays token for token.
///
/// # Errors
/// [`DocumentError`], as [`view`].
pub fn taken_back(content: &[u8], provider: &str, entry: Option<&str>) -> Result<Rest, DocumentError> {
    let text = shape::validate(content)?;
    shape::locate(text, provider, id_and_row)?;
    taken_back::taken_back(text, provider, entry)
}
