//! File systems of the test's own, gone with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A file system in a folder of its own.
#[derive(Debug)]
pub(crate) struct Mounted {
    folder: TempDir,
}

impl Mounted {
    /// Mounts what these arguments of `mount` say.
    pub(crate) fn mount(arguments: &[&str]) -> Self {
        let mounted = Self::empty();
        run(Command::new("mount").args(arguments).arg(mounted.path()));
        mounted
    }

    /// A folder on which something is about to be mounted.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::Builder::new().prefix("lmsync-disk-").tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Mounts it again with other options, e.g. `ro`.
    pub(crate) fn remount(&self, option: &str) {
        run(Command::new("mount").arg("-o").arg(format!("remount,{option}")).arg(self.path()));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily, so that nothing is left over whatever still looks at it.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// A loop device over a file.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) device: PathBuf,
}

impl Loop {
    pub(crate) fn over(file: &Path) -> Self {
        Self { device: run(Command::new("losetup").args(["--find", "--show"]).arg(file)).trim().into() }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // It goes as soon as nothing is mounted from it any more.
        let _ = Command::new("losetup").arg("--detach").arg(&self.device).status();
    }
}

/// Runs a command that has to succeed, and tells what it says.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
