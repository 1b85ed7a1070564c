//! The programs that are measured, built as they are shipped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process;
use crate::targets;
use crate::workspace::{BUILDS_SHIPPED, Workspace};

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
        // One after the other: with the examples, the program would be built with what the tests want of its libraries.
        for what in ["--bins", "--examples"] {
            let mut command = targets::shipped(workspace, "build")?;
            command.args(["--release", "--package", "lmsync", what]);
            if !process::run(&mut command, LIMIT, |line| println!("{line}"))?.success() {
                return Err("the programs did not build".into());
            }
        }
        Ok(Self::below(&workspace.shipped_folder(), BUILDS_SHIPPED))
    }

    fn below(folder: &Path, is_static: bool) -> Self {
        let examples = folder.join("examples");
        Self { lmsync: folder.join("lmsync"), floor: examples.join("floor"), work: examples.join("work"), is_static }
    }
}
