//! The table, printed, and written into `docs/PERFORMANCE.md` between its marks.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::figure::Figure;

const PAGE: &str = "docs/PERFORMANCE.md";
const BEGIN: &str = "<!-- written by `cargo xtask bench --write` -->\n";
const END: &str = "<!-- end -->\n";

/// The figures as a table.
pub(super) fn table(figures: &[Figure]) -> String {
    let rows: String = figures.iter().map(|figure| figure.row() + "\n").collect();
    format!("| what | measured | beside | aim | |\n|---|---|---|---|---|\n{rows}")
}

/// Puts the table into the page.
pub(super) fn write(root: &Path, table: &str) -> Result<(), String> {
    let path = root.join(PAGE);
    let page = fs::read_to_string(&path).map_err(|error| format!("cannot read {PAGE}: {error}"))?;
    let page = with(&page, table).ok_or_else(|| format!("{PAGE} has lost its marks"))?;
    fs::write(&path, page).map_err(|error| format!("cannot write {PAGE}: {error}"))
}

fn with(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

/// What was measured on, in a sentence.
pub(super) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, Linux {}, {}", kernel.trim(), compiler())
}

/// The compiler, such as `rustc 1.95.0 (59807616e 2026-04-14)`.
pub(super) fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        assert_eq!(with(&page, "new"), Some(format!("before\n{BEGIN}\nnew\n{END}after\n")));
        assert_eq!(with("no marks", "new"), None);
    }
}
