//! Counts what `cargo test` reports, and the table and line that end a test run.

use std::fmt;
use std::iter::Sum;
use std::time::Duration;

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    /// One thing that failed without being a test: it did not compile, or it crashed.
    pub(crate) const FAILURE: Self = Self { passed: 0, failed: 1, skipped: 0 };
    /// One suite that did not run.
    pub(crate) const SKIP: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// What a line of output counts: `test result: ok. 3 passed; 0 failed; 1 ignored; …`, or nothing.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let (_, counts) = line.split_once("test result: ")?.1.split_once(". ")?;
        let mut tally = Self::default();
        for count in counts.split("; ") {
            let (number, word) = count.split_once(' ')?;
            let Ok(number) = number.parse() else { continue };
            match word {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                "ignored" => tally.skipped = number,
                _ => {}
            }
        }
        Some(tally)
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            skipped: sum.skipped + one.skipped,
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// How a suite went.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) suite: &'static str,
    pub(crate) tally: Tally,
    pub(crate) took: Duration,
    /// Why it was skipped, or why it failed.
    pub(crate) why: Option<String>,
}

/// The panics of the tests that failed, so that the end of a long log says why.
#[derive(Default)]
pub(crate) struct Panics {
    is_in_failures: bool,
    /// How many lines of the panic at hand are still wanted.
    wanted: usize,
    lines: Vec<String>,
}

impl Panics {
    /// Takes the next line that `cargo test` prints.
    pub(crate) fn take(&mut self, line: &str) {
        match line {
            "failures:" => self.is_in_failures = true,
            // Tests that passed, whose panics were expected, have their words before.
            _ if line.starts_with("test result: ") => self.is_in_failures = false,
            "stack backtrace:" => self.wanted = 0,
            _ if self.is_in_failures && line.contains(" panicked at ") => self.wanted = 8,
            _ => {}
        }
        if self.wanted > 0 {
            self.wanted -= 1;
            self.lines.push(format!("    {line}\n"));
        }
    }

    /// Their first lines, below each other. `None` where none was seen.
    pub(crate) fn text(self) -> Option<String> {
        (!self.lines.is_empty()).then(|| format!("\n{}", self.lines.concat()))
    }
}

/// The table of all suites, and below it the sum as a line of its own.
pub(crate) fn summary(outcomes: &[Outcome]) -> String {
    let width = outcomes.iter().map(|outcome| outcome.suite.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Outcome { suite, tally, took, why } in outcomes {
        let result = match tally {
            Tally { failed: 1.., .. } => "FAILED",
            Tally { passed: 0, skipped: 1.., .. } => "SKIPPED",
            _ => "ok",
        };
        let why = why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        text += &format!("{suite:width$}  {result:7}  {:>6.1} s  {tally}{why}\n", took.as_secs_f64());
    }
    text + &outcomes.iter().map(|outcome| outcome.tally).sum::<Tally>().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 2 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        assert_eq!(Tally::of_line(line), Some(Tally { passed: 12, failed: 3, skipped: 2 }));
    }

    #[test]
    fn the_panics_of_tests_that_failed_are_kept_and_no_others() {
        let mut panics = Panics::default();
        let printed = "thread 'expected' panicked at x.rs:1:1:\nfine\nfailures:\n\nthread 'a' (7) panicked at a.rs:2:3:\n\
                       left is right\nstack backtrace:\n   0: std\ntest result: FAILED. 1 passed";
        printed.lines().for_each(|line| panics.take(line));
        assert_eq!(panics.text().unwrap(), "\n    thread 'a' (7) panicked at a.rs:2:3:\n    left is right\n");
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["test a::b ... ok", "running 3 tests", "test result: ", ""] {
            assert_eq!(Tally::of_line(line), None, "{line}");
        }
    }

    #[test]
    fn the_summary_ends_with_the_sum() {
        let outcome = |suite, tally| Outcome { suite, tally, took: Duration::from_secs(1), why: None };
        let text = summary(&[
            outcome("workspace", Tally { passed: 40, failed: 0, skipped: 0 }),
            outcome("picker", Tally::FAILURE),
            outcome("docker", Tally::SKIP),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("ok") && lines[1].contains("FAILED") && lines[2].contains("SKIPPED"), "{text}");
        assert_eq!(lines[3], "40 passed, 1 failed, 1 skipped");
    }
}
