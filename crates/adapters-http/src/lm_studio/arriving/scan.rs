//! Where the entries of a list begin and end in JSON that is still arriving.

use std::ops::RangeInclusive;

/// How far a text is scanned. What is no JSON is scanned somehow; reading the text finds that out.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// How many bytes are scanned.
    at: usize,
    level: usize,
    in_text: bool,
    /// Where the last text at the top level begins, after its quote.
    text_start: usize,
    /// Whether that text, which is a key where an array follows, is `data`.
    is_data: bool,
    list: Option<List>,
}

/// The first array that can be the list: the answer itself, or what its key `data` has.
#[derive(Debug)]
struct List {
    /// Where its first entry begins.
    start: usize,
    /// The level of its entries.
    level: usize,
    is_open: bool,
    /// The last comma between its entries, and the one before.
    comma: Option<usize>,
    comma_before: Option<usize>,
}

impl Scan {
    /// Scans what has arrived since.
    pub(super) fn advance(&mut self, body: &[u8]) {
        while let Some(&byte) = body.get(self.at) {
            if self.in_text {
                self.skip_text(body);
                continue;
            }
            match byte {
                b'"' => {
                    self.in_text = true;
                    if self.level == 1 {
                        self.text_start = self.at + 1;
                    }
                }
                b'[' | b'{' => {
                    let is_list = byte == b'[' && (self.level == 0 || self.level == 1 && self.is_data);
                    self.level += 1;
                    if is_list && self.list.is_none() {
                        let (start, level) = (self.at + 1, self.level);
                        self.list =
                            Some(List { start, level, is_open: true, comma: None, comma_before: None });
                    }
                }
                b']' | b'}' => {
                    self.level = self.level.saturating_sub(1);
                    if let Some(list) = &mut self.list {
                        list.is_open &= self.level >= list.level;
                    }
                }
                b',' => {
                    if let Some(list) =
                        self.list.as_mut().filter(|list| list.is_open && list.level == self.level)
                    {
                        list.comma_before = list.comma.replace(self.at);
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Goes on to the end of a text, or of what has arrived of it.
    fn skip_text(&mut self, body: &[u8]) {
        let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
        match body[self.at..].iter().position(ends) {
            None => self.at = body.len(),
            // The character that is escaped may be still to come.
            Some(length) if body[self.at + length] == b'\\' => self.at += length + 2,
            Some(length) => {
                self.at += length;
                if self.level == 1 {
                    self.is_data = &body[self.text_start..self.at] == b"data";
                }
                self.in_text = false;
                self.at += 1;
            }
        }
    }

    /// Where the first entry of the list begins.
    pub(super) fn list_start(&self) -> Option<usize> {
        self.list.as_ref().map(|list| list.start)
    }

    /// The complete entries of the list but the last one, with the comma that follows them. None of an array of arrays,
    /// which is no list.
    pub(super) fn complete(&self, body: &[u8]) -> Option<RangeInclusive<usize>> {
        let List { start, level, comma_before, .. } = self.list.as_ref()?;
        let entries = *start..=(*comma_before)?;
        let first = body[entries.clone()].iter().find(|byte| !byte.is_ascii_whitespace())?;
        let is_nested = *level == 1 && *first == b'[';
        (*first != b',' && !is_nested).then_some(entries)
    }

    /// The text has been taken out.
    pub(super) fn forget(&mut self, entries: &RangeInclusive<usize>) {
        let length = entries.clone().count();
        let Some(list) = &mut self.list else { return };
        self.at -= length;
        if self.text_start > list.start {
            self.text_start -= length;
        }
        list.comma_before = None;
        list.comma = list.comma.map(|at| at - length);
    }
}
