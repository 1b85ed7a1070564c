//! What a server may answer instead of a list of models.

use domain::Oddity;
use thiserror::Error;

/// The most entries that a list may have.
pub(super) const MAX_ENTRIES: usize = 100_000;

/// The most bytes of ids and names that are kept of a list.
pub(super) const MAX_KEPT: usize = 10 * 1024 * 1024;

/// The most levels of a large answer, which are as many as serde_json reads of any.
pub(super) const MOST_LEVELS: usize = 128;

/// Why a body is not a list of models. Names what was found instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum NotAList {
    #[error("the answer is empty")]
    Empty,
    #[error("the answer is an HTML page")]
    Html,
    #[error("the answer is compressed, which it was not asked to be")]
    Compressed,
    #[error("the answer is not UTF-8 text (byte {at})")]
    NotText { at: usize },
    #[error("the answer is not JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("the answer is JSON that ends too early (line {line}, column {column})")]
    CutOff { line: usize, column: usize },
    #[error("the answer is nested more than {} levels deep", MOST_LEVELS)]
    TooDeep,
    #[error("the answer is {found}, not an object with a \"{key}\" array")]
    NotAnObject { key: &'static str, found: &'static str },
    #[error("the answer has no \"{key}\"")]
    NoList { key: &'static str },
    #[error("\"{key}\" is {found}, not an array")]
    ListIsNot { key: &'static str, found: &'static str },
    #[error("none of its {count} entries has a usable \"id\": the first {first}")]
    NoId { count: usize, first: Oddity },
    #[error("the answer is an error (without a message)")]
    Refusal,
    #[error("the server refuses the key")]
    KeyRefused,
    #[error("the answer repeats the key, and is not believed")]
    RepeatsKey,
    #[error("the list has more than {} models", MAX_ENTRIES)]
    TooMany,
    #[error("the ids and names of its models take more than {} MiB", MAX_KEPT / 1024 / 1024)]
    TooLong,
    #[error("the answer is a list, but its status says that the request failed")]
    Disowned,
}
