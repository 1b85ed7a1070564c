//! An answer that is not a list, described.

use std::fmt;

use thiserror::Error;

use super::not_a_list::NotAList;
use super::words::Words;

/// An answer that is not a list, with its status where that is not 200, and the server's own words where it has any
/// that may be shown.
#[derive(Debug, Error)]
pub(super) struct Described {
    pub(super) status: u16,
    pub(super) found: NotAList,
    pub(super) words: Option<Words>,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.status != 200 {
            write!(f, "HTTP {}: ", self.status)?;
        }
        match (&self.words, &self.found) {
            // These say more of the answer than its words do.
            (Some(words), found)
                if !matches!(found, NotAList::Disowned | NotAList::RepeatsKey | NotAList::NoId { .. }) =>
            {
                words.fmt(f)
            }
            (_, found) => found.fmt(f),
        }
    }
}
