//! Lists of models as JSON, read so that one odd entry, or a field that is not needed, costs nothing else.
//!
//! Values are picked out as unread text first and checked one at a time. What is not needed is skipped by
//! `serde_json` without recursion, so nesting of any depth neither fails nor overflows the stack.

use std::fmt;

use domain::Oddity;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::not_a_list::{MAX_ENTRIES, MOST_LEVELS, NotAList};
use crate::http_client::excerpt;

/// The largest whole number that JavaScript holds exactly.
pub(super) const MAX_SAFE: u64 = (1 << 53) - 1;

/// The most flags of an object that are looked through.
const MAX_FLAGS: usize = 100;

/// The longest string, or other simple value, that is unpacked, in bytes: an id of 1,024 characters, each written as
/// two `\uXXXX`, fits.
const MAX_SCALAR: usize = 16 * 1024;

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
    pub(super) first_skipped: Option<&'a RawValue>,
}

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
    let mut json = serde_json::Deserializer::from_str(text);
    let top = Pick(names).deserialize(&mut json).and_then(|picked| json.end().map(|()| picked));
    let picked = top.map_err(|error| not_json(&error))?;
    match picked[1].filter(|error| !matches!(error.get(), "null" | "false" | "\"\"")) {
        Some(error) => Err(refusal(error)),
        None => Ok(picked),
    }
}

/// The array that a text is, unread.
pub(super) fn bare_array(text: &str) -> Result<&RawValue, NotAList> {
    // Nesting without end would cost as much memory again as the text.
    if text.trim_start().get(1..).is_some_and(|rest| rest.trim_start().starts_with('[')) {
        return Err(NotAList::NotAnObject { key: "data", found: "an array of arrays" });
    }
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
    let mut flags: Vec<(String, bool)> = Vec::new();
    // What is no flag, or no text, ends the reading of this object, and costs no other.
    let _ = Flags(&mut flags).deserialize(&mut serde_json::Deserializer::from_str(object.get()));
    flags.into_iter().filter_map(|(name, is)| is.then_some(name)).collect()
}

/// The first few keys of an object, fit to be shown.
fn keys(object: &RawValue) -> Vec<String> {
    let mut names = Vec::new();
    // Keys that are no text end the naming, and it has no other failure.
    let _ = Names(&mut names).deserialize(&mut serde_json::Deserializer::from_str(object.get()));
    names
}

/// Reads the entries of an array, each by itself. `None` where the value is no array, or has over 100,000 entries.
pub(super) fn items<'a, T>(
    value: &'a RawValue,
    read: impl FnMut(&'a RawValue) -> Option<T>,
) -> Option<List<'a, T>> {
    if !value.get().starts_with('[') {
        return None;
    }
    let mut list = List { items: Vec::new(), skipped: 0, first_skipped: None };
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
        Some(_) if text.len() > LARGE && is_nested_too_deeply(text) => Err(NotAList::TooDeep),
        Some(_) => Ok(text),
    }
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

/// Notes the first few keys of an object.
struct Names<'l>(&'l mut Vec<String>);

impl<'de> DeserializeSeed<'de> for Names<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Names<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            if self.0.len() == NAMED_KEYS {
                self.0.push("…".into());
                break;
            }
            object.next_value::<IgnoredAny>()?;
            self.0.push(excerpt(&key.chars().take(NAMED_CHARS).collect::<String>()));
        }
        Ok(())
    }
}

/// Notes which members of an object are `true`.
struct Flags<'l>(&'l mut Vec<(String, bool)>);

impl<'de> DeserializeSeed<'de> for Flags<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Flags<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some((name, value)) = object.next_entry::<String, &RawValue>()? {
            if self.0.len() == MAX_FLAGS {
                break;
            }
            self.0.push((name, value.get() == "true"));
        }
        Ok(())
    }
}

/// Reads the entries of an array one by one, keeping none of their text.
struct Entries<'l, 'de, T, R> {
    read: R,
    list: &'l mut List<'de, T>,
}

impl<'de, T, R: FnMut(&'de RawValue) -> Option<T>> DeserializeSeed<'de> for Entries<'_, 'de, T, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T, R: FnMut(&'de RawValue) -> Option<T>> Visitor<'de> for Entries<'_, 'de, T, R> {
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
                None => {
                    self.list.first_skipped.get_or_insert(entry);
                    self.list.skipped += 1;
                }
            }
        }
        Ok(())
    }
}
