//! The programs that are measured, built as they are shipped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::docker::HOST_TARGET;
use crate::process;
use crate::workspace::{Workspace, cargo};

/// Fat link-time optimisation of three programs, on a small and busy machine.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// Where the built programs are.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) lmsync: PathBuf,
    /// `bench/floor.rs`
    pub(super) floor: PathBuf,
    /// `bench/work.rs`
    pub(super) work: PathBuf,
    /// Whether they are linked statically, as the image's program is.
    pub(super) is_static: bool,
}

impl Programs {
    /// Builds them with the release profile; statically where the image's program is built so.
    pub(super) fn build(workspace: &Workspace) -> Result<Self, String> {
        let is_static = cfg!(all(target_os = "linux", target_arch = "x86_64"));
        let mut folder = workspace.target().to_owned();
        if is_static {
            folder.push(HOST_TARGET);
        }
        // One after the other: with the examples, the program would be built with what the tests want of its libraries.
        for what in ["--bins", "--examples"] {
            let mut command = cargo();
            command.args(["build", "--release", "--locked", "--package", "lmsync", what]);
            if is_static {
                command.args(["--target", HOST_TARGET]).env("RUSTFLAGS", "-C target-feature=+crt-static");
            }
            if !process::run(&mut command, LIMIT, |line| println!("{line}"))?.success() {
                return Err("the programs did not build".into());
            }
        }
        Ok(Self::below(&folder.join("release"), is_static))
    }

    fn below(folder: &Path, is_static: bool) -> Self {
        let examples = folder.join("examples");
        Self {
            lmsync: folder.join("lmsync"),
            floor: examples.join("floor"),
            work: examples.join("work"),
            is_static,
        }
    }
}
