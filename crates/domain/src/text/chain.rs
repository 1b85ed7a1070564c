//! An error with its sources, as a person reads it.

use std::error::Error;
use std::fmt;

use super::escape_untrusted;

/// An error with all its sources, `outer: inner: innermost`, on one line. Control characters in it
/// are escaped.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape_untrusted(&self.0.to_string()))?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {}", escape_untrusted(&error.to_string()))?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_on_one_line_with_control_characters_escaped() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer\r\u{1b}[2J")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("inner\nWARN forged \u{202e}"));
        assert_eq!(Chain(&error).to_string(), r"outer\r\u{1b}[2J: inner\nWARN forged \u{202e}");
    }
}
