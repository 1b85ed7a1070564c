//! A list of names in a log line: bounded, since a server may list 100,000 models.

use std::error::Error;
use std::fmt;

use domain::ModelId;

/// How many names a log line has of one list, and in how many bytes.
const NAMES: usize = 100;
const BYTES: usize = 3_000;

/// How many of them the text for a person has.
const NAMES_IN_TEXT: usize = 10;

/// The value of a field of the log that is a list. As text it is `3 [a, b and 1 more]`.
///
/// `tracing` knows numbers, text and errors alone, and recognises none but an error by its type. So a list travels as
/// an error, and the JSON log, which finds its type, writes an array and a count.
#[derive(Debug)]
pub struct NameList {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: Vec<String>,
}

impl NameList {
    /// The first of these names, and how many there are.
    pub fn new<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let count = names.len();
        let mut room = BYTES;
        let fits = |name: &&str| {
            let left = room.checked_sub(name.len());
            room = left.unwrap_or(0);
            left.is_some()
        };
        Self { count, first: names.take(NAMES).take_while(fits).map(str::to_owned).collect() }
    }

    pub(crate) fn of_ids<'a>(ids: impl ExactSizeIterator<Item = &'a ModelId>) -> Self {
        Self::new(ids.map(ModelId::as_str))
    }

    /// The first of them, for a person: `a, b and 1 more`.
    pub fn in_words(&self) -> String {
        let named = &self.first[..self.first.len().min(NAMES_IN_TEXT)];
        match self.count - named.len() {
            0 => named.join(", "),
            rest if named.is_empty() => format!("{rest} with long names"),
            rest => format!("{} and {rest} more", named.join(", ")),
        }
    }

    /// The list as `tracing` takes it.
    pub fn as_value(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl Error for NameList {}

impl fmt::Display for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.count, self.in_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_few_and_counts_the_rest() {
        let list = |texts: &[&str]| NameList::new(texts.iter().copied());
        assert_eq!(list(&["a", "b"]).to_string(), "2 [a, b]");
        let many = list(&["a"; 1000]);
        assert_eq!((many.count, many.first.len()), (1000, NAMES));
        assert!(many.to_string().ends_with("a, a and 990 more]"));
        let long = "x".repeat(1_600);
        assert_eq!(list(&[long.as_str(); 3]).to_string(), format!("3 [{long} and 2 more]"));
        let longer = "é".repeat(1_600);
        assert_eq!(list(&[longer.as_str(); 3]).to_string(), "3 [3 with long names]");
    }
}
