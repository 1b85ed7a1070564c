//! `cargo xtask release`: what has to be true of a release before its tag is pushed, and what the workflow asks of the
//! tag.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::dist;
use crate::workspace::{Workspace, cargo};

const USAGE: &str = "usage: cargo xtask release --dry-run | --check TAG | --notes TAG";

/// A step: more to say where it went well, or why it did not.
type Step<'a> = &'a dyn Fn() -> Result<String, String>;

/// Walks through a release, or does one part of it for the workflow.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let workspace = Workspace::load()?;
    let version = workspace.version();
    match arguments {
        ["--dry-run"] => walk(&workspace),
        ["--check", tag] => {
            check_tag(tag, &version)?;
            notes(workspace.root(), &version)?;
            check_plugin(workspace.root())?;
            println!("{tag}: the version, the changelog and the plugin agree");
            Ok(())
        }
        ["--notes", tag] => {
            check_tag(tag, &version)?;
            println!("{}", notes(workspace.root(), &version)?);
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

/// Does what a release does, but for publishing, and says of each step how it went; goes on after one that fails.
fn walk(workspace: &Workspace) -> Result<(), String> {
    let (root, version) = (workspace.root(), workspace.version());
    let tag = format!("v{version}");
    println!("release {tag}, as far as it goes here\n");
    let steps: [(&str, Step<'_>); 6] = [
        ("nothing is uncommitted", &|| clean(root)),
        ("the tag is free", &|| free(root, &tag)),
        ("the changelog has a section", &|| notes(root, &version).map(|notes| count(&notes))),
        ("the plugin takes the version", &|| check_plugin(root).map(|()| String::new())),
        ("Cargo.lock is up to date", &|| locked(root)),
        ("all files are made", &|| dist::run(&["--packages"]).map(|()| "in target/dist".into())),
    ];
    let mut failed = Vec::new();
    for (what, step) in steps {
        match step() {
            Ok(more) => println!("  ✓ {what} {more}"),
            Err(why) => {
                println!("  ✗ {what}: {why}");
                failed.push(what);
            }
        }
    }
    println!(
        "\nThen: git tag --sign {tag} && git push origin {tag}; the workflow `release` does the rest (RELEASING.md)."
    );
    if failed.is_empty() { Ok(()) } else { Err(format!("{tag} cannot be released: {}", failed.join(", "))) }
}

fn clean(root: &Path) -> Result<String, String> {
    let changed = git(root, &["status", "--porcelain"])?;
    match changed.lines().count() {
        0 => Ok(String::new()),
        count => Err(format!("{count} files differ from the last commit")),
    }
}

fn free(root: &Path, tag: &str) -> Result<String, String> {
    let tags = git(root, &["tag", "--list", tag])?;
    if tags.trim().is_empty() { Ok(format!("({tag})")) } else { Err(format!("{tag} is there already")) }
}

fn locked(root: &Path) -> Result<String, String> {
    let output = cargo().current_dir(root).args(["metadata", "--locked", "--format-version=1"]).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::new()),
        _ => Err("`cargo metadata --locked` fails".into()),
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").current_dir(root).args(arguments).output();
    let output = output.map_err(|error| format!("cannot run git: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Packages and registries order what follows a `-` in ways that differ, and each job publishes for everybody.
fn check_tag(tag: &str, version: &str) -> Result<(), String> {
    if version.contains(['-', '+']) {
        return Err(format!("{version} is no version such as 1.2.3, and only such a one is released"));
    }
    if tag.strip_prefix('v') == Some(version) {
        return Ok(());
    }
    Err(format!("the tag {tag} is not v{version}, which Cargo.toml has"))
}

/// The plugin's own files have a placeholder, which `dist` replaces: another text there would be released as it is.
fn check_plugin(root: &Path) -> Result<(), String> {
    for name in ["plugin/package.json", "plugin/openclaw.plugin.json"] {
        let path = root.join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if !text.contains("\"version\": \"0.0.0\"") {
            return Err(format!("{name} has a version of its own"));
        }
    }
    Ok(())
}

/// What the changelog says of a version.
fn notes(root: &Path, version: &str) -> Result<String, String> {
    let path = root.join("CHANGELOG.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    section(&text, version).ok_or_else(|| format!("CHANGELOG.md has no section `## {version}` with anything in it"))
}

/// The section below `## VERSION`, which may go on with a date.
fn section(changelog: &str, version: &str) -> Option<String> {
    let is_heading = |line: &&str| {
        let name = line.strip_prefix("## ").unwrap_or_default();
        name.split_whitespace().next().is_some_and(|word| word.trim_matches(['[', ']']) == version)
    };
    let lines = changelog.lines().skip_while(|line| !is_heading(line)).skip(1);
    let text: String = lines.take_while(|line| !line.starts_with("## ")).flat_map(|line| [line, "\n"]).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn count(notes: &str) -> String {
    format!("({} lines)", notes.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_the_lines_below_its_heading() {
        let log = "# Changelog\n\n## Unreleased\n\n- c\n\n## [1.1.0] - 2026-01-01\n\n### Added\n- b\n\n## 1.0.0\n- a\n## 0.1.0\n";
        assert_eq!(section(log, "1.1.0").as_deref(), Some("### Added\n- b"));
        assert_eq!(section(log, "1.0.0").as_deref(), Some("- a"));
        assert_eq!(section(log, "0.1.0"), None, "nothing is in it");
        assert_eq!(section(log, "1.1"), None);
    }

    #[test]
    fn a_tag_is_the_version() {
        assert!(check_tag("v1.2.3", "1.2.3").is_ok());
        for tag in ["1.2.3", "v1.2.4", "v1.2.3-rc1", "v"] {
            assert!(check_tag(tag, "1.2.3").is_err(), "{tag}");
        }
        assert!(check_tag("v1.2.3-rc.1", "1.2.3-rc.1").is_err(), "a version before its release");
    }

    #[test]
    fn this_workspace_can_be_released_but_for_its_changelog() {
        let workspace = Workspace::load().unwrap();
        assert_eq!(check_plugin(workspace.root()), Ok(()));
    }
}
