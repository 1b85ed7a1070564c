//! An object whose members keep their order and their text, so that an edit leaves all else as it is.

use std::borrow::Cow;
use std::fmt;

use crate::cursor::Cursor;
use crate::string::{is_key, quoted};

/// The members of an object in their order: each key with its quotes, and each value as it is written.
///
/// Of several members of one name the last one counts, as for `JSON.parse`.
#[derive(Debug, Clone, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Object<'a> {
    /// Takes valid JSON text apart. Anything else than an object has no members.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let mut members = Vec::new();
        Cursor::new(text).members(|cursor, key| members.push((key.into(), cursor.value().into())));
        Self(members)
    }

    /// The value of that key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rfind(|(has, _)| is_key(has, key)).map(|(_, value)| &**value)
    }

    /// The object at that key; one without members where there is none.
    #[must_use]
    pub fn object(&self, key: &str) -> Self {
        match self.0.iter().rfind(|(has, _)| is_key(has, key)) {
            Some((_, Cow::Borrowed(text))) => Self::parse(text),
            Some((_, Cow::Owned(text))) => {
                let owned = |(key, value): (Cow<'_, str>, Cow<'_, str>)| {
                    (Cow::Owned(key.into_owned()), Cow::Owned(value.into_owned()))
                };
                Self(Object::parse(text).0.into_iter().map(owned).collect())
            }
            None => Self::default(),
        }
    }

    /// Sets a value, JSON text, in its place or at the end.
    pub fn set(&mut self, key: &str, value: impl Into<Cow<'a, str>>) {
        match self.0.iter_mut().rfind(|(has, _)| is_key(has, key)) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((quoted(key).into(), value.into())),
        }
    }

    /// Takes out each member of that name.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(has, _)| !is_key(has, key));
    }

    /// Whether it has no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has no member of another name.
    #[must_use]
    pub fn has_only(&self, key: &str) -> bool {
        self.0.iter().all(|(has, _)| is_key(has, key))
    }
}

/// As compact JSON; the values as they are.
impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (key, value)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{key}:{value}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_edited_stays_as_it_is_written() {
        let text = r#"{ "a" : 1.0, "\u0062":[ 1,2 ], "a": {"c":"\u00e9"} }"#;
        let mut object = Object::parse(text);
        assert_eq!(object.get("a"), Some(r#"{"c":"\u00e9"}"#));
        object.set("b", "null");
        object.set("d", quoted("\""));
        assert_eq!(object.to_string(), r#"{"a":1.0,"\u0062":null,"a":{"c":"\u00e9"},"d":"\""}"#);
        let mut inner = object.object("a");
        inner.set("c", "2");
        object.set("a", inner.to_string());
        assert_eq!(object.object("a").get("c"), Some("2"));
        object.remove("a");
        assert_eq!(object.to_string(), r#"{"\u0062":null,"d":"\""}"#);
        assert!(!object.has_only("b") && !object.is_empty());
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for text in ["[1]", "null", "\"x\"", ""] {
            assert!(Object::parse(text).is_empty(), "{text}");
        }
    }
}
