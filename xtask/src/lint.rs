//! `cargo xtask lint`: everything that is checked without running the program.

use std::process::Command;

use crate::test::SUITES;
use crate::workspace::{Workspace, cargo};
use crate::{documents, imports, layers, sources, supply};

type Check<'a> = &'a dyn Fn() -> Result<(), String>;

/// Runs every check, or the named ones, also after one has failed, and says which did.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let workspace = Workspace::load()?;
    let checks: [(&str, Check<'_>); 8] = [
        ("rustfmt", &rustfmt),
        ("clippy", &clippy),
        ("rustdoc", &rustdoc),
        ("layers", &|| report(&layers::violations(workspace.metadata()))),
        ("imports", &|| report(&imports::violations(workspace.root())?)),
        ("supply", &|| report(&supply::violations(&workspace)?)),
        ("documents", &|| documents::check(&workspace)),
        ("sources", &|| {
            let findings = sources::check(workspace.root()).map_err(|error| error.to_string())?;
            for note in findings.notes {
                println!("note: {note}");
            }
            report(&findings.violations)
        }),
    ];
    let mut failed = Vec::new();
    if let Some(unknown) = names.iter().find(|wanted| checks.iter().all(|(name, _)| name != *wanted)) {
        let known = checks.map(|(name, _)| name).join(", ");
        return Err(format!("{unknown} is no check; there are: {known}"));
    }
    for (name, check) in checks.into_iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        println!("lint: {name}");
        if let Err(why) = check() {
            println!("lint: {name} FAILED\n{why}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("lint: passed");
        return Ok(());
    }
    Err(format!("lint failed: {}", failed.join(", ")))
}

fn rustfmt() -> Result<(), String> {
    must(cargo().args(["fmt", "--all", "--check"]), "`cargo fmt` mends it")
}

fn clippy() -> Result<(), String> {
    // `--all-targets` passes over targets with `test = false`, which the end-to-end suites are.
    for targets in [["--workspace", "--all-targets"].as_slice(), &["--package", "lmsync", "--test", SUITES]] {
        must(
            cargo().args(["clippy", "--locked"]).args(targets).args(["--", "-D", "warnings"]),
            "every warning is an error here",
        )?;
    }
    Ok(())
}

fn rustdoc() -> Result<(), String> {
    must(
        cargo()
            .args(["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings"),
        "every warning is an error here",
    )
}

fn must(command: &mut Command, hint: &str) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(hint.to_owned()) }
}

fn report(violations: &[String]) -> Result<(), String> {
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n")) }
}
