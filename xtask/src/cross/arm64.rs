//! Linux on arm64, in qemu's user mode: the program's demo and whole-program tests, and the unit tests of what is
//! nearest to the system.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{build, demo, folder, kind_of, tests};
use crate::tally::Tally;
use crate::targets::LINUX_ARM64;
use crate::workspace::{Workspace, cargo, on_path};

const EMULATOR: &str = "qemu-aarch64-static";

/// The crates whose unit tests run there.
const CRATES: [&str; 4] = ["lmsync-domain", "lmsync-json-text", "lmsync-config", "lmsync-adapters-fs"];

/// The whole-program tests of the quick part, by the beginnings of their names: which files are changed, and how.
const QUICK: [&str; 3] = ["golden::", "remove::", "state_folder::"];

/// The other part: all but what holds something against a clock, since an emulator is slow.
const UNTIMED: [&str; 6] = [
    "--skip=in_sync::",
    "--skip=standby::",
    "--skip=doctor::",
    "--skip=cli::the_demo_shows_an_addition",
    "--skip=rules::an_empty_list_is_believed",
    "--test-threads=1",
];

/// Runs the demo, and with `all` every test that needs nothing but cargo.
pub(super) fn run(workspace: &Workspace, program: &Path, all: bool) -> Result<String, String> {
    let emulator = emulator()?;
    let mut said = demo(in_emulator(&emulator, program))?;
    if all {
        let units = unit_tests(workspace, &emulator, &CRATES)?;
        let whole = whole_tests(workspace, &emulator, program, &UNTIMED)?;
        said += &format!("; unit tests: {units}; whole program: {whole}");
    }
    Ok(said + ", all in " + EMULATOR)
}

/// Fails where a tool is missing.
pub(crate) fn check_tools(workspace: &Workspace) -> Result<(), String> {
    emulator()?;
    LINUX_ARM64.find_linker(workspace)
}

/// What `cargo xtask test` does of it.
pub(crate) fn run_quickly(workspace: &Workspace) -> Result<Tally, String> {
    let emulator = emulator()?;
    let program = build(workspace, LINUX_ARM64)?;
    println!("{}: {}", LINUX_ARM64.triple, kind_of(LINUX_ARM64, &program)?);
    whole_tests(workspace, &emulator, &program, &QUICK)
}

fn emulator() -> Result<PathBuf, String> {
    on_path(EMULATOR).ok_or_else(|| format!("{EMULATOR} (qemu-user-static) is not installed"))
}

fn in_emulator(emulator: &Path, program: &Path) -> Command {
    let mut command = Command::new(emulator);
    command.arg(program);
    command
}

/// Compiles unit tests for arm64, and runs them there.
fn unit_tests(workspace: &Workspace, emulator: &Path, crates: &[&str]) -> Result<Tally, String> {
    let mut command = LINUX_ARM64.cargo(workspace, "test", &folder(workspace), &["test"])?;
    command.arg("--lib").args(crates.iter().flat_map(|name| ["--package", name]));
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", emulator);
    tests(&mut command)
}

/// Runs this machine's whole-program tests on the arm64 program, those that these arguments choose.
fn whole_tests(workspace: &Workspace, emulator: &Path, program: &Path, choice: &[&str]) -> Result<Tally, String> {
    // The tests start a program of one name, with an environment of their own.
    let starter = folder(workspace).join("lmsync-arm64");
    let script = format!("#!/bin/sh\nexec '{}' '{}' \"$@\"\n", emulator.display(), program.display());
    let written =
        fs::write(&starter, script).and_then(|()| fs::set_permissions(&starter, fs::Permissions::from_mode(0o755)));
    written.map_err(|error| format!("{}: {error}", starter.display()))?;
    let mut command = cargo();
    command.args(["test", "--locked", "--package", "lmsync", "--test", "plain", "--"]).args(choice);
    tests(command.env("LMSYNC_TEST_BINARY", &starter))
}
