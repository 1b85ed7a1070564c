//! How the body of an answer is received: as it is, or part by part.

use std::ops::ControlFlow;

/// The longest body that is kept, in bytes.
pub(crate) const MAX_BODY: usize = 10 * 1024 * 1024;

/// What takes parts out of a body.
type Take<'a> = &'a mut (dyn FnMut(&mut Vec<u8>) -> ControlFlow<()> + Send);

/// How a body is received.
pub(crate) struct Intake<'a> {
    /// The most bytes that it may have. Where parts are taken out, at most [`MAX_BODY`] are kept.
    pub(crate) most: usize,
    /// Takes out of what has arrived what it has read of it; `Break` where it needs no more.
    pub(crate) take: Option<Take<'a>>,
}

impl Intake<'_> {
    /// As it is, unless it is longer than that.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, take: None }
    }
}

/// A body, or what is left of it.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    /// How many bytes came in all.
    pub(super) length: usize,
    /// Whether it was read to its end.
    pub(super) is_whole: bool,
}
