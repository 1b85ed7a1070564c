//! Lists of models as JSON, read so that one odd entry, or a field that is not needed, costs nothing else.
//!
//! An answer is checked to be JSON as a whole. From then on its values are texts, which are walked through without
//! recursion and unpacked one at a time, so nesting of any depth neither fails nor overflows the stack.

use std::borrow::Cow;

use domain::Oddity;
use json_text::Cursor;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::not_a_list::{MAX_ENTRIES, MOST_LEVELS, NotAList};
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

/// What a list held.
#[derive(Debug)]
pub(super) struct List<'a, T> {
    pub(super) items: Vec<T>,
    /// How many entries could not be read.
    pub(super) skipped: usize,
    /// The first of them.
    pub(super) first_skipped: Option<&'a str>,
}

/// Reads the object `{ "<key>": [ … ] }`, each entry by itself with `read`.
pub(super) fn list<'a, T>(
    body: &'a [u8],
    key: &'static str,
    read: impl FnMut(&'a str) -> Option<T>,
) -> Result<List<'a, T>, NotAList> {
    let [entries, _error] = object(text_of(body)?, [key, "error"])?;
    array(entries.ok_or(NotAList::NoList { key })?, key, read)
}

/// Reads an array that is called `key`, each entry by itself with `read`.
pub(super) fn array<'a, T>(
    entries: &'a str,
    key: &'static str,
    read: impl FnMut(&'a str) -> Option<T>,
) -> Result<List<'a, T>, NotAList> {
    if !entries.starts_with('[') {
        return Err(NotAList::ListIsNot { key, found: kind(entries) });
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
) -> Result<[Option<&'a str>; N], NotAList> {
    match kind(text.trim_start()) {
        "an object" | "nothing" => {}
        found => return Err(NotAList::NotAnObject { key: names[0], found }),
    }
    check(text)?;
    let picked = pick(text, names);
    match picked[1].filter(|error| !matches!(*error, "null" | "false" | "\"\"")) {
        Some(error) => Err(refusal(error)),
        None => Ok(picked),
    }
}

/// The array that a text is, unread.
pub(super) fn bare_array(text: &str) -> Result<&str, NotAList> {
    check(text).map(|()| text.trim())
}

/// Checks that a text is JSON.
fn check(text: &str) -> Result<(), NotAList> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| not_json(&error))
}

/// What an entry without a usable id is, or has instead.
pub(super) fn oddity(entry: &str) -> Oddity {
    if !entry.starts_with('{') {
        return Oddity::Value(kind(entry));
    }
    match fields(entry, ["id"]) {
        Some([Some(id)]) if !id.starts_with('"') => Oddity::Id(kind(id)),
        Some([Some("\"\"")]) => Oddity::Id("an empty text"),
        Some([Some(_)]) => Oddity::Id("a text that cannot be an id (too long, or with control characters)"),
        _ => Oddity::Keys(keys(entry)),
    }
}

/// The names of an object's members that are `true`.
pub(super) fn flags(object: &str) -> Vec<String> {
    let (mut seen, mut flags) = (0, Vec::new());
    members(object, |name, flag| {
        seen += 1;
        if flag == "true" && seen <= MAX_FLAGS {
            flags.push(name.to_owned());
        }
    });
    flags
}

/// The first few keys of an object, fit to be shown.
fn keys(object: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    members(object, |name, _| {
        if names.len() < NAMED_KEYS {
            names.push(excerpt(&name.chars().take(NAMED_CHARS).collect::<String>()));
        } else if names.len() == NAMED_KEYS {
            names.push("…".into());
        }
    });
    names
}

/// Walks through the members of an object: each name, and its value, unread. A name with half a surrogate pair is no
/// text, and yet no reason to refuse the object.
pub(super) fn members<'a>(object: &'a str, mut each: impl FnMut(&str, &'a str)) {
    Cursor::new(object).members(|cursor, key| {
        let is_long = key.len() > MAX_SCALAR;
        let name = if is_long { None } else { json_text::text(key) };
        each(&name.unwrap_or(Cow::Borrowed("\u{fffd}")), cursor.value());
    });
}

/// The values of some keys of an object. Of a repeated key the last one counts.
fn pick<'a, const N: usize>(object: &'a str, names: [&str; N]) -> [Option<&'a str>; N] {
    let mut picked = [None; N];
    members(object, |name, value| {
        if let Some(place) = names.iter().position(|wanted| *wanted == name) {
            picked[place] = Some(value);
        }
    });
    picked
}

/// Reads the entries of an array, each by itself. `None` where the value is no array, or has over 100,000 entries.
pub(super) fn items<'a, T>(value: &'a str, mut read: impl FnMut(&'a str) -> Option<T>) -> Option<List<'a, T>> {
    if !value.starts_with('[') {
        return None;
    }
    let mut list = List { items: Vec::new(), skipped: 0, first_skipped: None };
    let mut count = 0;
    Cursor::new(value).elements(|cursor| {
        let entry = cursor.value();
        count += 1;
        if count > MAX_ENTRIES {
            return;
        }
        match read(entry) {
            Some(item) => list.items.push(item),
            None => {
                list.first_skipped.get_or_insert(entry);
                list.skipped += 1;
            }
        }
    });
    (count <= MAX_ENTRIES).then_some(list)
}

/// The same of a part of a list, as an array of its own. `Err(None)` where it is no JSON.
pub(super) fn part<'a, T>(
    array: &'a str,
    read: impl FnMut(&'a str) -> Option<T>,
) -> Result<List<'a, T>, Option<NotAList>> {
    check_levels(array)?;
    check(array).map_err(|_no_json| None)?;
    items(array, read).ok_or(Some(NotAList::TooMany))
}

/// The named fields of an object, unread; `None` where the value is no object. Of a repeated one the last.
pub(super) fn fields<'a, const N: usize>(value: &'a str, names: [&str; N]) -> Option<[Option<&'a str>; N]> {
    value.starts_with('{').then(|| pick(value, names))
}

/// The text of a string; `None` for anything else, and for one longer than anything that is wanted.
pub(super) fn string(value: &str) -> Option<String> {
    scalar(value)
}

/// A text that may be as long as anything that is wanted, and is not empty.
pub(super) fn some_text(value: &str) -> Option<String> {
    string(value).filter(|text| !text.is_empty())
}

/// Whether a value says no: `null`, `false`, 0, or an empty text, list or object.
pub(super) fn is_nothing(value: &str) -> bool {
    matches!(value, "null" | "false" | "0" | "\"\"" | "[]" | "{}")
}

/// A number of tokens: whole, above 0, and small enough for JavaScript to hold it exactly.
pub(super) fn tokens(value: &str) -> Option<u64> {
    scalar(value).filter(|tokens| (1..=MAX_SAFE).contains(tokens))
}

/// A boolean, `None` for anything else.
pub(super) fn boolean(value: &str) -> Option<bool> {
    scalar(value)
}

/// A value that is no list or object. Looks at its length first: serde_json would copy a string of 10 MiB, if
/// only to say in an error that it is no number.
fn scalar<T: DeserializeOwned>(value: &str) -> Option<T> {
    (value.len() <= MAX_SCALAR).then(|| serde_json::from_str(value).ok()).flatten()
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
fn check_levels(text: &str) -> Result<(), NotAList> {
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
fn refusal(error: &str) -> NotAList {
    let [code] = fields(error, ["code"]).unwrap_or_default();
    if code.and_then(string).as_deref() == Some("invalid_api_key") {
        return NotAList::KeyRefused;
    }
    NotAList::Refusal
}
