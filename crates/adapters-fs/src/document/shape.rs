//! The way from a document's root to the rows of our provider, with everything beside it kept as text.

use json_text::{Cursor, Member, is_key, is_space};
use serde::de::IgnoredAny;

use super::error::{DocumentError, MAX_BYTES};

/// An object on the way: all its members in order, and the one that leads on.
pub(super) struct Object<'a, T> {
    pub(super) members: Vec<Member<'a>>,
    /// The place of the member that leads on, if there is one, and its content, unless that is `null`. Of
    /// several members of that name it is the last, as for `JSON.parse`.
    pub(super) inner: Option<(usize, Option<T>)>,
}

/// Our provider: its settings, and the rows of its `models`.
pub(super) type Ours<'a, R> = Object<'a, Vec<R>>;
/// All providers, ours among them.
pub(super) type Providers<'a, R> = Object<'a, Ours<'a, R>>;
/// The whole document.
pub(super) type Root<'a, R> = Object<'a, Providers<'a, R>>;

impl<'a, T> Object<'a, T> {
    /// What the member that leads on holds.
    pub(super) fn content(&self) -> Option<&T> {
        self.inner.as_ref().and_then(|(_, content)| content.as_ref())
    }

    /// What the member that leads on holds, without the rest.
    pub(super) fn into_content(self) -> Option<T> {
        self.inner.and_then(|(_, content)| content)
    }

    /// The value of the last member of that name.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        self.members.iter().rev().find(|member| is_key(member.key, name)).map(|member| member.value)
    }
}

/// Takes the content as JSON text.
///
/// # Errors
/// [`DocumentError`] wherever `JSON.parse` would throw, and for what is not UTF-8.
pub(crate) fn validate(content: &[u8]) -> Result<&str, DocumentError> {
    if content.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge);
    }
    let text = std::str::from_utf8(content).map_err(|error| {
        let (line, column) = place(content, error.valid_up_to());
        DocumentError::NotUtf8 { line, column }
    })?;
    if text.starts_with('\u{feff}') {
        return Err(DocumentError::ByteOrderMark);
    }
    // `IgnoredAny` checks the grammar without recursion, and like `JSON.parse` accepts a lone surrogate.
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => Ok(text),
        Err(_) if text.bytes().all(is_space) => Err(DocumentError::Empty),
        Err(error) => Err(describe(text, &error)),
    }
}

fn describe(text: &str, error: &serde_json::Error) -> DocumentError {
    let (line, column) = (error.line(), error.column());
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let at = start + column.saturating_sub(1);
    let bytes = text.as_bytes();
    let before = bytes[..at.min(bytes.len())].iter().rfind(|byte| !is_space(**byte));
    let what = match (before, bytes.get(at)) {
        (_, Some(b'/')) => return DocumentError::Comment { line, column },
        (Some(b','), Some(b'}' | b']')) => "a comma before a closing bracket".to_owned(),
        // With `IgnoredAny` each message is one of serde_json's fixed sentences, followed by the place.
        _ => error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
    };
    DocumentError::NotJson { line, column, what }
}

fn place(content: &[u8], at: usize) -> (usize, usize) {
    let before = &content[..at];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = at - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1) + 1;
    (line, column)
}

/// Finds our provider in valid JSON text, in one walk; `read` reads a row, and steps over it.
///
/// # Errors
/// [`DocumentError::WrongType`] where something on the way is neither what OpenClaw expects nor `null`.
pub(super) fn locate<'a, R>(
    text: &'a str,
    provider: &str,
    mut read: impl FnMut(&mut Cursor<'a>) -> R,
) -> Result<Root<'a, R>, DocumentError> {
    let mut rows = |cursor: &mut Cursor<'a>| {
        let mut rows = Vec::new();
        cursor.elements(|cursor| rows.push(read(cursor)));
        Ok(rows)
    };
    let mut cursor = Cursor::new(text);
    let cursor = &mut cursor;
    let ours = || format!("providers.{}", provider.escape_debug());
    let root = expect(
        cursor,
        b'{',
        || "the top level".to_owned(),
        |cursor| {
            object(cursor, "providers", |cursor| {
                expect(
                    cursor,
                    b'{',
                    || "providers".to_owned(),
                    |cursor| {
                        object(cursor, provider, |cursor| {
                            expect(cursor, b'{', ours, |cursor| {
                                object(cursor, "models", |cursor| {
                                    expect(cursor, b'[', || ours() + ".models", &mut rows)
                                })
                            })
                        })
                    },
                )
            })
        },
    )?;
    root.ok_or_else(|| DocumentError::WrongType {
        place: "the top level".to_owned(),
        expected: "an object",
        found: "null",
    })
}

/// Reads an object; the member of that name is read by `descend`, any other is stepped over.
fn object<'a, T>(
    cursor: &mut Cursor<'a>,
    name: &str,
    mut descend: impl FnMut(&mut Cursor<'a>) -> Result<Option<T>, DocumentError>,
) -> Result<Object<'a, T>, DocumentError> {
    let mut members = Vec::new();
    let mut inner = None;
    cursor.members(|cursor, key| {
        let start = cursor.start();
        if is_key(key, name) {
            // A later member of the same name puts this one aside, mistakes included.
            inner = Some((members.len(), descend(cursor)));
        } else {
            cursor.value();
        }
        members.push(Member { key, value: cursor.since(start) });
    });
    let inner = match inner {
        None => None,
        Some((at, content)) => Some((at, content?)),
    };
    Ok(Object { members, inner })
}

/// Reads a value that begins with `open`; `null` is no value.
fn expect<'a, T>(
    cursor: &mut Cursor<'a>,
    open: u8,
    place: impl FnOnce() -> String,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, DocumentError>,
) -> Result<Option<T>, DocumentError> {
    let first = cursor.peek();
    if first == open {
        return read(cursor).map(Some);
    }
    cursor.value();
    match first {
        b'n' => Ok(None),
        _ => Err(DocumentError::WrongType { place: place(), expected: kind(open), found: kind(first) }),
    }
}

/// The type of a value that begins with this byte.
fn kind(first: u8) -> &'static str {
    match first {
        b'{' => "an object",
        b'[' => "an array",
        b'"' => "a string",
        b't' | b'f' => "a boolean",
        b'n' => "null",
        _ => "a number",
    }
}
