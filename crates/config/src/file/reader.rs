//! TOML, read key by key: each value knows its line, and a key that nobody took is an error.

use thiserror::Error;
use toml::de::{DeTable, DeValue};

/// The longest name of an unknown key that is repeated, in characters.
const LONGEST_NAME: usize = 60;

/// What is wrong with `lmsync.toml`, and where. Repeats names, never a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {}{problem}", key.as_ref().map(|key| format!("`{key}`: ")).unwrap_or_default())]
pub struct FileError {
    /// The line's number, from 1.
    pub line: usize,
    /// The key, with dots between its parts; `None` where the text is no TOML.
    pub key: Option<String>,
    /// What is wrong with it, and what is expected.
    pub problem: String,
}

/// A table, from which keys are taken.
pub(super) struct Table<'a> {
    text: &'a str,
    /// Its own key, `None` for the whole file.
    key: Option<String>,
    line: usize,
    entries: DeTable<'a>,
    /// The keys that were asked for.
    asked: Vec<String>,
}

/// A key's value, or an element of one.
pub(super) struct Item<'a> {
    text: &'a str,
    key: String,
    line: usize,
    value: DeValue<'a>,
}

impl<'a> Table<'a> {
    /// Reads a whole file.
    pub(super) fn parse(text: &'a str) -> Result<Self, FileError> {
        let document = DeTable::parse(text).map_err(|error| FileError {
            line: error.span().map_or(1, |span| line(text, span.start)),
            key: None,
            // The message alone: the error's own display repeats the line, which may hold a secret.
            problem: error.message().to_owned(),
        })?;
        Ok(Self { text, key: None, line: 1, entries: document.into_inner(), asked: Vec::new() })
    }

    /// Takes the value of that key, where there is one.
    pub(super) fn take(&mut self, key: &str) -> Option<Item<'a>> {
        self.asked.push(key.to_owned());
        let value = self.entries.remove(key)?;
        let line = line(self.text, value.span().start);
        Some(Item { text: self.text, key: self.path(key), line, value: value.into_inner() })
    }

    /// Takes the value of a key that has to be there.
    pub(super) fn require(&mut self, key: &str, expected: &str) -> Result<Item<'a>, FileError> {
        self.take(key).ok_or_else(|| FileError {
            line: self.line,
            key: Some(self.path(key)),
            problem: format!("it is missing; expected {expected}"),
        })
    }

    /// Takes the tables that stand below `[[key]]`; none where there is no such key.
    pub(super) fn take_tables(&mut self, key: &str) -> Result<Vec<Table<'a>>, FileError> {
        self.take(key).map_or(Ok(Vec::new()), Item::tables)
    }

    /// Complains about the first key that nobody took. `explain` may know what is meant by it.
    pub(super) fn finish(self, explain: impl Fn(&str) -> Option<String>) -> Result<(), FileError> {
        let first = self.entries.iter().min_by_key(|(key, _)| key.span().start);
        let Some((key, _)) = first else { return Ok(()) };
        let name = key.get_ref();
        let problem = explain(name).unwrap_or_else(|| {
            let nearest = self.asked.iter().min_by_key(|asked| strsim::levenshtein(asked, name));
            let nearest = nearest.map_or(String::new(), |nearest| format!("; the nearest is `{nearest}`"));
            format!("there is no such key{nearest}")
        });
        let shown: String = name.escape_debug().take(LONGEST_NAME).collect();
        Err(FileError { line: line(self.text, key.span().start), key: Some(self.path(&shown)), problem })
    }

    fn path(&self, key: &str) -> String {
        self.key.as_ref().map_or_else(|| key.to_owned(), |table| format!("{table}.{key}"))
    }
}

impl<'a> Item<'a> {
    /// The line on which it begins.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Says what is wrong with it.
    pub(super) fn fail(&self, problem: impl Into<String>) -> FileError {
        FileError { line: self.line, key: Some(self.key.clone()), problem: problem.into() }
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&str, FileError> {
        match &self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.fail("expected a text in quotes")),
        }
    }

    /// A text that says something and can be shown on one line.
    pub(super) fn word(&self) -> Result<&str, FileError> {
        let text = self.text()?;
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(self.fail("expected a text that is neither empty nor holds control characters"));
        }
        Ok(text)
    }

    /// A count of tokens, above 0.
    pub(super) fn tokens(&self) -> Result<u64, FileError> {
        let number = match &self.value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.filter(|number| *number > 0).ok_or_else(|| self.fail("expected a whole number above 0"))
    }

    /// `true` or `false`.
    pub(super) fn switch(&self) -> Result<bool, FileError> {
        match self.value {
            DeValue::Boolean(value) => Ok(value),
            _ => Err(self.fail("expected true or false")),
        }
    }

    /// The elements of an array.
    pub(super) fn elements(self, expected: &str) -> Result<Vec<Item<'a>>, FileError> {
        let Self { text, key, line: _, value: DeValue::Array(array) } = self else {
            return Err(self.fail(format!("expected {expected}")));
        };
        let element = |value: toml::Spanned<DeValue<'a>>| {
            let line = line(text, value.span().start);
            Item { text, key: key.clone(), line, value: value.into_inner() }
        };
        Ok(array.into_iter().map(element).collect())
    }

    fn tables(self) -> Result<Vec<Table<'a>>, FileError> {
        let expected = format!("tables, each below a line [[{}]]", self.key);
        let table = |item: Item<'a>| {
            let Item { text, key, line, value: DeValue::Table(entries) } = item else {
                return Err(item.fail(format!("expected {expected}")));
            };
            Ok(Table { text, key: Some(key), line, entries, asked: Vec::new() })
        };
        self.elements(&expected)?.into_iter().map(table).collect()
    }
}

/// The number of the line on which that byte stands.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
