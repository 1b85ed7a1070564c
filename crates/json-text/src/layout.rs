//! Lays JSON tokens out as `JSON.stringify(value, null, 2)` does, and leaves each token as it is.

use crate::cursor::{scalar_end, spaces_end, string_end};

/// A JSON text in the making, fed with fragments that end between two tokens.
#[derive(Debug)]
pub struct Layout {
    out: Vec<u8>,
    /// The most bytes that the text may have.
    most: usize,
    depth: usize,
    /// Whether the last token opened an object or array.
    opened: bool,
    /// Whether the text has outgrown what may be written; from then on nothing is added. Deep nesting makes
    /// white space grow with the square of the input, so the input's size alone is no bound.
    overflow: bool,
}

impl Layout {
    /// Begins a text that will have about `expected` bytes, and may have `most`.
    #[must_use]
    pub fn new(expected: usize, most: usize) -> Self {
        Self { out: Vec::with_capacity(expected.min(most)), most, depth: 0, opened: false, overflow: false }
    }

    /// Adds the tokens of a fragment of JSON.
    pub fn put(&mut self, fragment: &str) {
        let bytes = fragment.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let mut next = at + 1;
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => next = spaces_end(bytes, at),
                b',' => {
                    self.out.push(b',');
                    self.line();
                }
                b':' => self.out.extend_from_slice(b": "),
                b'{' | b'[' => {
                    self.begin();
                    self.out.push(byte);
                    self.depth += 1;
                    self.opened = true;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if !std::mem::take(&mut self.opened) {
                        self.line();
                    }
                    self.out.push(byte);
                }
                _ => {
                    next = if byte == b'"' { string_end(bytes, at) } else { scalar_end(bytes, at) };
                    self.begin();
                    self.out.extend_from_slice(&bytes[at..next]);
                }
            }
            if self.overflow {
                return;
            }
            at = next;
        }
    }

    /// Adds the comma before the next member or element, unless it is the first.
    pub fn next(&mut self) {
        if !self.opened {
            self.put(",");
        }
    }

    /// The whole text, with its final newline; `None` where it would be too long.
    #[must_use]
    pub fn finish(mut self) -> Option<Vec<u8>> {
        self.out.push(b'\n');
        (!self.overflow && self.out.len() <= self.most).then_some(self.out)
    }

    /// Before a value or key: the first one in an object or array stands on its own line.
    fn begin(&mut self) {
        if std::mem::take(&mut self.opened) {
            self.line();
        }
    }

    fn line(&mut self) {
        let width = self.depth.saturating_mul(2);
        if self.out.len().saturating_add(width) >= self.most {
            self.overflow = true;
            return;
        }
        self.out.push(b'\n');
        self.out.resize(self.out.len() + width, b' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    const MOST: usize = 128 << 20;

    fn laid_out(text: &str) -> String {
        let mut layout = Layout::new(0, MOST);
        layout.put(text);
        String::from_utf8(layout.finish().unwrap()).unwrap()
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((".{0,6}", inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_laid_out_as_serde_json_does_it(value in value()) {
            let wanted = format!("{value:#}\n");
            prop_assert_eq!(&laid_out(&value.to_string()), &wanted);
            prop_assert_eq!(&laid_out(&wanted), &wanted);
        }
    }

    #[test]
    fn tokens_stay_as_they_were_written() {
        let text = "[ 1.0,1e5 ,-0,\t12345678901234567890123,0.1000,\"\\ud800\\/\\u0041\",{ },[\n]]";
        let wanted = "[\n  1.0,\n  1e5,\n  -0,\n  12345678901234567890123,\n  0.1000,\n  \
                      \"\\ud800\\/\\u0041\",\n  {},\n  []\n]\n";
        assert_eq!(laid_out(text), wanted);
    }

    #[test]
    fn white_space_that_grows_with_the_square_of_the_depth_is_cut_short() {
        let depth = 40_000;
        let mut layout = Layout::new(0, MOST);
        layout.put(&("[".repeat(depth) + &"]".repeat(depth)));
        assert_eq!(layout.finish(), None);
    }
}
