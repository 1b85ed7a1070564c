//! Text laid out for a person: how wide the terminal is, its colours, wrapped lines, tables.

use std::io::{self, IsTerminal};
use std::time::SystemTime;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use domain::escape_untrusted;
use humantime::format_rfc3339_seconds;
use terminal_size::{Width, terminal_size_of};

/// The width of a terminal that does not report one.
pub(crate) const WIDTH: usize = 80;

/// Where the text of a log line begins: after `22:02:21Z ! `.
const LOG_COLUMN: usize = 12;

/// How text on standard output may look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// How many characters fit on a line; `None` for a pipe or a file.
    pub(crate) width: Option<usize>,
    /// Whether colours are wanted.
    pub(crate) colour: bool,
}

/// A colour, by its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Bold,
    Good,
    Warning,
    Bad,
    /// A command line, to be copied.
    Command,
}

/// Lets a person's choice decide for the whole process whether text is coloured.
pub(crate) fn choose_color(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    };
    choice.write_global();
    // A console of Windows reads escapes only where a program asks it to.
    let _ = anstyle_query::windows::enable_ansi_colors();
}

/// Whether what goes there is coloured: as `--color` says, else by `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and
/// whether it is a terminal that has colours.
pub(crate) fn is_colored(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

impl Screen {
    /// Standard output as it is now.
    pub(crate) fn now() -> Self {
        let columns = terminal_size_of(io::stdout()).map(|(Width(width), _)| width);
        Self::new(io::stdout().is_terminal(), columns, is_colored(&io::stdout()))
    }

    /// Standard error as it is now.
    pub(crate) fn of_errors() -> Self {
        let columns = terminal_size_of(io::stderr()).map(|(Width(width), _)| width);
        Self::new(io::stderr().is_terminal(), columns, is_colored(&io::stderr()))
    }

    fn new(is_terminal: bool, columns: Option<u16>, colour: bool) -> Self {
        let columns = columns.map(usize::from).filter(|columns| *columns >= 20);
        Self { width: is_terminal.then(|| columns.unwrap_or(WIDTH)), colour }
    }

    /// The text in that colour, where colours are wanted.
    pub(crate) fn painted(self, text: &str, paint: Paint) -> String {
        let code = match paint {
            Paint::Bold => "1",
            Paint::Good => "32",
            Paint::Warning => "33",
            Paint::Bad => "31",
            Paint::Command => "36",
        };
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Lines of changes, each with its mark in a colour.
    pub(crate) fn painted_marks(self, text: &str) -> String {
        const MARKS: [(&str, Paint); 3] = [("+", Paint::Good), ("~", Paint::Warning), ("-", Paint::Bad)];
        let painted = |line: &str| {
            let mark = MARKS.iter().find(|(mark, _)| line.starts_with(&format!("  {mark} ")));
            mark.map_or(line.to_owned(), |(mark, paint)| format!("  {}{}", self.painted(mark, *paint), &line[3..]))
        };
        text.split('\n').map(painted).collect::<Vec<_>>().join("\n")
    }

    /// A text in a column beside a label. Lines break between words; a word that is too long, such as an id or a
    /// path, stays whole.
    pub(crate) fn beside(self, word: &str, text: &str) -> String {
        const COLUMN: usize = 16;
        self.wrapped(format!("  {word:<0$}", COLUMN - 2), COLUMN, text)
    }

    /// A line with the time, in UTC as everywhere in the log, and a mark.
    pub(crate) fn log_line(self, (mark, paint): (&str, Paint), text: &str) -> String {
        let now = format_rfc3339_seconds(SystemTime::now()).to_string();
        let time = now.split('T').nth(1).unwrap_or_default();
        self.wrapped(format!("{time} {} ", self.painted(mark, paint)), LOG_COLUMN, &escape_untrusted(text))
    }

    /// What belongs to the line above it.
    pub(crate) fn below_log_line(self, text: &str) -> String {
        self.wrapped(" ".repeat(LOG_COLUMN), LOG_COLUMN, &escape_untrusted(text))
    }

    /// Lines of text, each wrapped for a terminal, and left as they are for anything else.
    pub(crate) fn wrapped_lines(self, text: &str) -> String {
        if self.width.is_none() {
            return format!("{text}\n");
        }
        let wrap = |line: &str| {
            let indent = line.chars().take_while(|c| *c == ' ').count();
            self.wrapped(" ".repeat(indent), indent, line)
        };
        text.lines().map(wrap).collect()
    }

    /// A text after a beginning that is `indent` columns wide, wrapped as [`Screen::beside`] does.
    pub(crate) fn wrapped(self, beginning: String, indent: usize, text: &str) -> String {
        let Some(width) = self.width else { return format!("{beginning}{}\n", text.replace('\n', " ")) };
        let mut lines = beginning;
        let mut column = indent;
        for word in words(text) {
            let length = word.chars().count();
            if column > indent && column + 1 + length > width {
                lines.push_str(&format!("\n{:indent$}", ""));
                column = indent;
            } else if column > indent {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(&word);
            column += length;
        }
        lines + "\n"
    }
}

/// The words of a text. What stands in backquotes, such as a command to type, is one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut().filter(|last| last.matches('`').count() % 2 == 1) {
            Some(quoted) => {
                quoted.push(' ');
                quoted.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// A table where it fits the width, else a list: each row's first cell, and below it the other cells with their
/// headings. An id is neither cut nor wrapped.
pub(crate) fn fitted(rows: &[Vec<String>], right: &[usize], width: Option<usize>) -> String {
    let text = table(rows, right);
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let ([heading, rows @ ..], true) = (rows, width.is_some_and(|width| widest > width)) else { return text };
    let mut text = String::new();
    for row in rows {
        let cells = heading.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
        let cells: Vec<String> = cells.map(|(word, cell)| format!("{} {cell}", word.to_lowercase())).collect();
        text.push_str(&format!("{}\n    {}\n", row[0], cells.join("  ")));
    }
    text
}

/// A table; the first row is the heading, and the columns in `right` are aligned to the right.
pub(crate) fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = widths[column];
            if right.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_in_its_column_and_words_stay_whole() {
        let screen = Screen { width: Some(26), colour: false };
        let id = "a/very-long-id-that-does-not-fit";
        let expected =
            format!("  file          one two\n                three\n                {id}\n                four\n");
        assert_eq!(screen.beside("file", &format!("one two three {id} four")), expected);
        let command = screen.beside("file", "try `a b` and `c d e` now");
        assert_eq!(
            command,
            "  file          try `a b`\n                and\n                `c d e`\n                now\n"
        );
        let pipe = Screen { width: None, colour: false };
        assert_eq!(pipe.beside("file", "one two three"), "  file          one two three\n");
    }

    #[test]
    fn paint_is_for_terminals() {
        let (plain, colour) = (Screen { width: None, colour: false }, Screen { width: None, colour: true });
        assert_eq!(plain.painted("ok", Paint::Good), "ok");
        assert_eq!(colour.painted("ok", Paint::Good), "\x1b[32mok\x1b[0m");
    }

    #[test]
    fn a_table_that_does_not_fit_is_a_list() {
        let rows = [["ID", "CONTEXT"], ["a/long-id", "8"], ["b", "131072"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(fitted(&rows, &[1], Some(18)), table(&rows, &[1]));
        assert_eq!(fitted(&rows, &[1], None), table(&rows, &[1]));
        assert_eq!(fitted(&rows, &[1], Some(17)), "a/long-id\n    context 8\nb\n    context 131072\n");
    }

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let rows = [["ID", "CONTEXT", "X"], ["a/long-id", "8", ""], ["b", "131072", "yes"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows, &[1]), "ID         CONTEXT  X\na/long-id        8\nb           131072  yes\n");
    }
}
