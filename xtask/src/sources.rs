//! What is asked of every source file: an opening sentence, a readable length, and a domain without effects.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Past this many lines, a file probably does two things.
const LONG: usize = 300;

/// What the core has no business with: it decides, and the adapters act.
const EFFECTS: [&str; 6] = ["std::fs", "std::net", "std::env", "std::process", "Instant::now", "SystemTime::now"];

/// What a walk over the sources found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// To be mended, a sentence each.
    pub(crate) violations: Vec<String>,
    /// To be reviewed.
    pub(crate) notes: Vec<String>,
}

/// Reads every Rust file of the workspace.
pub(crate) fn check(root: &Path) -> io::Result<Findings> {
    let mut files = Vec::new();
    for folder in ["bench", "crates", "tests", "xtask", "fuzz/fuzz_targets"] {
        files.extend(collect(&root.join(folder))?);
    }
    let mut findings = Findings::default();
    for folder in [root, &root.join("docs")] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let (shown, text) = (path.strip_prefix(root).unwrap_or(&path), fs::read_to_string(&path)?);
                unmerged(shown, &text, &mut findings);
                named_files(shown, &text, |file| root.join(file).exists(), &mut findings);
            }
        }
    }
    for file in files {
        let text = fs::read_to_string(&file)?;
        check_file(file.strip_prefix(root).unwrap_or(&file), &text, &mut findings);
    }
    Ok(findings)
}

/// Every Rust file below a folder, in order; none where there is no such folder.
pub(crate) fn collect(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(collect(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Files that a document names by their path in the workspace, `crates/…rs` and the like, and that do not exist.
fn named_files(path: &Path, text: &str, exists: impl Fn(&str) -> bool, findings: &mut Findings) {
    for name in text.split('`').skip(1).step_by(2) {
        let is_source = name.starts_with("crates/") || name.starts_with("xtask/");
        if is_source && name.ends_with(".rs") && !name.contains('*') && !exists(name) {
            findings.violations.push(format!("{} names {name}, which does not exist", path.display()));
        }
    }
}

/// What a merge has left in a text that no compiler reads.
fn unmerged(path: &Path, text: &str, findings: &mut Findings) {
    let marks = ["<<<<<<< ", ">>>>>>> "];
    if let Some(at) = text.lines().position(|line| marks.iter().any(|mark| line.starts_with(mark))) {
        findings.violations.push(format!("{}:{} has the mark of a merge", path.display(), at + 1));
    }
}

fn check_file(path: &Path, text: &str, findings: &mut Findings) {
    let shown = path.display();
    if !text.starts_with("//! ") {
        findings.violations.push(format!("{shown} must open with a `//!` sentence that says what it is for"));
    }
    if path.starts_with("crates/domain/src") {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for effect in EFFECTS.iter().filter(|effect| code.contains(**effect)) {
                let number = number + 1;
                findings.violations.push(format!("{shown}:{number} names {effect}; the domain is pure"));
            }
        }
    }
    let lines = text.lines().count();
    if lines > LONG {
        findings.notes.push(format!("{shown} has {lines} lines; look for the second thing that it does"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Findings {
        let mut findings = Findings::default();
        check_file(Path::new(path), text, &mut findings);
        findings
    }

    #[test]
    fn a_file_without_an_opening_sentence_is_named() {
        assert_eq!(found("crates/app/src/a.rs", "fn a() {}\n").violations.len(), 1);
        assert_eq!(found("crates/app/src/a.rs", "//! A.\n"), Findings::default());
    }

    #[test]
    fn an_effect_in_the_domain_is_named_with_its_line() {
        let text = "//! A.\nfn now() { std::time::Instant::now(); }\n";
        assert!(found("crates/domain/src/a.rs", text).violations[0].contains("a.rs:2"));
        assert!(found("crates/app/src/a.rs", text).violations.is_empty());
    }

    #[test]
    fn the_mark_of_a_merge_is_named_with_its_line() {
        let mut findings = Findings::default();
        unmerged(Path::new("README.md"), "text\n<<<<<<< HEAD\n", &mut findings);
        assert!(findings.violations[0].contains("README.md:2"));
    }

    #[test]
    fn the_domain_may_speak_of_effects() {
        assert_eq!(found("crates/domain/src/a.rs", "//! Not `std::fs`.\n"), Findings::default());
    }

    #[test]
    fn a_long_file_is_a_note_and_no_failure() {
        let findings = found("tests/a.rs", &format!("//! A.\n{}", "\n".repeat(LONG)));
        assert!(findings.violations.is_empty());
        assert_eq!(findings.notes.len(), 1);
    }

    #[test]
    fn a_document_names_only_files_that_exist() {
        let mut findings = Findings::default();
        let text = "`crates/a.rs`, `crates/b.rs` and `b.rs`, crates/c.rs";
        named_files(Path::new("A.md"), text, |file| file == "crates/a.rs", &mut findings);
        assert_eq!(findings.violations, ["A.md names crates/b.rs, which does not exist"]);
    }
}
