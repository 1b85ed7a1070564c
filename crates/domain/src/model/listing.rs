//! A listing: what a server answered when it was asked which models it can serve.

use std::collections::HashSet;
use std::fmt;

use crate::model::facts::{FactSheet, ModelFacts};
use crate::model::id::ModelId;

/// The ids of one answer, in the server's order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    ids: Vec<ModelId>,
    incomplete: Option<Incomplete>,
    facts: FactSheet,
}

/// Why a listing may lack models that the server has. Such a listing shows that a model is there, and never that one
/// is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomplete {
    /// Some entries have no usable id.
    Entries {
        /// How many.
        count: usize,
        /// What the first of them has instead.
        first: Oddity,
    },
    /// The answer announces a further page, which could not be read.
    Page(Unread),
}

/// What an entry has instead of a usable id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// These keys, fit to be shown, and no `id`.
    Keys(Vec<String>),
    /// An `id` that is this: `a number`.
    Id(&'static str),
    /// It is no object, but this: `a string`.
    Value(&'static str),
}

/// Why a further page was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The answer does not say where the page begins, or says so in a way that lmsync does not know.
    Unnamed,
    /// The server answers with what it has listed before.
    Repeated,
    /// The server does not answer with a list there.
    Refused,
    /// All pages together take more requests, bytes or time than lmsync spends on a list, or hold more models.
    Endless,
}

impl Listing {
    /// Takes the ids of an answer that was understood as a whole.
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = ModelId>) -> Self {
        let mut seen = HashSet::new();
        Self { ids: ids.into_iter().filter(|id| seen.insert(id.clone())).collect(), ..Self::default() }
    }

    /// The same ids, of an answer that was understood in part.
    #[must_use]
    pub fn but(self, incomplete: Option<Incomplete>) -> Self {
        Self { incomplete, ..self }
    }

    /// The same ids, with what the answer says of some of them.
    #[must_use]
    pub fn with_facts(self, facts: FactSheet) -> Self {
        Self { facts, ..self }
    }

    /// What the answer says of its models.
    #[must_use]
    pub fn facts(&self) -> &FactSheet {
        &self.facts
    }

    /// Whether the answer says enough of every model for no other question to be asked; false of an empty list.
    #[must_use]
    pub fn says_all(&self) -> bool {
        let enough = |id: &ModelId| id.is_pattern() || self.facts.get(id).is_some_and(ModelFacts::is_enough);
        !self.facts.is_empty() && self.ids.iter().all(enough)
    }

    /// The ids, in the server's order, without duplicates.
    #[must_use]
    pub fn ids(&self) -> &[ModelId] {
        &self.ids
    }

    /// Why it may lack models that the server has; `None` where it was understood as a whole.
    #[must_use]
    pub fn incomplete(&self) -> Option<&Incomplete> {
        self.incomplete.as_ref()
    }
}

impl Incomplete {
    /// How many entries have no usable id.
    #[must_use]
    pub fn skipped(&self) -> usize {
        match self {
            Self::Entries { count, .. } => *count,
            Self::Page(_) => 0,
        }
    }

    /// What kind of gap it is, in a word: the same kind is the same state of the server.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Entries { .. } => "entries",
            Self::Page(Unread::Unnamed) => "page unnamed",
            Self::Page(Unread::Repeated) => "page repeated",
            Self::Page(Unread::Refused) => "page refused",
            Self::Page(Unread::Endless) => "page endless",
        }
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entries { count: 1, first } => {
                write!(f, "1 entry of its list has no usable id: it {first}")
            }
            Self::Entries { count, first } => {
                write!(f, "{count} entries of its list have no usable id: the first {first}")
            }
            Self::Page(why) => write!(f, "its answer announces a further page, and {why}"),
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(keys) if keys.is_empty() => f.write_str("is an empty object"),
            Self::Keys(keys) => write!(f, "has \"{}\" instead", keys.join("\", \"")),
            Self::Id(what) => write!(f, "has an \"id\" that is {what}"),
            Self::Value(what) => write!(f, "is {what}"),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unnamed => "does not say, in a way that lmsync knows, where that begins",
            Self::Repeated => "asked for it, the server repeats what it has listed before",
            Self::Refused => "asked for it, the server does not answer with a list",
            Self::Endless => "all pages together are more than lmsync reads of one list",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_incomplete_says_what_is_there_instead() {
        let keys = |keys: &[&str]| Oddity::Keys(keys.iter().map(|key| (*key).to_owned()).collect());
        for (incomplete, said) in [
            (
                Incomplete::Entries { count: 2, first: keys(&["name", "model"]) },
                "2 entries of its list have no usable id: the first has \"name\", \"model\" instead",
            ),
            (
                Incomplete::Entries { count: 1, first: Oddity::Id("a number") },
                "1 entry of its list has no usable id: it has an \"id\" that is a number",
            ),
            (
                Incomplete::Entries { count: 1, first: Oddity::Value("a string") },
                "1 entry of its list has no usable id: it is a string",
            ),
            (
                Incomplete::Page(Unread::Repeated),
                "its answer announces a further page, and asked for it, the server repeats what it has listed before",
            ),
        ] {
            assert_eq!(incomplete.to_string(), said);
        }
    }
}
