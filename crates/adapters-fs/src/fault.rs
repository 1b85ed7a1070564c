//! What the operating system refused, and what a person can do about it.

use std::fmt;
use std::io;

use crate::platform;

/// A refusal of the operating system, together with its remedy.
#[derive(Debug)]
pub(crate) struct Fault {
    error: io::Error,
}

impl Fault {
    pub(crate) fn new(error: impl Into<io::Error>) -> Self {
        Self { error: error.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match platform::remedy(&self.error) {
            Some(remedy) => write!(f, "{}; {remedy}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}
