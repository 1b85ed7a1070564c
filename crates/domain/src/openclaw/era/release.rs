//! A release of OpenClaw, which is named by its month and a number within it.

use std::fmt;

/// Such as 2026.9.6. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    year: u16,
    month: u16,
    number: u16,
}

impl Release {
    /// Older than every other.
    pub(super) const OLDEST: Self = Self::new(0, 0, 0);
    /// Newer than every other.
    pub(super) const NEWEST: Self = Self::new(u16::MAX, u16::MAX, u16::MAX);

    /// The release of that name.
    #[must_use]
    pub const fn new(year: u16, month: u16, number: u16) -> Self {
        Self { year, month, number }
    }

    /// Reads a version's text. What follows the three numbers after a `-` or `+`, as in `2026.8.1-beta.1`, does not
    /// count. `None` for a text that names no release, such as `dev`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let plain = text.split(['-', '+']).next()?;
        let mut numbers = plain.split('.').map(|number| number.parse().ok());
        let release = Self::new(numbers.next()??, numbers.next()??, numbers.next()??);
        // Any other three numbers are somebody else's version.
        (numbers.next().is_none() && release.year >= 2026).then_some(release)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.year, self.month, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let release = |text| Release::parse(text).unwrap();
        assert!(release("2026.10.1") > release("2026.9.6"));
        assert!(release("2026.9.10") > release("2026.9.6"));
        assert!(release("2027.1.1") > release("2026.12.31"));
        assert_eq!(release("v2026.8.1-beta.1"), Release::new(2026, 8, 1));
        assert_eq!(release("2026.9.6").to_string(), "2026.9.6");
    }

    #[test]
    fn what_names_no_release_is_none() {
        for text in ["dev", "", "2026.9", "2026.9.6.1", "1.2.3", "2026.x.1", "99999.1.1"] {
            assert_eq!(Release::parse(text), None, "{text}");
        }
    }
}
