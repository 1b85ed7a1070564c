//! The archive of one system: the program with its licenses, man page and completions, in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{SHELLS, say};
use crate::archive;
use crate::targets::{Target, WINDOWS_X64};
use crate::workspace::Workspace;

/// What is copied from the workspace.
const FILES: [&str; 5] = ["CHANGELOG.md", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// What an archive is called before its ending; the folder in it has this name, too.
pub(super) fn stem(version: &str, target: &Target) -> String {
    format!("lmsync-{version}-{}", target.triple)
}

/// Writes the archive into `folder`, where the man page and the completions are, and returns its name.
pub(super) fn write(
    workspace: &Workspace,
    target: &Target,
    program: &Path,
    folder: &Path,
) -> Result<String, String> {
    let stem = stem(&workspace.version(), target);
    let parent = workspace.target().join("dist-archives");
    let inside = parent.join(&stem);
    let _ = fs::remove_dir_all(&inside);
    fs::create_dir_all(inside.join("completions")).map_err(|error| say(&inside, &error))?;
    copy(program, &inside.join(target.program()), 0o755)?;
    copy(&folder.join("lmsync.1"), &inside.join("lmsync.1"), 0o644)?;
    for name in FILES {
        copy(&workspace.root().join(name), &inside.join(name), 0o644)?;
    }
    for (_, name) in SHELLS {
        let name = Path::new("completions").join(name);
        copy(&folder.join(&name), &inside.join(&name), 0o644)?;
    }
    let pack = if *target == WINDOWS_X64 { archive::zip } else { archive::tar_gz };
    let name = format!("{stem}.{}", if *target == WINDOWS_X64 { "zip" } else { "tar.gz" });
    pack(&parent, &stem, &folder.join(&name))?;
    Ok(name)
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    fs::copy(from, to).map_err(|error| say(from, &error))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(|error| say(to, &error))
}
