//! How objects and arrays are read: as unread text, one member at a time.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::http_client::excerpt;
use crate::lm_studio::not_a_list::MAX_ENTRIES;

/// The most flags of an object that are looked through.
const MAX_FLAGS: usize = 100;

/// The most keys of an entry that are named, and the most characters of one.
const NAMED_KEYS: usize = 4;
const NAMED_CHARS: usize = 40;

/// What a list held.
#[derive(Debug)]
pub(in crate::lm_studio) struct List<'a, T> {
    pub(in crate::lm_studio) items: Vec<T>,
    /// How many entries could not be read.
    pub(in crate::lm_studio) skipped: usize,
    /// The first of them.
    pub(in crate::lm_studio) first_skipped: Option<&'a RawValue>,
}

/// Picks the values of some keys out of an object.
pub(super) struct Pick<const N: usize>(pub(super) [&'static str; N]);

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
pub(super) struct Names<'l>(pub(super) &'l mut Vec<String>);

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
pub(super) struct Flags<'l>(pub(super) &'l mut Vec<(String, bool)>);

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
pub(super) struct Entries<'l, 'de, T, R> {
    pub(super) read: R,
    pub(super) list: &'l mut List<'de, T>,
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
