//! A list that is read while it arrives, so that of a long one only a part is in memory.
//!
//! Where the text so far is long, all complete entries but the last one are read and cut out of it. What is left is the
//! same list without them, and is read in the end as any other list: its syntax and its other keys count as ever. The
//! last complete entry stays, so that what is left is JSON exactly where the whole answer is.

mod scan;

use std::ops::{ControlFlow, RangeInclusive};

use self::scan::Scan;
use super::echo::Echo;
use super::listing::{Entries, Page, parse_with};
use super::not_a_list::NotAList;

/// From how many bytes on a text is long.
const LONG: usize = 1024 * 1024;

/// A list, as far as it has arrived.
pub(super) struct Arriving<'k> {
    echo: Echo<'k>,
    long: usize,
    scan: Scan,
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
        Self {
            echo,
            long: LONG,
            scan: Scan::default(),
            read: Entries::default(),
            cut: Cut::default(),
            failure: None,
        }
    }

    /// Reads entries of the text that has arrived, and takes them out of it, where it is long. `Break` where nothing
    /// that follows could make it a list any more.
    pub(super) fn take(&mut self, body: &mut Vec<u8>) -> ControlFlow<()> {
        if body.len() < self.long {
            return ControlFlow::Continue(());
        }
        self.scan.advance(body);
        let Some(entries) = self.scan.complete(body) else { return ControlFlow::Continue(()) };
        let comma = *entries.end();
        match self.read_entries(body, &entries) {
            Ok(()) => {
                self.cut.add(&body[entries.clone()]);
                self.scan.forget(&entries);
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
    fn read_entries(
        &mut self,
        body: &mut [u8],
        entries: &RangeInclusive<usize>,
    ) -> Result<(), Option<NotAList>> {
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
        let Self { scan, read, cut, failure, .. } = self;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let Some(start) = scan.list_start().filter(|_| cut.bytes > 0) else {
            return parse_with(body, None);
        };
        parse_with(body, Some((start, read))).map_err(|error| cut.place_in_whole(error, &body[..start]))
    }
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
