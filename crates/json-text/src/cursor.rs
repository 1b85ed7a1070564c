//! A walk over text that is known to be JSON: where each value begins and ends, without taking it apart.

/// A place in a valid JSON text. On any other text it gives nonsense, but comes to an end and never panics.
#[derive(Debug)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Steps to the next token and gives its first byte; 0 at the end.
    pub fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        self.at = spaces_end(bytes, self.at);
        bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Where the next token begins.
    pub fn start(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// The text from there to here.
    #[must_use]
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Steps over one value, however deep, and gives its text.
    pub fn value(&mut self) -> &'a str {
        let first = self.peek();
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at = match first {
            0 => start,
            b'"' => string_end(bytes, start),
            b'{' | b'[' => nested_end(bytes, start),
            _ => scalar_end(bytes, start),
        };
        self.since(start)
    }

    /// Steps over an object and shows each key, quotes included; the visitor steps over the value. Anything
    /// else than an object has no members.
    pub fn members(&mut self, mut each: impl FnMut(&mut Self, &'a str)) {
        if self.take(b'{') {
            while self.peek() == b'"' {
                let key = self.value();
                self.take(b':');
                each(self, key);
                self.take(b',');
            }
            self.take(b'}');
        }
    }

    /// Steps over an array; the visitor steps over each element. Anything else has none.
    pub fn elements(&mut self, mut each: impl FnMut(&mut Self)) {
        if self.take(b'[') {
            while !matches!(self.peek(), b']' | 0) {
                each(self);
                self.take(b',');
            }
            self.take(b']');
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }
}

/// Whether JSON takes a byte for white space.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The place after the white space that begins at `at`, if any.
pub(crate) fn spaces_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| is_space(*byte)) {
        at += 1;
    }
    at
}

/// The place after the string that opens at `open`.
pub(crate) fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The place after the number, `true`, `false` or `null` that begins at `start`.
pub(crate) fn scalar_end(bytes: &[u8], start: usize) -> usize {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let rest = bytes.get(start + 1..).unwrap_or_default();
    start + 1 + rest.iter().position(|byte| !belongs(byte)).unwrap_or(rest.len())
}

/// The place after the object or array that opens at `open`.
fn nested_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open;
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_found_whole() {
        let text = r#" {"a":[1,{"b":"}]\""}] , "c" : -0.10e5,"d":null} "#;
        let mut found = Vec::new();
        Cursor::new(text).members(|cursor, key| found.push((key, cursor.value())));
        assert_eq!(found, [(r#""a""#, r#"[1,{"b":"}]\""}]"#), (r#""c""#, "-0.10e5"), (r#""d""#, "null")]);
    }

    proptest! {
        #[test]
        fn any_text_is_walked_to_its_end(text in r#"[\[\]{}:,"\\a1 é]{0,60}"#) {
            Cursor::new(&text).members(|cursor, _| { cursor.value(); });
            Cursor::new(&text).elements(|cursor| { cursor.value(); });
        }
    }
}
