//! Lists of models as JSON, read so that one odd entry, or a field nobody needs, costs nothing else.
//!
//! Values are picked out as unread text first and judged one at a time. What is not needed is skipped by
//! `serde_json` without recursion, so nesting of any depth neither fails nor overflows the stack.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::NotAList;
use crate::http_client::excerpt;

/// The most entries that a list may have.
pub(super) const MAX_ENTRIES: usize = 100_000;

/// The longest string, or other simple value, that is unpacked, in bytes: an id of 1,024 characters, each written as two `\uXXXX`, fits.
const MAX_SCALAR: usize = 16 * 1024;

/// What a list held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    /// How many entries could not be read.
    pub(super) skipped: usize,
}

/// Reads the object `{ "<key>": [ … ] }`, each entry by itself with `read`. An `error` that is not null makes it
/// no list, whatever else there is. Of a repeated key the last one counts, as in JavaScript.
pub(super) fn list<'a, T>(
    body: &'a [u8],
    key: &'static str,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> Result<List<T>, NotAList> {
    let text = text_of(body)?;
    match kind(text.trim_start()) {
        "an object" | "nothing" => {}
        found => return Err(NotAList::NotAnObject { key, found }),
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let top = Pick([key, "error"]).deserialize(&mut json).and_then(|picked| json.end().map(|()| picked));
    let [entries, error] = top.map_err(|error| not_json(&error))?;
    if let Some(error) = error.filter(|error| error.get() != "null") {
        return Err(refusal(error));
    }
    let entries = entries.ok_or(NotAList::NoList { key })?;
    if !entries.get().starts_with('[') {
        return Err(NotAList::ListIsNot { key, found: kind(entries.get()) });
    }
    items(entries, read).ok_or(NotAList::TooMany)
}

/// Reads the entries of an array, each by itself. `None` where the value is no array, or has over 100,000 entries.
pub(super) fn items<'a, T>(
    value: &'a RawValue,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> Option<List<T>> {
    if !value.get().starts_with('[') {
        return None;
    }
    let mut list = List { items: Vec::new(), skipped: 0 };
    let entries = Entries { read, list: &mut list };
    entries.deserialize(&mut serde_json::Deserializer::from_str(value.get())).ok()?;
    Some(list)
}

/// The named fields of an object, unread; `None` where the value is no object. Of a repeated one the last.
pub(super) fn fields<'a, const N: usize>(
    value: &'a RawValue,
    names: [&'static str; N],
) -> Option<[Option<&'a RawValue>; N]> {
    if !value.get().starts_with('{') {
        return None;
    }
    Pick(names).deserialize(&mut serde_json::Deserializer::from_str(value.get())).ok()
}

/// The text of a string; `None` for anything else, and for one longer than anything that is wanted.
pub(super) fn string(value: &RawValue) -> Option<String> {
    scalar(value)
}

/// A number of tokens: whole, above 0, and small enough for JavaScript to hold it exactly.
pub(super) fn tokens(value: &RawValue) -> Option<u64> {
    const MAX_SAFE: u64 = (1 << 53) - 1;
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

fn text_of(body: &[u8]) -> Result<&str, NotAList> {
    if body.starts_with(&[0x1f, 0x8b]) {
        return Err(NotAList::Compressed);
    }
    let text = std::str::from_utf8(body).map_err(|error| NotAList::NotText { at: error.valid_up_to() })?;
    match text.trim_start().as_bytes().first() {
        None => Err(NotAList::Empty),
        Some(b'<') => Err(NotAList::Html),
        Some(_) => Ok(text),
    }
}

/// serde_json's own message would repeat the server's text.
fn not_json(error: &serde_json::Error) -> NotAList {
    let (line, column) = (error.line(), error.column());
    if error.is_eof() { NotAList::CutOff { line, column } } else { NotAList::NotJson { line, column } }
}

/// What a JSON text begins as, with its article; `"nothing"` where it is none.
fn kind(json: &str) -> &'static str {
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
    let [message, code] = fields(error, ["message", "code"]).unwrap_or_default();
    if code.and_then(string).as_deref() == Some("invalid_api_key") {
        return NotAList::KeyRefused;
    }
    let message = string(error).or_else(|| message.and_then(string));
    NotAList::Refusal {
        message: message.map_or_else(|| "(an error without a message)".into(), |m| excerpt(&m)),
    }
}

/// Picks the values of some keys out of an object.
struct Pick<const N: usize>([&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Pick<N> {
    type Value = [Option<&'de RawValue>; N];

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Pick<N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut picked = [None; N];
        while let Some(index) = object.next_key_seed(Key(&self.0))? {
            match index {
                Some(index) => picked[index] = Some(object.next_value()?),
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(picked)
    }
}

/// Looks a key up among names. Keys are taken as bytes: one with half a surrogate pair is no text, and yet no
/// reason to refuse the object.
struct Key<'a>(&'a [&'static str]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| name.as_bytes() == key))
    }
}

/// Reads the entries of an array one by one, keeping none of their text.
struct Entries<'l, T, R> {
    read: R,
    list: &'l mut List<T>,
}

impl<'de, T, R: FnMut(&'de RawValue) -> Option<T>> DeserializeSeed<'de> for Entries<'_, T, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T, R: FnMut(&'de RawValue) -> Option<T>> Visitor<'de> for Entries<'_, T, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<(), A::Error> {
        while let Some(entry) = array.next_element()? {
            if self.list.items.len() + self.list.skipped == MAX_ENTRIES {
                return Err(A::Error::custom("too many entries"));
            }
            match (self.read)(entry) {
                Some(item) => self.list.items.push(item),
                None => self.list.skipped += 1,
            }
        }
        Ok(())
    }
}
