//! JSON5, as OpenClaw reads its configuration, with a bound on how deeply it may be nested.

use std::path::Path;
use std::{fmt, fs};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::{OpenClawConfigError, Position};
use crate::half_surrogates::without_half_surrogates;

/// How deeply arrays and objects may be nested. The parser calls itself for each level.
const DEEPEST: usize = 128;

/// The largest file that is taken for a configuration.
pub(super) const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a file. What is no file, or too large for one of a configuration, is not JSON5.
///
/// # Errors
/// [`OpenClawConfigError::Unreadable`] and [`OpenClawConfigError::Malformed`].
pub(super) fn read(path: &Path) -> Result<Value, OpenClawConfigError> {
    let unreadable = |error| OpenClawConfigError::Unreadable { path: path.to_owned(), error };
    let malformed = |position| OpenClawConfigError::Malformed { path: path.to_owned(), position };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return Err(malformed(None));
    }
    let text = fs::read(path).map_err(unreadable)?;
    // OpenClaw reads what is not UTF-8 too, with another character in its place.
    parse(&String::from_utf8_lossy(&text)).map_err(malformed)
}

/// Reads a text.
///
/// # Errors
/// Where it is not JSON5, or is nested too deeply: the place.
fn parse(text: &str) -> Result<Value, Position> {
    let text = text.trim_start_matches('\u{feff}');
    let read = json5::from_str(text).or_else(|error| {
        // OpenClaw's parser takes half a surrogate pair for a character.
        without_half_surrogates(text).map_or(Err(error), |text| json5::from_str(&text))
    });
    read.map(|Root(value)| value).map_err(|error: json5::Error| error.position().map(|at| (at.line + 1, at.column + 1)))
}

/// A whole text's value.
struct Root(Value);

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Level(0).deserialize(deserializer).map(Self)
    }
}

/// A value that stands below so many arrays and objects.
#[derive(Clone, Copy)]
struct Level(usize);

impl Level {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.0 < DEEPEST { Ok(Self(self.0 + 1)) } else { Err(E::custom("nested too deeply")) }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON5 value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key()? {
            object.insert(key, entries.next_value_seed(below)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json5_is_read_and_text_after_it_is_an_error() {
        let text = "\u{feff}{ // mine\n a: [1, -2, .5, 0x10, 'x', null, true,], \"b\": {}, }";
        let expected = json!({"a": [1, -2, 0.5, 16, "x", null, true], "b": {}});
        assert_eq!(parse(text), Ok(expected));
        assert_eq!(parse("{}\n x"), Err(Some((2, 2))));
        assert!(parse("").is_err() && parse("{a: }").is_err());
    }

    #[test]
    fn half_a_surrogate_pair_is_a_character_too() {
        let read = |text: &str| parse(text).map(|value| value.as_str().unwrap_or_default().to_owned());
        assert_eq!(read(r#""\ud83e\udd9e""#).as_deref(), Ok("🦞"));
        assert_eq!(read(r#""a\ud83eb""#).as_deref(), Ok("a\u{fffd}b"));
        assert_eq!(read(r#""\udd9e\ud83e""#).as_deref(), Ok("\u{fffd}\u{fffd}"));
        assert_eq!(read(r#""\\ud83e \ud83e""#).as_deref(), Ok("\\ud83e \u{fffd}"));
        for broken in [r#""\ud83e"#, r#""\ud8"#, "\"\\", r#"{"\ud83e": é\"#] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_text_that_is_nested_without_end_is_refused_and_crashes_nothing() {
        let nested = |depth: usize| parse(&("[".repeat(depth) + &"]".repeat(depth)));
        assert!(nested(DEEPEST).is_ok());
        assert!(nested(DEEPEST + 1).is_err());
        assert!(parse(&"[".repeat(1_000_000)).is_err());
        assert!(parse(&"{a:".repeat(1_000_000)).is_err());
    }
}
