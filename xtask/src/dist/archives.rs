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
pub(super) fn write(workspace: &Workspace, target: &Target, program: &Path, folder: &Path) -> Result<String, String> {
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
    let name = name(&workspace.version(), target);
    let pack = if *target == WINDOWS_X64 { archive::zip } else { archive::tar_gz };
    pack(&parent, &stem, &folder.join(&name))?;
    Ok(name)
}

/// The archive's file name.
fn name(version: &str, target: &Target) -> String {
    format!("{}.{}", stem(version, target), if *target == WINDOWS_X64 { "zip" } else { "tar.gz" })
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), String> {
    fs::copy(from, to).map_err(|error| say(from, &error))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(|error| say(to, &error))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::targets;

    #[test]
    fn cargo_binstall_finds_the_archives_and_the_programs_in_them() {
        let workspace = Workspace::load().unwrap();
        let packages = workspace.metadata()["packages"].as_array().unwrap();
        let bin = packages.iter().find(|package| package["name"] == "lmsync").unwrap();
        let ours = &bin["metadata"]["binstall"];
        let fill = |text: &Value, target: &Target| {
            let text = text.as_str().unwrap().replace("{ target }", target.triple);
            let ending = if *target == WINDOWS_X64 { ".exe" } else { "" };
            text.replace("{ version }", "1.2.3").replace("{ bin }{ binary-ext }", &format!("lmsync{ending}"))
        };
        for target in targets::ALL {
            let windows = &ours["overrides"]["x86_64-pc-windows-msvc"];
            let said = if target == WINDOWS_X64 { windows } else { ours };
            let url = fill(&said["pkg-url"], &target);
            let named = name("1.2.3", &target);
            assert_eq!(url, format!("{{ repo }}/releases/download/v1.2.3/{named}"));
            let program = format!("{}/{}", stem("1.2.3", &target), target.program());
            assert_eq!(fill(&said["bin-dir"], &target), program);
        }
    }
}
