//! A list that is read while it arrives, so that of a long one only a part is in memory.
//!
//! Where the text so far is long, all complete entries but the last one are read and cut out of it. What is left is the
//! same list without them, and is read in the end as any other list: its syntax and its other keys count as ever. The
//! last complete entry stays, so that what is left is JSON exactly where the whole answer is.

use std::ops::{ControlFlow, RangeInclusive};

use json_text::{Cursor, is_key};

use super::echo::Echo;
use super::listing::{Entries, Page, parse_with};
use super::not_a_list::NotAList;

/// From how many bytes on a text is long.
const LONG: usize = 1024 * 1024;

/// A list, as far as it has arrived.
pub(super) struct Arriving<'k> {
    echo: Echo<'k>,
    long: usize,
    /// From how many bytes on the text is looked through for complete entries.
    due: usize,
    /// Where the first entry of the list begins.
    start: usize,
    read: Entries,
    cut: Cut,
    failure: Option<NotAList>,
}

/// Where the text that was cut out ended, seen from where it began.
#[derive(Default)]
struct Cut {
    bytes: usize,
    lines: usize,
    /// The bytes since the last line began.
    column: usize,
}

impl<'k> Arriving<'k> {
    /// Nothing of a list yet. An answer that holds a whole key of `echo` is refused.
    pub(super) fn new(echo: Echo<'k>) -> Self {
        Self::longer_than(LONG, echo)
    }

    fn longer_than(long: usize, echo: Echo<'k>) -> Self {
        let (read, cut) = (Entries::default(), Cut::default());
        Self { echo, long, due: long, start: 0, read, cut, failure: None }
    }

    /// Reads entries of the text that has arrived, and takes them out of it, where it is long. `Break` where nothing
    /// that follows could make it a list any more.
    pub(super) fn take(&mut self, body: &mut Vec<u8>) -> ControlFlow<()> {
        if body.len() < self.due {
            return ControlFlow::Continue(());
        }
        let (text, is_text) = match std::str::from_utf8(body) {
            Ok(text) => (text, true),
            // The rest of a character may be still to come.
            Err(error) => {
                let text = std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default();
                (text, error.error_len().is_none())
            }
        };
        let Some(entries) = complete_entries(text) else {
            self.due = body.len().saturating_mul(2);
            return if is_text { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        };
        self.due = self.long;
        self.start = *entries.start();
        let comma = *entries.end();
        match self.read_entries(body, &entries) {
            Ok(()) => {
                self.cut.add(&body[entries.clone()]);
                body.drain(entries);
                ControlFlow::Continue(())
            }
            Err(failure) => {
                // What is left names the place of an error of syntax.
                body.truncate(comma + 1);
                self.failure = failure;
                ControlFlow::Break(())
            }
        }
    }

    /// `Err(None)` where they are no JSON.
    fn read_entries(&mut self, body: &mut [u8], entries: &RangeInclusive<usize>) -> Result<(), Option<NotAList>> {
        let (start, comma) = (*entries.start(), *entries.end());
        if self.echo.is_in_body(&body[entries.clone()]) {
            return Err(Some(NotAList::RepeatsKey));
        }
        body[comma] = b']';
        let read = match std::str::from_utf8(&body[start - 1..=comma]) {
            Ok(array) => self.read.add_part(array),
            Err(_not_text) => Err(None),
        };
        body[comma] = b',';
        read
    }

    /// Reads what is left of the whole answer, or what was left where the reading ended.
    pub(super) fn finish(self, body: &[u8]) -> Result<Page, NotAList> {
        let Self { start, read, cut, failure, .. } = self;
        if let Some(failure) = failure {
            return Err(failure);
        }
        if cut.bytes == 0 {
            return parse_with(body, None);
        }
        parse_with(body, Some((start, read))).map_err(|error| cut.place_in_whole(error, &body[..start]))
    }
}

/// The complete entries but the last one of the first array that can be the list (the text itself, or what its key
/// `data` has), with the comma that follows them. What is no JSON is walked through somehow; reading the entries finds
/// that out.
fn complete_entries(text: &str) -> Option<RangeInclusive<usize>> {
    let mut cursor = Cursor::new(text);
    if cursor.peek() == b'[' {
        let entries = walk_entries(&mut cursor)?;
        // Nesting without end is no list.
        return Some(entries).filter(|entries| !text[*entries.start()..].trim_start().starts_with('['));
    }
    let mut list = None;
    cursor.members(|cursor, key| {
        if list.is_none() && is_key(key, "data") && cursor.peek() == b'[' {
            list = Some(walk_entries(cursor));
        } else {
            cursor.value();
        }
    });
    list.flatten()
}

/// Steps over an array, as far as it has arrived. Gives its complete entries, as above.
fn walk_entries(array: &mut Cursor<'_>) -> Option<RangeInclusive<usize>> {
    let start = array.start() + 1;
    let (mut comma, mut comma_before) = (None, None);
    array.elements(|cursor| {
        cursor.value();
        if cursor.peek() == b',' {
            comma_before = comma.replace(cursor.start());
        }
    });
    Some(start..=comma_before?)
}

impl Cut {
    fn add(&mut self, text: &[u8]) {
        self.bytes += text.len();
        self.lines += newlines(text);
        self.column = match last_newline(text) {
            Some(at) => text.len() - at - 1,
            None => self.column + text.len(),
        };
    }

    /// The same error, where it is in the whole answer; `before` is the text up to the cut.
    fn place_in_whole(&self, error: NotAList, before: &[u8]) -> NotAList {
        match error {
            NotAList::NotText { at } if at >= before.len() => NotAList::NotText { at: at + self.bytes },
            NotAList::NotJson { line, column } => {
                let (line, column) = self.shift(line, column, before);
                NotAList::NotJson { line, column }
            }
            NotAList::CutOff { line, column } => {
                let (line, column) = self.shift(line, column, before);
                NotAList::CutOff { line, column }
            }
            error => error,
        }
    }

    /// A line and a column, both counted from 1.
    fn shift(&self, line: usize, column: usize, before: &[u8]) -> (usize, usize) {
        let first = 1 + newlines(before);
        let from = before.len() - last_newline(before).map_or(0, |at| at + 1);
        if (line, column) <= (first, from) {
            (line, column)
        } else if line > first {
            (line + self.lines, column)
        } else if self.lines == 0 {
            (line, column + self.bytes)
        } else {
            (line + self.lines, column - from + self.column)
        }
    }
}

fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

fn last_newline(text: &[u8]) -> Option<usize> {
    text.iter().rposition(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests;
