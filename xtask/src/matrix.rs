//! `cargo xtask matrix` and `cargo xtask plugin`: one suite, against each OpenClaw that behaves in a way of its own.

use crate::suites::Suite;
use crate::test::{build, conclude, count_and, give, skip, suite_command};
use crate::workspace::Workspace;

/// Asks the suite for all that it has; `cargo xtask test` takes fewer changes.
const FULL: (&str, &str) = ("LMSYNC_TEST_FULL", "1");

/// How a suite prints a measured value: `figure: VERSION: WHAT: VALUE (aim: AIM)`.
const FIGURE: &str = "figure: ";

/// Runs the versions that the arguments name, all of them without arguments, and prints their figures as a table.
pub(crate) fn run(runs: &'static [Suite], versions: &[&str]) -> Result<(), String> {
    let known = || runs.iter().map(version);
    if let Some(unknown) = versions.iter().find(|wanted| !known().any(|version| version == **wanted)) {
        let known = known().collect::<Vec<_>>().join(", ");
        return Err(format!("OpenClaw {unknown} is none of those that are tried; there are: {known}"));
    }
    let chosen: Vec<&Suite> =
        runs.iter().filter(|suite| versions.is_empty() || versions.contains(&version(suite))).collect();
    let workspace = Workspace::load()?;
    build(&workspace)?;
    let mut figures = Figures::default();
    let mut outcomes = Vec::new();
    for suite in chosen {
        println!("\nsuite {}", suite.name);
        let mut command = suite_command(suite.module(), "", &workspace);
        command.env(FULL.0, FULL.1);
        outcomes.push(match give(&mut command, suite.needs, &workspace) {
            Ok(()) => count_and(suite.name, &mut command, suite.limit, |line| {
                println!("{line}");
                figures.take(line);
            }),
            Err(why) => skip(suite.name, suite.needs, why),
        });
    }
    println!("\n{}", figures.table());
    conclude(&outcomes)
}

fn version(suite: &Suite) -> &'static str {
    suite.name.split_once(':').map_or(suite.name, |(_, version)| version)
}

/// What was measured, in the order in which it was first printed.
#[derive(Debug, Default)]
struct Figures {
    versions: Vec<String>,
    /// What, and its value for each version.
    rows: Vec<(String, Vec<(String, String)>)>,
}

impl Figures {
    fn take(&mut self, line: &str) {
        let Some(figure) = line.strip_prefix(FIGURE) else { return };
        let figure = figure.rsplit_once(" (aim: ").map_or(figure, |(figure, _)| figure);
        let mut parts = figure.splitn(3, ": ").map(str::to_owned);
        let (Some(version), Some(what), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        if !self.versions.contains(&version) {
            self.versions.push(version.clone());
        }
        match self.rows.iter_mut().find(|(name, _)| *name == what) {
            Some((_, values)) => values.push((version, value)),
            None => self.rows.push((what, vec![(version, value)])),
        }
    }

    /// A Markdown table, a column for each version.
    fn table(&self) -> String {
        let row = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        let versions = || self.versions.iter().map(String::as_str);
        let mut text = row(std::iter::once("").chain(versions()).collect());
        text += &row(vec!["---"; self.versions.len() + 1]);
        for (what, values) in &self.rows {
            let value = |version: &str| {
                let mut of = values.iter().filter(|(of, _)| of == version).map(|(_, value)| value.as_str());
                of.next_back().unwrap_or("-")
            };
            text += &row(std::iter::once(what.as_str()).chain(versions().map(value)).collect());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_become_a_table_with_a_column_for_each_version() {
        let mut figures = Figures::default();
        for line in [
            "figure: 2026.2.12: added: after the restart (aim: 1 s)",
            "running 3 tests",
            "figure: 2026.9.6: added: 2.1 s (of: 3) (aim: 1 s)",
            "figure: 2026.9.6: writes: 50",
        ] {
            figures.take(line);
        }
        assert_eq!(
            figures.table(),
            "|  | 2026.2.12 | 2026.9.6 |\n| --- | --- | --- |\n\
             | added | after the restart | 2.1 s (of: 3) |\n| writes | - | 50 |\n"
        );
    }
}
