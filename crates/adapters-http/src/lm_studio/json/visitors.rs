//! How objects and arrays are read: as unread text, one member at a time.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::lm_studio::not_a_list::MAX_ENTRIES;

/// What a list held.
#[derive(Debug)]
pub(in crate::lm_studio) struct List<'a, T> {
    pub(in crate::lm_studio) items: Vec<T>,
    /// How many entries could not be read.
    pub(in crate::lm_studio) skipped: usize,
    /// The first of them.
    pub(in crate::lm_studio) first_skipped: Option<&'a RawValue>,
}

/// Walks through the members of an object: `choose` sees each key, and `take` the values of those that it chooses. Keys
/// are bytes: one with half a surrogate pair is no text, and yet no reason to refuse the object.
pub(super) struct Members<C, K> {
    pub(super) choose: C,
    pub(super) take: K,
}

impl<'de, T, C, K> DeserializeSeed<'de> for Members<C, K>
where
    C: FnMut(&[u8]) -> Option<T>,
    K: FnMut(T, &'de RawValue),
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, T, C, K> Visitor<'de> for Members<C, K>
where
    C: FnMut(&[u8]) -> Option<T>,
    K: FnMut(T, &'de RawValue),
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        while let Some(chosen) = object.next_key_seed(Key(&mut self.choose))? {
            match chosen {
                Some(chosen) => (self.take)(chosen, object.next_value()?),
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Key<'c, C>(&'c mut C);

impl<'de, T, C: FnMut(&[u8]) -> Option<T>> DeserializeSeed<'de> for Key<'_, C> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_bytes(self)
    }
}

impl<T, C: FnMut(&[u8]) -> Option<T>> Visitor<'_> for Key<'_, C> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok((self.0)(key))
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
