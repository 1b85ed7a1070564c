//! The OpenClaw that is installed on this machine, where one can be seen.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// How far above the program its package may be: `openclaw/openclaw.mjs`, or `openclaw/dist/…`.
const ABOVE: usize = 3;

/// The version of the npm package whose `openclaw` a shell would find in this `PATH`; `None` where there is none, or a
/// script is in its place that is not part of the package.
#[must_use]
pub fn installed_openclaw(path: &OsStr) -> Option<String> {
    let mut programs = std::env::split_paths(path).map(|folder| folder.join("openclaw"));
    let program = programs.find(|file| file.is_file())?;
    // On Windows npm makes a script beside its packages, elsewhere a link into the package.
    let beside = program.with_file_name("node_modules").join("openclaw");
    let program = fs::canonicalize(program).ok()?;
    program.ancestors().skip(1).take(ABOVE).find_map(version).or_else(|| version(&beside))
}

fn version(package: &Path) -> Option<String> {
    let text = fs::read(package.join("package.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&text).ok()?;
    (manifest["name"] == "openclaw").then(|| manifest["version"].as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_package_of_the_first_program_in_the_path_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (package, bin) = (folder.path().join("lib/node_modules/openclaw"), folder.path().join("bin"));
        fs::create_dir_all(&package).unwrap();
        fs::create_dir(&bin).unwrap();
        let path = std::env::join_paths([folder.path(), &bin]).unwrap();
        assert_eq!(installed_openclaw(&path), None);

        fs::write(package.join("package.json"), r#"{"name": "openclaw", "version": "2026.7.1"}"#).unwrap();
        fs::write(package.join("openclaw.mjs"), "").unwrap();
        std::os::unix::fs::symlink("../lib/node_modules/openclaw/openclaw.mjs", bin.join("openclaw")).unwrap();
        assert_eq!(installed_openclaw(&path).as_deref(), Some("2026.7.1"));

        fs::write(package.join("package.json"), r#"{"name": "another", "version": "1.0.0"}"#).unwrap();
        assert_eq!(installed_openclaw(&path), None);
    }

    #[test]
    fn a_script_beside_its_packages_leads_to_them_as_npm_makes_it_on_windows() {
        let npm = tempfile::tempdir().unwrap();
        fs::write(npm.path().join("openclaw"), "#!/bin/sh\n").unwrap();
        let path = std::env::join_paths([npm.path()]).unwrap();
        assert_eq!(installed_openclaw(&path), None);
        let package = npm.path().join("node_modules/openclaw");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("package.json"), r#"{"name": "openclaw", "version": "2026.9.6"}"#).unwrap();
        assert_eq!(installed_openclaw(&path).as_deref(), Some("2026.9.6"));
    }
}
