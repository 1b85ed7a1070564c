//! Where things are: what `cargo metadata` says of this workspace, and the environment variables that tasks read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Linux on x86-64, as Rust names it.
pub(crate) const LINUX_X64_TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Whether this machine links the program as it is released for it. Else it builds a plain one.
pub(crate) const BUILDS_SHIPPED: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// The workspace, as cargo describes it.
#[derive(Debug)]
pub(crate) struct Workspace {
    metadata: Value,
}

impl Workspace {
    /// Asks cargo, without touching the network.
    pub(crate) fn load() -> Result<Self, String> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--locked", "--no-deps"])
            .output()
            .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("cargo metadata answered something else than JSON: {error}"))?;
        Ok(Self { metadata })
    }

    /// The answer itself.
    pub(crate) fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        Path::new(self.metadata["workspace_root"].as_str().unwrap_or("."))
    }

    /// The folder of all that is built.
    pub(crate) fn target(&self) -> &Path {
        Path::new(self.metadata["target_directory"].as_str().unwrap_or("target"))
    }

    /// The program's version.
    pub(crate) fn version(&self) -> String {
        self.said("version").unwrap_or("0.0.0").to_owned()
    }

    /// Where the sources are, as an address without a `/` at its end.
    pub(crate) fn repository(&self) -> String {
        self.said("repository").unwrap_or_default().to_owned()
    }

    /// What the program's `Cargo.toml` says under a key.
    fn said(&self, key: &str) -> Option<&str> {
        let packages = self.metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
        packages.iter().find(|package| package["name"] == "lmsync")?[key].as_str()
    }

    /// Where programs are built as they are released.
    pub(crate) fn released(&self) -> PathBuf {
        self.target().join("dist-build")
    }

    /// Where the program that this machine ships is, with what is built beside it.
    pub(crate) fn shipped_folder(&self) -> PathBuf {
        let folder = if BUILDS_SHIPPED { self.released().join(LINUX_X64_TRIPLE) } else { self.target().to_owned() };
        folder.join("release")
    }

    /// That program.
    pub(crate) fn shipped_program(&self) -> PathBuf {
        self.shipped_folder().join(format!("lmsync{}", std::env::consts::EXE_SUFFIX))
    }

    /// The folder that fetched programs are kept in.
    pub(crate) fn tools(&self) -> PathBuf {
        variable("LMSYNC_TOOLS_DIR").map_or_else(|| self.target().join("tools"), PathBuf::from)
    }
}

/// A cargo that runs in the workspace's root, the same one that runs this task.
pub(crate) fn cargo() -> Command {
    clean(variable("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that runs cargo in the workspace's root.
pub(crate) fn clean(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    // What cargo says of xtask to xtask is untrue of what is built next, and some build scripts (ring's) run again,
    // with all that depends on them, whenever it differs.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_about_this_package) {
            command.env_remove(name);
        }
    }
    command
}

fn is_about_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|start| variable.starts_with(start))
}

/// Where cargo keeps the sources of what is not ours.
pub(crate) fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(variable("HOME").unwrap_or_default()).join(".cargo");
    variable("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// Whether this is a machine that must not skip anything.
pub(crate) fn ci() -> bool {
    variable("CI").is_some_and(|value| value == "true" || value == "1")
}

/// A program of this name on `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&variable("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[expect(clippy::disallowed_methods, reason = "a task is configured by its environment, read here alone")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
