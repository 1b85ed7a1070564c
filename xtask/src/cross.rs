//! `cargo xtask cross [--all] [TARGET …]`: the program for each system, checked, linked, and run where an emulator runs
//! it here. `--all` runs the tests in the emulator, too.

mod arm64;
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tally::Tally;
use crate::targets::{self, Target, kind, succeed};
use crate::workspace::Workspace;

pub(crate) use arm64::{check_tools as check_arm64_tools, run_quickly as run_arm64_quickly};
pub(crate) use windows::{check_tools as check_windows_tools, run_quickly as run_windows_quickly};

/// How long the demo runs: it adds and removes models twice.
const DEMO: &str = "12s";

/// Tries all targets, or the named ones.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let all = arguments.contains(&"--all");
    let named: Vec<&str> = arguments.iter().copied().filter(|argument| *argument != "--all").collect();
    if let Some(unknown) = named.iter().find(|name| targets::ALL.iter().all(|target| target.triple != **name)) {
        let known = targets::ALL.map(|target| target.triple).join(", ");
        return Err(format!("{unknown} is none of the targets: {known}"));
    }
    let workspace = Workspace::load()?;
    let mut report = Vec::new();
    for target in targets::ALL {
        if named.is_empty() || named.contains(&target.triple) {
            report.push(format!("{}: {}", target.triple, try_out(&workspace, target, all)?));
        }
    }
    println!("\n{}", report.join("\n"));
    Ok(())
}

/// Does with a target what can be done here, and says what that was.
fn try_out(workspace: &Workspace, target: Target, all: bool) -> Result<String, String> {
    check(workspace, target)?;
    let program = build(workspace, target)?;
    let linked = kind_of(target, &program)?;
    let ran = match target {
        targets::LINUX_X64 => demo(Command::new(&program))?,
        targets::LINUX_ARM64 => arm64::run(workspace, &program, all)?,
        targets::WINDOWS_X64 => windows::run(workspace, &program, all)?,
        _ => "not run".to_owned(),
    };
    Ok(format!("clippy is content; {linked}; {ran}"))
}

/// Has clippy check the program.
fn check(workspace: &Workspace, target: Target) -> Result<(), String> {
    let mut clippy = target.cargo(workspace, "clippy", &folder(workspace), &[])?;
    clippy.args(["--package", "lmsync", "--", "--deny", "warnings"]);
    succeed(&mut clippy, &format!("it does not compile for {}", target.triple))
}

/// Links the program, as quickly as that can be done, and returns its path.
fn build(workspace: &Workspace, target: Target) -> Result<PathBuf, String> {
    let mut build = target.cargo(workspace, "build", &folder(workspace), &[])?;
    build.args(["--package", "lmsync"]);
    succeed(&mut build, &format!("it does not build for {}", target.triple))?;
    Ok(folder(workspace).join(target.triple).join("debug").join(target.program()))
}

fn kind_of(target: Target, program: &Path) -> Result<String, String> {
    let bytes = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    kind::check(&target, &bytes).map_err(|why| format!("{}: {why}", program.display()))
}

/// Runs the demo with this start of a command, and says what it kept.
fn demo(mut program: Command) -> Result<String, String> {
    let output = program.args(["demo", "--for", DEMO]).output();
    let output = output.map_err(|error| format!("cannot run {}: {error}", program.get_program().display()))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(format!("the demo fails ({}): {printed}", output.status));
    }
    let path = printed.lines().find_map(|line| line.strip_prefix("lmsync keeps ")).map(PathBuf::from);
    let path = path.ok_or_else(|| format!("the demo names no file: {printed}"))?;
    let count = models(&path)?;
    // The demo leaves its folder for a person to look at.
    if let Some(folder) = path.ancestors().find(|folder| folder.parent() == Some(&std::env::temp_dir())) {
        let _ = fs::remove_dir_all(folder);
    }
    Ok(format!("its demo kept {count} models"))
}

/// How many models the demo's file has.
fn models(path: &Path) -> Result<usize, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let json: serde_json::Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    match json["providers"]["lmstudio"]["models"].as_array() {
        Some(models) if !models.is_empty() => Ok(models.len()),
        _ => Err(format!("{} has no models", path.display())),
    }
}

/// Runs `cargo test`, and adds up what it reports; fails where a test does, or where none ran.
fn tests(command: &mut Command) -> Result<Tally, String> {
    let mut tallies = Vec::new();
    let status = crate::process::run(command, targets::LIMIT, |line| {
        println!("{line}");
        tallies.extend(Tally::of_line(line));
    })?;
    let tally: Tally = tallies.into_iter().sum();
    if status.success() && tally.passed > 0 { Ok(tally) } else { Err(format!("tests failed: {tally}")) }
}

/// Where all of it is built.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("cross")
}
