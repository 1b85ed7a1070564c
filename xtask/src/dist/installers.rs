//! What installs the archives of one release: two scripts and a Homebrew formula, each with the archives' checksums.

use std::fs;
use std::path::Path;

use super::{say, write as write_file};
use crate::workspace::Workspace;

/// The files of `deploy/install`; `@NAME@` stands for a value in them.
const FILES: [&str; 3] = ["install.sh", "install.ps1", "lmsync.rb"];

/// Writes them into `folder`, and returns their names. `sums` has a target and the SHA-256 of its archive.
pub(super) fn write(workspace: &Workspace, sums: &[(&str, String)], folder: &Path) -> Result<Vec<String>, String> {
    let version = workspace.version();
    let url = format!("{}/releases/download/v{version}", workspace.repository());
    for name in FILES {
        let source = workspace.root().join("deploy/install").join(name);
        let text = fs::read_to_string(&source).map_err(|error| say(&source, &error))?;
        write_file(&folder.join(name), fill(&text, &version, &url, sums)?.as_bytes())?;
    }
    Ok(FILES.map(str::to_owned).to_vec())
}

/// Puts the values in; fails where one is not known.
fn fill(text: &str, version: &str, url: &str, sums: &[(&str, String)]) -> Result<String, String> {
    let mut text = text.replace("@VERSION@", version).replace("@URL@", url);
    for (triple, sum) in sums {
        text = text.replace(&format!("@SUM_{triple}@"), sum);
    }
    match text.lines().find(|line| line.contains("@SUM_")) {
        None => Ok(text),
        Some(line) => Err(format!("there is no archive for: {}", line.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;

    fn filled(name: &str, sums: &[(&str, String)]) -> Result<String, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/install");
        fill(&fs::read_to_string(folder.join(name)).unwrap(), "1.2.3", "https://example.org/v1.2.3", sums)
    }

    #[test]
    fn each_archive_is_checked_by_one_of_the_installers() {
        let sums = targets::ALL.map(|target| (target.triple, format!("sum of {}", target.triple)));
        let all = FILES.map(|name| filled(name, &sums).unwrap()).concat();
        for (triple, sum) in &sums {
            assert!(all.contains(sum.as_str()), "{triple}");
        }
        assert!(all.contains("https://example.org/v1.2.3/lmsync-1.2.3-aarch64-apple-darwin.tar.gz"));
        assert!(!all.contains("@VERSION@") && !all.contains("@URL@"));
        // Windows PowerShell reads a file without a mark in the code page, and some shells read by the locale.
        assert!(all.is_ascii());
    }

    #[test]
    fn an_archive_that_is_missing_is_named() {
        let error = filled("install.ps1", &[]).unwrap_err();
        assert!(error.contains("x86_64-pc-windows-gnu"), "{error}");
    }
}
