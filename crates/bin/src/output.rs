//! Standard output: tables and lines for a person, JSON for a program.

use std::io::{self, ErrorKind, Write};

use domain::{tame_json, tame_lines};
use serde_json::Value;

use crate::exit::Exit;

/// Prints a text of lines, in which nothing acts on a terminal. A reader that has gone away (`lmsync models | head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Exit> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(tame_lines(text).as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Exit::io("failed to print", &error)),
        _ => Ok(()),
    }
}

/// Prints a value, indented, as one document.
pub(crate) fn print_json(value: &Value) -> Result<(), Exit> {
    print(&tame_json(&format!("{value:#}\n")))
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
    fn columns_are_aligned_and_nothing_trails() {
        let rows = [["ID", "CONTEXT", "X"], ["a/long-id", "8", ""], ["b", "131072", "yes"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table(&rows, &[1]),
            "ID         CONTEXT  X\na/long-id        8\nb           131072  yes\n"
        );
    }
}
