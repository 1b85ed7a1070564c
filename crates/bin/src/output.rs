//! Standard output: tables and lines for a person, JSON for a program.

use std::io::{self, ErrorKind, Write};

use domain::{tame_json, tame_lines};
use serde_json::Value;

use crate::exit::Exit;

/// Prints a text of lines, in which nothing acts on a terminal. A reader that has gone away (`lmsync models | head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Exit> {
    print_painted(&tame_lines(text))
}

/// Prints a text as it is. Whoever made it has tamed what is not its own, and may have painted some of it.
pub(crate) fn print_painted(text: &str) -> Result<(), Exit> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Exit::io("failed to print", &error)),
        _ => Ok(()),
    }
}

/// Prints a value, indented, as one document.
pub(crate) fn print_json(value: &Value) -> Result<(), Exit> {
    print(&tame_json(&format!("{value:#}\n")))
}

/// Lays rows out in columns where they fit on the screen, else each row as its first cell and, below it, what the other
/// cells say: an id is neither cut nor broken.
pub(crate) fn fitted(rows: &[Vec<String>], right: &[usize], width: Option<usize>) -> String {
    let text = table(rows, right);
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let ([heading, rows @ ..], true) = (rows, width.is_some_and(|width| widest > width)) else { return text };
    let mut text = String::new();
    for row in rows {
        let cells = heading.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
        let cells: Vec<String> =
            cells.map(|(word, cell)| format!("{} {cell}", word.to_lowercase())).collect();
        text.push_str(&format!("{}\n    {}\n", row[0], cells.join("  ")));
    }
    text
}

/// Lays rows out in columns, the first row being the heading; the columns in `right` stand to the right.
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
        assert_eq!(
            table(&rows, &[1]),
            "ID         CONTEXT  X\na/long-id        8\nb           131072  yes\n"
        );
    }
}
