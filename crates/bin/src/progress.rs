//! Progress: what a command that takes a while is at.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write as _};

use crate::terminal::WIDTH;

/// What a command is at now, on a line that goes with it: on a terminal, and nowhere else.
pub(crate) struct Progress {
    shown: bool,
    written: Cell<bool>,
}

impl Progress {
    /// Says nothing yet, and nothing at all unless it is wanted.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { shown: wanted && io::stderr().is_terminal(), written: Cell::new(false) }
    }

    /// Shows what comes next.
    pub(crate) fn show(&self, what: &str) {
        if self.shown {
            let line: String = what.chars().filter(|c| !c.is_control()).take(WIDTH - 4).collect();
            // Nothing better can be done where standard error is closed.
            let _ = write!(io::stderr(), "\r\x1b[K{line} …");
            self.written.set(true);
        }
    }

    /// Takes the line away, before something else is written there.
    pub(crate) fn clear(&self) {
        if self.written.replace(false) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
