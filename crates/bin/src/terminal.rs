//! The terminal: how wide it is, whether it is one, and text laid out for it.

use std::io::{self, IsTerminal};

use rustix::termios::tcgetwinsize;

use crate::logging::colour_is_wanted;

/// Nothing is wider where nobody says how wide the terminal is.
pub(crate) const WIDTH: usize = 80;

/// Standard output, as far as its reader's eyes go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// How many characters fit on a line; `None` where a program reads them.
    pub(crate) width: Option<usize>,
    /// Whether colours are wanted.
    pub(crate) colour: bool,
}

/// What a part of a text is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Bold,
    Good,
    Warning,
    Bad,
}

impl Screen {
    /// Standard output as it is now.
    pub(crate) fn now() -> Self {
        let terminal = io::stdout().is_terminal();
        let columns = || tcgetwinsize(io::stdout()).map_or(WIDTH, |size| usize::from(size.ws_col));
        let width = terminal.then(columns).map(|width| if width < 20 { WIDTH } else { width });
        Self { width, colour: terminal && colour_is_wanted() }
    }

    /// The text in that paint, where colours are wanted.
    pub(crate) fn painted(self, text: &str, paint: Paint) -> String {
        let code = match paint {
            Paint::Bold => "1",
            Paint::Good => "32",
            Paint::Warning => "33",
            Paint::Bad => "31",
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A text with a word before it: broken between its words so that it fits beside that, unless a single word does
    /// not, such as an id or a path, which stays whole.
    pub(crate) fn beside(self, word: &str, text: &str) -> String {
        const COLUMN: usize = 15;
        self.wrapped(format!("  {word:<0$}", COLUMN - 2), COLUMN, text)
    }

    /// A text after that beginning, which is so wide, broken in the same way.
    pub(crate) fn wrapped(self, beginning: String, indent: usize, text: &str) -> String {
        let width = self.width.unwrap_or(usize::MAX);
        let mut lines = beginning;
        let mut column = indent;
        for word in text.split(' ') {
            let length = word.chars().count();
            if column > indent && column + 1 + length > width {
                lines.push_str(&format!("\n{:indent$}", ""));
                column = indent;
            } else if column > indent {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += length;
        }
        lines + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_in_its_column_and_words_stay_whole() {
        let screen = Screen { width: Some(26), colour: false };
        let id = "a/very-long-id-that-does-not-fit";
        let expected = format!(
            "  file         one two\n               three\n               {id}\n               four\n"
        );
        assert_eq!(screen.beside("file", &format!("one two three {id} four")), expected);
        let pipe = Screen { width: None, colour: false };
        assert_eq!(pipe.beside("file", "one two three"), "  file         one two three\n");
    }

    #[test]
    fn paint_is_for_terminals() {
        let (plain, colour) = (Screen { width: None, colour: false }, Screen { width: None, colour: true });
        assert_eq!(plain.painted("ok", Paint::Good), "ok");
        assert_eq!(colour.painted("ok", Paint::Good), "\x1b[32mok\x1b[0m");
    }
}
