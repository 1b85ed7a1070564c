//! Archives of a folder, which are the same to the last byte where its files are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// When each file was changed, as far as an archive says: npm's choice, since zip knows no time before 1980.
const TIME: u64 = 499_162_500;

/// Packs the folder `name` below `parent` as a `.tar.gz`, with the modes of its files.
pub(crate) fn tar_gz(parent: &Path, name: &str, archive: &Path) -> Result<(), String> {
    run(tar_command(parent, archive).arg("--use-compress-program=gzip --no-name -9").arg(name))
}

/// Packs these files or folders below `parent` as a `.tar`.
pub(crate) fn tar(parent: &Path, names: &[&str], archive: &Path) -> Result<(), String> {
    run(tar_command(parent, archive).args(names))
}

fn tar_command(parent: &Path, archive: &Path) -> Command {
    let mut tar = Command::new("tar");
    tar.current_dir(parent)
        .args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg(format!("--mtime=@{TIME}"))
        .args(["--mode=u=rwX,go=rX", "--format=ustar", "--file"])
        .arg(archive);
    tar
}

/// Packs the folder `name` below `parent` as a `.zip`, by Info-ZIP. Changes when its files were changed.
pub(crate) fn zip(parent: &Path, name: &str, archive: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    collect(&parent.join(name), &mut files)?;
    files.sort();
    for file in &files {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(TIME);
        let set = File::options().write(true).open(file).and_then(|file| file.set_modified(time));
        set.map_err(|error| fault(file, &error))?;
    }
    // It adds to an archive that is there.
    let _ = fs::remove_file(archive);
    let mut zip = Command::new("zip");
    zip.current_dir(parent).env("TZ", "UTC").args(["-9", "-q", "-X"]).arg(archive);
    zip.args(files.iter().filter_map(|file| file.strip_prefix(parent).ok()));
    run(&mut zip)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| fault(folder, &error))? {
        let path = entry.map_err(|error| fault(folder, &error))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let status = command.status().map_err(|error| format!("cannot run {program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} failed ({status})")) }
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| fault(path, &error))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    Ok(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn fault(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_is_the_same_whenever_its_files_were_written() {
        if run(Command::new("zip").arg("-v").stdout(std::process::Stdio::null())).is_err() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let make = |archive: &str| {
            fs::create_dir_all(folder.path().join("a/b")).unwrap();
            fs::write(folder.path().join("a/x"), "x").unwrap();
            fs::write(folder.path().join("a/b/y"), "y").unwrap();
            zip(folder.path(), "a", &folder.path().join(archive)).unwrap();
            fs::read(folder.path().join(archive)).unwrap()
        };
        assert_eq!(make("1.zip"), make("2.zip"));
    }
}
