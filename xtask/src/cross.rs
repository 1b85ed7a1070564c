//! `cargo xtask cross [TARGET …]`: the program for other systems than this one. What can be linked and run here is; the
//! rest is checked by the compiler and clippy.

mod std_source;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process;
use crate::workspace::{Workspace, cargo, on_path};

/// Compiling the standard library and all dependencies, on a small and busy machine.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// How long the demo runs: it adds and removes models twice.
const DEMO: &str = "12s";

/// How far a target is tried here.
enum Way {
    /// Linked statically by this C compiler, and run by this emulator.
    Run { compiler: &'static str, emulator: &'static str },
    /// Checked only: linking it needs what its vendor alone gives.
    Check,
}

struct Target {
    triple: &'static str,
    way: Way,
}

const TARGETS: [Target; 3] = [
    Target {
        triple: "aarch64-unknown-linux-gnu",
        way: Way::Run { compiler: "aarch64-linux-gnu-gcc", emulator: "qemu-aarch64-static" },
    },
    Target { triple: "aarch64-apple-darwin", way: Way::Check },
    Target { triple: "x86_64-apple-darwin", way: Way::Check },
];

/// Tries all targets, or the named ones.
pub(crate) fn run(named: &[&str]) -> Result<(), String> {
    let known = || TARGETS.map(|target| target.triple).join(", ");
    if let Some(unknown) = named.iter().find(|name| TARGETS.iter().all(|target| target.triple != **name)) {
        return Err(format!("{unknown} is none of the targets: {}", known()));
    }
    let workspace = Workspace::load()?;
    for target in &TARGETS {
        if !named.is_empty() && !named.contains(&target.triple) {
            continue;
        }
        match target.way {
            Way::Run { compiler, emulator } => try_out(&workspace, target.triple, compiler, emulator)?,
            Way::Check => check(&workspace, target.triple)?,
        }
    }
    Ok(())
}

fn try_out(workspace: &Workspace, triple: &str, compiler: &str, emulator: &str) -> Result<(), String> {
    for program in [compiler, emulator] {
        on_path(program).ok_or_else(|| format!("{triple} needs {program}, which is not installed"))?;
    }
    let mut build = compile(workspace, triple, "build")?;
    build.env(variable("CC_", triple), compiler);
    let upper = triple.to_ascii_uppercase();
    build.env(variable("CARGO_TARGET_", &upper) + "_LINKER", compiler);
    build.env(variable("CARGO_TARGET_", &upper) + "_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    succeed(&mut build, "it does not build")?;
    let program = target_folder(workspace).join(triple).join("debug/lmsync");
    let run = |arguments: &[&str]| {
        let output = Command::new(emulator).arg(&program).args(arguments).output();
        let output = output.map_err(|error| format!("cannot run {emulator}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(format!("lmsync {arguments:?} fails there: {text}"))
        }
    };
    let version = run(&["--version"])?;
    let printed = run(&["demo", "--for", DEMO])?;
    let path = printed.trim_end().rsplit_once(": ").map(|(_, path)| PathBuf::from(path));
    let path = path.ok_or_else(|| format!("the demo names no file: {printed}"))?;
    let count = models(&path)?;
    // The demo leaves its folder for a person to look at.
    if let Some(folder) = path.ancestors().find(|folder| folder.parent() == Some(&std::env::temp_dir())) {
        let _ = fs::remove_dir_all(folder);
    }
    println!(
        "{triple}: {}, linked statically and run by {emulator}; its demo kept {count} models",
        version.trim()
    );
    Ok(())
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

fn check(workspace: &Workspace, triple: &str) -> Result<(), String> {
    let mut clippy = compile(workspace, triple, "clippy")?;
    let tools = stand_in_tools(workspace)?;
    clippy.env(variable("CC_", triple), tools.join("cc")).env(variable("AR_", triple), tools.join("ar"));
    clippy.args(["--", "--deny", "warnings"]);
    succeed(&mut clippy, "it does not compile")?;
    println!("{triple}: the compiler and clippy accept it; not linked, not run");
    Ok(())
}

/// A cargo command for the program and that target: with the standard library that is installed, else from its source.
fn compile(workspace: &Workspace, triple: &str, task: &str) -> Result<Command, String> {
    let mut command = cargo();
    command.args([task, "--locked", "--package", "lmsync", "--target", triple, "--target-dir"]);
    command.arg(target_folder(workspace));
    if !std_source::is_installed(triple)? {
        command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        if let Some(library) = std_source::fetched(&workspace.tools())? {
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
        }
    }
    Ok(command)
}

fn target_folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("cross")
}

/// The name of a variable that a build script or cargo reads for one target.
fn variable(start: &str, triple: &str) -> String {
    format!("{start}{}", triple.replace('-', "_"))
}

fn succeed(command: &mut Command, otherwise: &str) -> Result<(), String> {
    let status = process::run(command, LIMIT, |line| println!("{line}"))?;
    if status.success() { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// A C compiler and an archiver that make empty files: a check links nothing, but a build script compiles C.
fn stand_in_tools(workspace: &Workspace) -> Result<PathBuf, String> {
    const CC: &str =
        "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -o) shift; : >\"$1\" ;; esac; shift; done\n";
    const AR: &str = "#!/bin/sh\nfor a in \"$@\"; do case $a in *.a) : >\"$a\" ;; esac; done\n";
    let folder = target_folder(workspace).join("stand-in");
    let make = || {
        fs::create_dir_all(&folder)?;
        for (name, script) in [("cc", CC), ("ar", AR)] {
            fs::write(folder.join(name), script)?;
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    };
    make().map_err(|error: std::io::Error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}
