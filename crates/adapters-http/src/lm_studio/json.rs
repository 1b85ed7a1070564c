//! Lists of models as JSON, read so that one odd entry, or a field that is not needed, costs nothing else.
//!
//! Values are picked out as unread text first and checked one at a time. What is not needed is skipped by
//! `serde_json` without recursion, so nesting of any depth neither fails nor overflows the stack.

mod visitors;

use domain::Oddity;
use serde::de::{DeserializeOwned, DeserializeSeed};

use serde_json::value::RawValue;

pub(super) use self::visitors::List;
use self::visitors::{Entries, Members};
use super::not_a_list::{MOST_LEVELS, NotAList};
use crate::http_client::excerpt;

/// The largest whole number that JavaScript holds exactly.
pub(super) const MAX_SAFE: u64 = (1 << 53) - 1;

/// The longest string, or other simple value, that is unpacked, in bytes: an id of 1,024 characters, each written as
/// two `\uXXXX`, fits.
const MAX_SCALAR: usize = 16 * 1024;

/// The most flags of an object that are looked through.
const MAX_FLAGS: usize = 100;

/// The most keys of an entry that are named, and the most characters of one.
const NAMED_KEYS: usize = 4;
const NAMED_CHARS: usize = 40;

/// Reads the object `{ "<key>": [ … ] }`, each entry by itself with `read`.
pub(super) fn list<'a, T>(
    body: &'a [u8],
    key: &'static str,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> Result<List<'a, T>, NotAList> {
    let [entries, _error] = object(text_of(body)?, [key, "error"])?;
    array(entries.ok_or(NotAList::NoList { key })?, key, read)
}

/// Reads an array that is called `key`, each entry by itself with `read`.
pub(super) fn array<'a, T>(
    entries: &'a RawValue,
    key: &'static str,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> Result<List<'a, T>, NotAList> {
    if !entries.get().starts_with('[') {
        return Err(NotAList::ListIsNot { key, found: kind(entries.get()) });
    }
    items(entries, read).ok_or(NotAList::TooMany)
}

/// From how many bytes on an answer counts as large: with nesting that is as long, refusing it would take more memory
/// than an answer may cost.
const LARGE: usize = 8 * 1024 * 1024;

/// The named values of the object that a text is, unread. The first two names are that of its list and `error`: an
/// error that is not null, false or empty makes it no list, whatever else there is. Of a repeated key the last one
/// counts, as in JavaScript.
pub(super) fn object<'a, const N: usize>(
    text: &'a str,
    names: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], NotAList> {
    match kind(text.trim_start()) {
        "an object" | "nothing" => {}
        found => return Err(NotAList::NotAnObject { key: names[0], found }),
    }
    let picked = pick(text, names).map_err(|error| not_json(&error))?;
    match picked[1].filter(|error| !matches!(error.get(), "null" | "false" | "\"\"")) {
        Some(error) => Err(refusal(error)),
        None => Ok(picked),
    }
}

/// The array that a text is, unread.
pub(super) fn bare_array(text: &str) -> Result<&RawValue, NotAList> {
    serde_json::from_str(text).map_err(|error| not_json(&error))
}

/// What an entry without a usable id is, or has instead.
pub(super) fn oddity(entry: &RawValue) -> Oddity {
    if !entry.get().starts_with('{') {
        return Oddity::Value(kind(entry.get()));
    }
    match fields(entry, ["id"]) {
        Some([Some(id)]) if !id.get().starts_with('"') => Oddity::Id(kind(id.get())),
        Some([Some(id)]) if id.get() == "\"\"" => Oddity::Id("an empty text"),
        Some([Some(_)]) => Oddity::Id("a text that cannot be an id (too long, or with control characters)"),
        _ => Oddity::Keys(keys(entry)),
    }
}

/// The names of an object's members that are `true`.
pub(super) fn flags(object: &RawValue) -> Vec<String> {
    let (mut seen, mut flags) = (0, Vec::new());
    let name = |name: &[u8]| {
        seen += 1;
        std::str::from_utf8(name).ok().filter(|_| seen <= MAX_FLAGS).map(str::to_owned)
    };
    let set = |name: String, flag: &RawValue| {
        if flag.get() == "true" {
            flags.push(name);
        }
    };
    // It is JSON, so nothing can fail.
    let _ = members(object.get(), name, set);
    flags
}

/// The first few keys of an object, fit to be shown.
fn keys(object: &RawValue) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let note = |key: &[u8]| -> Option<()> {
        if names.len() < NAMED_KEYS {
            names.push(excerpt(&String::from_utf8_lossy(key).chars().take(NAMED_CHARS).collect::<String>()));
        } else if names.len() == NAMED_KEYS {
            names.push("…".into());
        }
        None
    };
    // It is JSON, so nothing can fail.
    let _ = members(object.get(), note, |(), _| ());
    names
}

/// Walks through the object that a text is: `choose` sees each key, and `take` the values of those that it chooses.
pub(super) fn members<'a, T>(
    object: &'a str,
    choose: impl FnMut(&[u8]) -> Option<T>,
    take: impl FnMut(T, &'a RawValue),
) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(object);
    Members { choose, take }.deserialize(&mut json)?;
    json.end()
}

/// The values of some keys of the object that a text is. Of a repeated key the last one counts.
fn pick<'a, const N: usize>(
    object: &'a str,
    names: [&'static str; N],
) -> serde_json::Result<[Option<&'a RawValue>; N]> {
    let mut picked = [None; N];
    let place = |key: &[u8]| names.iter().position(|name| name.as_bytes() == key);
    members(object, place, |place, value| picked[place] = Some(value))?;
    Ok(picked)
}

/// Reads the entries of an array, each by itself. `None` where the value is no array, or has over 100,000 entries.
pub(super) fn items<'a, T>(
    value: &'a RawValue,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> Option<List<'a, T>> {
    if !value.get().starts_with('[') {
        return None;
    }
    entries(value.get(), read).ok()
}

/// The same of a text that is the array. An error of data means over 100,000 entries.
pub(super) fn entries<'a, T>(
    text: &'a str,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> serde_json::Result<List<'a, T>> {
    let mut list = List { items: Vec::new(), skipped: 0, first_skipped: None };
    let mut json = serde_json::Deserializer::from_str(text);
    Entries { read, list: &mut list }.deserialize(&mut json)?;
    json.end()?;
    Ok(list)
}

/// The named fields of an object, unread; `None` where the value is no object. Of a repeated one the last.
pub(super) fn fields<'a, const N: usize>(
    value: &'a RawValue,
    names: [&'static str; N],
) -> Option<[Option<&'a RawValue>; N]> {
    if !value.get().starts_with('{') {
        return None;
    }
    pick(value.get(), names).ok()
}

/// The text of a string; `None` for anything else, and for one longer than anything that is wanted.
pub(super) fn string(value: &RawValue) -> Option<String> {
    scalar(value)
}

/// A text that may be as long as anything that is wanted, and is not empty.
pub(super) fn some_text(value: &RawValue) -> Option<String> {
    string(value).filter(|text| !text.is_empty())
}

/// Whether a value says no: `null`, `false`, 0, or an empty text, list or object.
pub(super) fn is_nothing(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "false" | "0" | "\"\"" | "[]" | "{}")
}

/// A number of tokens: whole, above 0, and small enough for JavaScript to hold it exactly.
pub(super) fn tokens(value: &RawValue) -> Option<u64> {
    scalar(value).filter(|tokens| (1..=MAX_SAFE).contains(tokens))
}

/// A boolean, `None` for anything else.
pub(super) fn boolean(value: &RawValue) -> Option<bool> {
    scalar(value)
}

/// A value that is no list or object. Looks at its length first: serde_json would copy a string of 10 MiB, if
/// only to say in an error that it is no number.
fn scalar<T: DeserializeOwned>(value: &RawValue) -> Option<T> {
    (value.get().len() <= MAX_SCALAR).then(|| serde_json::from_str(value.get()).ok()).flatten()
}

pub(super) fn text_of(body: &[u8]) -> Result<&str, NotAList> {
    if body.starts_with(&[0x1f, 0x8b]) {
        return Err(NotAList::Compressed);
    }
    let text = std::str::from_utf8(body).map_err(|error| NotAList::NotText { at: error.valid_up_to() })?;
    match text.trim_start().as_bytes().first() {
        None => Err(NotAList::Empty),
        Some(b'<') => Err(NotAList::Html),
        Some(_) => check_levels(text).map(|()| text),
    }
}

/// Refuses a large text with more levels than a list needs.
pub(super) fn check_levels(text: &str) -> Result<(), NotAList> {
    if text.len() > LARGE && is_nested_too_deeply(text) { Err(NotAList::TooDeep) } else { Ok(()) }
}

/// Whether JSON has more levels than a list needs. serde_json passes over nesting at the price of a byte a level, which
/// grows in steps of twice the size.
fn is_nested_too_deeply(text: &str) -> bool {
    let (mut level, mut in_text, mut escaped) = (0_usize, false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if in_text => (in_text, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\'),
            b'"' => in_text = true,
            b'[' | b'{' => level += 1,
            b']' | b'}' => level = level.saturating_sub(1),
            _ => {}
        }
        level > MOST_LEVELS
    })
}

/// serde_json's own message would repeat the server's text.
fn not_json(error: &serde_json::Error) -> NotAList {
    let (line, column) = (error.line(), error.column());
    if error.is_eof() { NotAList::CutOff { line, column } } else { NotAList::NotJson { line, column } }
}

/// What a JSON text begins as, with its article; `"nothing"` where it is none.
pub(super) fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        Some(b'"') => "a string",
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(b'-' | b'0'..=b'9') => "a number",
        _ => "nothing",
    }
}

/// LM Studio has a text here for an unknown path, and an object in its refusal of a key.
fn refusal(error: &RawValue) -> NotAList {
    let [code] = fields(error, ["code"]).unwrap_or_default();
    if code.and_then(string).as_deref() == Some("invalid_api_key") {
        return NotAList::KeyRefused;
    }
    NotAList::Refusal
}
