//! Why a text cannot be used as a models document.

use thiserror::Error;

/// The largest document that is read or written, in bytes: some 250,000 models.
pub const MAX_BYTES: usize = 128 << 20;

/// Why a text cannot be used as a models document. No message quotes the text: it may hold keys.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// There is nothing but white space.
    #[error("it is empty; delete it, and lmsync writes it again")]
    Empty,
    /// The text begins with U+FEFF.
    #[error("it begins with a byte order mark, which OpenClaw refuses; save it as UTF-8 without one")]
    ByteOrderMark,
    /// The text is not UTF-8.
    #[error("line {line}, column {column}: not UTF-8; save it as UTF-8")]
    NotUtf8 {
        /// The line, counted from 1.
        line: usize,
        /// The byte in it, counted from 1.
        column: usize,
    },
    /// The text has a comment, which OpenClaw's strict reader refuses.
    #[error("line {line}, column {column}: a comment, which OpenClaw refuses in this file; remove it")]
    Comment {
        /// The line, counted from 1.
        line: usize,
        /// The byte in it, counted from 1.
        column: usize,
    },
    /// The text is not JSON.
    #[error("line {line}, column {column}: {what}; mend it, or restore the file from a backup")]
    NotJson {
        /// The line, counted from 1.
        line: usize,
        /// The byte in it, counted from 1.
        column: usize,
        /// What a JSON reader says of it, without any of the text.
        what: String,
    },
    /// A value on the way to our models is of another type.
    #[error("{place} is {found}, but OpenClaw expects {expected}; mend or remove it")]
    WrongType {
        /// The value's place, such as `providers.lmstudio.models`.
        place: String,
        /// The type that OpenClaw expects, with its article.
        expected: &'static str,
        /// The type that is there, with its article.
        found: &'static str,
    },
    /// The text is, or would become, larger than [`MAX_BYTES`].
    #[error("it takes more than {} MiB; lmsync handles no larger file", MAX_BYTES >> 20)]
    TooLarge,
    /// The edited text does not say what the plan says: a bug in lmsync, caught before anything is written.
    #[error("the edited text would not hold what was planned; please report this as a bug of lmsync")]
    Unsound,
}
