//! Standard output: text for a person, JSON for a program.

use std::io::{self, Write};

use domain::{escape_untrusted_json, escape_untrusted_lines};
use serde_json::Value;

use crate::exit::Exit;
use crate::platform::is_closed_pipe;
use crate::terminal::Screen;

/// Prints lines of text, with control characters escaped. A closed pipe (`lmsync models | head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Exit> {
    print_painted(&escape_untrusted_lines(text))
}

/// Prints sentences: on a terminal they are wrapped at its width, and in a pipe they are left as they are.
pub(crate) fn print_wrapped(text: &str) -> Result<(), Exit> {
    if text.is_empty() {
        return Ok(());
    }
    let screen = Screen::now();
    let text = screen.wrapped_lines(text.trim_end_matches('\n'));
    print_painted(&screen.painted_marks(&escape_untrusted_lines(&text)))
}

/// Prints a text as it is. The caller has escaped what is not its own, and may have coloured the text.
pub(crate) fn print_painted(text: &str) -> Result<(), Exit> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if !is_closed_pipe(&error) => Err(Exit::io("failed to print", &error)),
        _ => Ok(()),
    }
}

/// Prints a value, indented, as one document.
pub(crate) fn print_json(value: &Value) -> Result<(), Exit> {
    print(&escape_untrusted_json(&format!("{value:#}\n")))
}
