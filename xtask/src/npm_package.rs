//! The npm package: the folder `plugin`, with the programs inside, as an archive.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::archive;

/// What stands for the version in the package's own files.
const PLACEHOLDER: &str = "\"version\": \"0.0.0\"";

/// The files that carry the version.
const VERSIONED: [&str; 2] = ["package.json", "openclaw.plugin.json"];

/// The files of the folder `plugin`, as its `package.json` lists them, and the licenses beside it.
const FILES: [&str; 10] = [
    "README.md",
    "bin/lmsync.js",
    "index.js",
    "log.js",
    "openclaw.plugin.json",
    "package.json",
    "program.js",
    "reread.js",
    "supervisor.js",
    "turns.js",
];
const LICENSES: [&str; 3] = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

/// A program, and the system that it runs on as Node names it, such as `linux-x64`.
pub(crate) struct Program<'a> {
    pub(crate) system: &'static str,
    pub(crate) path: &'a Path,
}

/// Writes `lmsync-<version>.tgz` into `folder`. The same files give the same archive.
pub(crate) fn write(root: &Path, version: &str, programs: &[Program<'_>], folder: &Path) -> Result<PathBuf, String> {
    // npm names the folder inside its archives so.
    let package = folder.join("package");
    let _ = fs::remove_dir_all(folder);
    for name in FILES {
        copy(&root.join("plugin").join(name), &package.join(name), name.starts_with("bin/"))?;
    }
    for name in LICENSES {
        copy(&root.join(name), &package.join(name), false)?;
    }
    for name in VERSIONED {
        set_version(&package.join(name), version)?;
    }
    for Program { system, path } in programs {
        let name = path.file_name().ok_or("a program without a name")?;
        copy(path, &package.join("programs").join(system).join(name), true)?;
    }
    let archive = folder.join(format!("lmsync-{version}.tgz"));
    archive::tar_gz(folder, "package", &archive)?;
    fs::remove_dir_all(&package).map_err(|error| fault(&package, &error))?;
    Ok(archive)
}

fn copy(from: &Path, to: &Path, is_program: bool) -> Result<(), String> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(|error| fault(parent, &error))?;
    }
    fs::copy(from, to).map_err(|error| fault(from, &error))?;
    let mode = if is_program { 0o755 } else { 0o644 };
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(|error| fault(to, &error))
}

fn set_version(file: &Path, version: &str) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| fault(file, &error))?;
    if text.matches(PLACEHOLDER).count() != 1 {
        return Err(format!("{} must have {PLACEHOLDER} once", file.display()));
    }
    let text = text.replace(PLACEHOLDER, &format!("\"version\": \"{version}\""));
    fs::write(file, text).map_err(|error| fault(file, &error))
}

fn fault(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn listed(archive: &Path) -> String {
        let output = Command::new("tar").args(["--list", "--verbose", "--file"]).arg(archive).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    #[test]
    fn the_archive_has_the_program_and_the_version_and_is_the_same_each_time() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("lmsync");
        fs::write(&program, "the program").unwrap();
        let make = |into: &str| {
            let programs = [Program { system: "linux-x64", path: &program }];
            write(&root, "1.2.3", &programs, &folder.path().join(into)).unwrap()
        };
        let (first, second) = (make("a"), make("b"));
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
        assert_eq!(first.file_name().unwrap(), "lmsync-1.2.3.tgz");
        let list = listed(&first);
        let is_executable =
            |name: &str| list.lines().any(|line| line.starts_with("-rwxr-xr-x") && line.ends_with(name));
        assert!(is_executable("package/programs/linux-x64/lmsync"), "{list}");
        assert!(is_executable("package/bin/lmsync.js"), "{list}");
        let manifest = Command::new("tar")
            .args(["--extract", "--to-stdout", "--file"])
            .args([first.as_os_str(), "package/package.json".as_ref()])
            .output();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest.unwrap().stdout).unwrap();
        assert_eq!(manifest["version"], "1.2.3");
    }

    #[test]
    fn every_file_of_the_folder_is_packed() {
        let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin");
        let mut found = Vec::new();
        for folder in ["", "bin/"] {
            for entry in fs::read_dir(plugin.join(folder)).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    found.push(format!("{folder}{}", entry.file_name().to_string_lossy()));
                }
            }
        }
        found.sort();
        assert_eq!(found, FILES);
    }
}
