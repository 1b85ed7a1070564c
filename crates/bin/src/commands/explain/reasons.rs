//! Why a model is as it is, in a few words.

use domain::{HoldReason, Input, Key, LeftOut, Reason};

/// Where a value is from, as part of a sentence.
pub(crate) fn because(why: &Reason) -> String {
    match why {
        Reason::Default => "by default".to_owned(),
        Reason::NameRule => "guessed from its id".to_owned(),
        Reason::Server(key) => format!("as the server says ({})", key_name(key)),
        Reason::Capped { key, limit } => {
            format!("as the server says ({}), but at most {limit}", key_name(key))
        }
        Reason::Stored => "as written before: the server cannot be asked now".to_owned(),
        Reason::Override { index, glob } => {
            format!("by your override {} (match = \"{}\")", index + 1, glob.as_str())
        }
    }
}

/// A key, with the servers that are known for it.
fn key_name(key: &Key) -> String {
    format!("`{}`, as {}", key.path, key.server)
}

pub(crate) fn left_out(why: &LeftOut) -> String {
    match why {
        LeftOut::NotForChat(kind) => format!("the server says that it is {}", kind.name()),
        LeftOut::Pattern => "its id is a pattern for the ids of other models, and no model itself".to_owned(),
        LeftOut::ExcludedBy(glob) => format!("excluded by \"{}\"", glob.as_str()),
        LeftOut::NotIncluded => "not among what you include".to_owned(),
    }
}

pub(crate) fn hold(why: HoldReason) -> &'static str {
    match why {
        HoldReason::Unconfirmed => "it is missing from the list, and is removed once that is confirmed",
        HoldReason::ListEmpty => "the list is empty; it is removed once that has lasted",
        HoldReason::ListIncomplete => "it is missing from a list that was not understood as a whole",
    }
}

pub(crate) fn input_names(input: Input) -> &'static [&'static str] {
    match input {
        Input::Text => &["text"],
        Input::TextAndImage => &["text", "image"],
    }
}
