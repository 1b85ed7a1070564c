//! The systems that lmsync is made for, and how this machine compiles and links a program for each of them.

pub(crate) mod kind;
mod mac;
mod std_source;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process;
use crate::tools::Tool;
use crate::workspace::{BUILDS_SHIPPED, LINUX_X64_TRIPLE, Workspace, cargo, cargo_home, clean, on_path};

/// Compiling the standard library and all dependencies, on a small and busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60 * 60);

/// One kind of system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) triple: &'static str,
    /// As Node names it, such as `linux-x64`.
    pub(crate) node: &'static str,
    linker: Linker,
}

/// What links a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linker {
    /// This machine's own C compiler, the C library linked in.
    Own,
    /// A C compiler of the distribution, the C library linked in.
    Gcc(&'static str),
    /// zig's C compiler, which has what it needs of macOS, led by cargo-zigbuild.
    Zig,
}

/// All of them.
pub(crate) const ALL: [Target; 5] = [LINUX_X64, LINUX_ARM64, MAC_ARM64, MAC_X64, WINDOWS_X64];

pub(crate) const LINUX_X64: Target = Target { triple: LINUX_X64_TRIPLE, node: "linux-x64", linker: Linker::Own };
pub(crate) const LINUX_ARM64: Target =
    Target { triple: "aarch64-unknown-linux-gnu", node: "linux-arm64", linker: Linker::Gcc("aarch64-linux-gnu-gcc") };
pub(crate) const MAC_ARM64: Target =
    Target { triple: "aarch64-apple-darwin", node: "darwin-arm64", linker: Linker::Zig };
pub(crate) const MAC_X64: Target = Target { triple: "x86_64-apple-darwin", node: "darwin-x64", linker: Linker::Zig };
pub(crate) const WINDOWS_X64: Target =
    Target { triple: "x86_64-pc-windows-gnu", node: "win32-x64", linker: Linker::Gcc("x86_64-w64-mingw32-gcc") };

impl Target {
    /// The program's file name there.
    pub(crate) fn program(&self) -> &'static str {
        if *self == WINDOWS_X64 { "lmsync.exe" } else { "lmsync" }
    }

    /// A cargo command for this target, with the standard library that is installed, else with one that is compiled
    /// from its source. `parts` are further parts of it that the task needs, such as `test`. Fails where a tool is
    /// missing.
    pub(crate) fn cargo(
        &self,
        workspace: &Workspace,
        task: &str,
        folder: &Path,
        parts: &[&str],
    ) -> Result<Command, String> {
        self.cargo_in(workspace.root(), workspace, task, folder, parts)
    }

    /// Builds the program as it is released, below `folder`, from the sources in `root`, so that it holds no path of
    /// this machine. Returns its path.
    pub(crate) fn release(&self, workspace: &Workspace, root: &Path, folder: &Path) -> Result<PathBuf, String> {
        let mut build = self.cargo_in(root, workspace, "build", folder, &[])?;
        build.args(["--release", "--package", "lmsync"]);
        succeed(&mut build, &format!("the program for {} did not build", self.triple))?;
        Ok(folder.join(self.triple).join("release").join(self.program()))
    }

    /// Fails where the C compiler is missing, and cannot be fetched.
    pub(crate) fn find_linker(&self, workspace: &Workspace) -> Result<(), String> {
        match self.linker {
            Linker::Gcc(name) if on_path(name).is_none() => {
                Err(format!("{name} is not installed, which links programs for {}", self.triple))
            }
            Linker::Zig => Tool::Zigbuild.locate(workspace).map(|_| ()),
            Linker::Gcc(_) | Linker::Own => Ok(()),
        }
    }

    fn cargo_in(
        &self,
        root: &Path,
        workspace: &Workspace,
        task: &str,
        folder: &Path,
        parts: &[&str],
    ) -> Result<Command, String> {
        let mut command = match self.linker {
            Linker::Zig => zigbuild(workspace, task)?,
            Linker::Own | Linker::Gcc(_) => {
                let mut command = cargo();
                command.arg(task);
                command
            }
        };
        command.current_dir(root).args(["--locked", "--target", self.triple, "--target-dir"]).arg(folder);
        let named = |from: &Path, name: &str| format!("--remap-path-prefix={}={name}", from.display());
        let mut flags = vec![named(&cargo_home(), "/cargo"), named(root, "/lmsync")];
        if *self != WINDOWS_X64 && self.linker != Linker::Zig {
            flags.push("-Ctarget-feature=+crt-static".to_owned());
        }
        if self.linker == Linker::Zig {
            // Else the program's UUID depends on where the C objects of `ring` lie: the linker notes that for debuggers.
            flags.push("-Clink-arg=-Wl,-S".to_owned());
        }
        if *self == WINDOWS_X64 {
            // Else the program says when it was linked.
            flags.push("-Clink-arg=-Wl,--no-insert-timestamp".to_owned());
        }
        if let Linker::Gcc(compiler) = self.linker {
            self.find_linker(workspace)?;
            let name = self.triple.replace('-', "_");
            command.env(format!("CC_{name}"), compiler);
            command.env(format!("CARGO_TARGET_{}_LINKER", name.to_ascii_uppercase()), compiler);
        }
        if !std_source::is_installed(self.triple)? {
            command.arg(format!("-Zbuild-std={}", [&["std", "panic_abort"], parts].concat().join(",")));
            command.env("RUSTC_BOOTSTRAP", "1");
            if let Some(library) = std_source::fetched(&workspace.tools())? {
                flags.push(named(&library, "/rust"));
                command.env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
            }
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        Ok(command)
    }
}

/// cargo-zigbuild with that task, and the zig that is installed beside it.
fn zigbuild(workspace: &Workspace, task: &str) -> Result<Command, String> {
    let python = Tool::Zigbuild.locate(workspace)?;
    let mut command = clean(python.with_file_name("cargo-zigbuild"));
    command.env("CARGO_ZIGBUILD_CACHE_DIR", workspace.target().join("zigbuild"));
    command.env("CARGO_ZIGBUILD_PYTHON_PATH", python);
    // Else zig takes the newest.
    command.env("MACOSX_DEPLOYMENT_TARGET", mac::OLDEST);
    command.arg(if task == "build" { "zigbuild" } else { task });
    Ok(command)
}

/// A cargo command for the program as it is released for this machine, else for a plain one.
pub(crate) fn shipped(workspace: &Workspace, task: &str) -> Result<Command, String> {
    if BUILDS_SHIPPED {
        return LINUX_X64.cargo(workspace, task, &workspace.released(), &[]);
    }
    let mut command = cargo();
    command.args([task, "--locked"]);
    Ok(command)
}

/// Runs a command to its end, and fails with these words where it does.
pub(crate) fn succeed(command: &mut Command, otherwise: &str) -> Result<(), String> {
    let status = process::run(command, LIMIT, |line| println!("{line}"))?;
    if status.success() { Ok(()) } else { Err(otherwise.to_owned()) }
}
