//! Windows, in Wine: the unit tests of what is nearest to the system, and the whole program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{build, folder, kind_of, tests};
use crate::tally::Tally;
use crate::targets::{WINDOWS_X64, succeed};
use crate::workspace::{Workspace, cargo, on_path};

/// Where Debian's package `wine64` puts the programs.
const FOLDER: &str = "/usr/lib/wine";

/// The crates whose unit tests run there.
const CRATES: [&str; 3] = ["lmsync-domain", "lmsync-config", "lmsync-adapters-fs"];

/// The name of the suite that starts the whole program.
const SUITE: &str = "windows::";

/// Wine 8 lacks this library, from which Rust's standard library takes random bytes.
const RANDOM_NAME: &str = "bcryptprimitives.dll";
const RANDOM: &str = "
    #include <windows.h>
    BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
    __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
        return SystemFunction036(data, (ULONG)length);
    }
";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// Runs the whole program, and with `all` every unit test, and kills it often.
pub(super) fn run(workspace: &Workspace, program: &Path, all: bool) -> Result<String, String> {
    let wine = Wine::set_up(workspace)?;
    let units = unit_tests(workspace, &wine, if all { &["--lib", "--tests"] } else { &["--test", "windows"] })?;
    let whole = whole_tests(&wine, program, all)?;
    Ok(format!("in Wine: unit tests: {units}; whole program: {whole}"))
}

/// Fails where a tool is missing.
pub(crate) fn check_tools(workspace: &Workspace) -> Result<(), String> {
    wine("wine64")?;
    WINDOWS_X64.find_linker(workspace)
}

/// What `cargo xtask test` does of it.
pub(crate) fn run_quickly(workspace: &Workspace) -> Result<Tally, String> {
    let program = build(workspace, WINDOWS_X64)?;
    println!("{}: {}", WINDOWS_X64.triple, kind_of(WINDOWS_X64, &program)?);
    let wine = Wine::set_up(workspace)?;
    let units = unit_tests(workspace, &wine, &["--test", "windows"])?;
    let whole = whole_tests(&wine, &program, false)?;
    Ok([units, whole].into_iter().sum())
}

fn wine(name: &str) -> Result<PathBuf, String> {
    let usual = Path::new(FOLDER).join(name);
    let found = on_path(name).or_else(|| usual.is_file().then_some(usual));
    found.ok_or_else(|| format!("{name} (wine64) is not installed"))
}

/// A Windows of its own, which ends when this value is dropped.
struct Wine {
    folder: PathBuf,
    /// A shell that waits for a command. While it runs, so do Windows' services, which each program would start else.
    shell: Option<Child>,
}

impl Wine {
    /// Makes it below the folder of all that is built for other systems.
    fn set_up(workspace: &Workspace) -> Result<Self, String> {
        let mut this = Self { folder: folder(workspace).join("wine"), shell: None };
        let fault = |error: std::io::Error| format!("{}: {error}", this.folder.display());
        fs::create_dir_all(&this.folder).map_err(fault)?;
        let mut start = Command::new(wine("wine64")?);
        // The services that it starts would hold its output.
        let quiet = this.about(&mut start).stdout(Stdio::null()).stderr(Stdio::null());
        let status = quiet.args(["wineboot", "--init"]).status().map_err(fault)?;
        if !status.success() {
            return Err(format!("Wine does not start: {status}"));
        }
        let library = this.prefix().join("drive_c/windows/system32").join(RANDOM_NAME);
        let source = this.folder.join("random.c");
        fs::write(&source, RANDOM).map_err(fault)?;
        let mut compile = Command::new(COMPILER);
        compile.args(["-shared", "-O2", "-o"]).arg(library).arg(source).arg("-ladvapi32");
        succeed(&mut compile, "Wine's library does not compile")?;
        let mut shell = Command::new(wine("wine64")?);
        let quiet = this.about(&mut shell).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        this.shell = Some(quiet.arg("cmd").spawn().map_err(fault)?);
        Ok(this)
    }

    fn prefix(&self) -> PathBuf {
        self.folder.join("prefix")
    }

    fn about<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("WINEPREFIX", self.prefix()).env("WINEDEBUG", "-all")
    }

    /// A script that starts a program there: with this path before its arguments, where there is one.
    fn starter(&self, name: &str, program: &str) -> Result<PathBuf, String> {
        let starter = self.folder.join(name);
        let script = format!(
            "#!/bin/sh\nexport WINEPREFIX='{}' WINEDEBUG=-all\nexec '{}' {program} \"$@\"\n",
            self.prefix().display(),
            wine("wine64")?.display()
        );
        let written =
            fs::write(&starter, script).and_then(|()| fs::set_permissions(&starter, fs::Permissions::from_mode(0o755)));
        written.map_err(|error| format!("{}: {error}", starter.display()))?;
        Ok(starter)
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        if let Ok(server) = wine("wineserver64").or_else(|_| wine("wineserver")) {
            // It ends all programs, and itself.
            let _ = self.about(&mut Command::new(server)).arg("--kill").status();
        }
        if let Some(shell) = &mut self.shell {
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

/// Compiles unit tests for Windows, and runs them there.
fn unit_tests(workspace: &Workspace, wine: &Wine, which: &[&str]) -> Result<Tally, String> {
    let crates = if which.contains(&"--lib") { &CRATES[..] } else { &["lmsync-adapters-fs"] };
    let mut command = WINDOWS_X64.cargo(workspace, "test", &folder(workspace), &["test"])?;
    command.args(which).args(crates.iter().flat_map(|name| ["--package", name]));
    tests(command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", wine.starter("run", "")?))
}

/// Runs this machine's suite on the program for Windows.
fn whole_tests(wine: &Wine, program: &Path, all: bool) -> Result<Tally, String> {
    let mut command = cargo();
    command.args(["test", "--locked", "--package", "lmsync", "--test", "suites", "--", SUITE]);
    command.args(["--test-threads=1", "--show-output"]);
    if all {
        command.env("LMSYNC_TORTURE", "long");
    } else {
        command.arg("--skip=windows::the_demo");
    }
    let starter = wine.starter("lmsync", &format!("'{}'", program.display()))?;
    tests(command.env("LMSYNC_TEST_BINARY", starter).env("LMSYNC_TEST_WINE", wine.prefix()))
}
