//! `cargo xtask dist [--all] [--packages] [--twice]`: what a release consists of, in `target/dist`: the program, its
//! man page and completions, an archive and a bill of materials for each system, packages for Linux distributions, the npm
//! package, what installs them, and checksums.

mod archives;
mod installers;
mod sbom;
mod twice;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::sha256;
use crate::dependencies::Dependencies;
use crate::npm_package::{self, Program};
use crate::packages::Packages;
use crate::targets::{self, Target, kind};
use crate::workspace::{Workspace, on_path};

/// The shells that completions are made for, and the names that they look for.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "lmsync.bash"),
    ("zsh", "_lmsync"),
    ("fish", "lmsync.fish"),
    ("elvish", "lmsync.elv"),
    ("powershell", "_lmsync.ps1"),
];

/// A program as it is released.
#[derive(Debug)]
struct Built {
    target: Target,
    path: PathBuf,
}

/// Makes it, for this system or with `--all` for each; with `--twice`, builds the programs again from a copy in another
/// folder, and fails where that is not the same to the last byte.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    if arguments.iter().any(|argument| !["--all", "--packages", "--twice"].contains(argument)) {
        return Err("usage: cargo xtask dist [--all] [--packages] [--twice]".into());
    }
    let all = arguments.contains(&"--all");
    let with_packages = all || arguments.contains(&"--packages");
    let workspace = Workspace::load()?;
    let chosen = if all { &targets::ALL[..] } else { &targets::ALL[..1] };
    // What is missing is said before minutes have passed.
    chosen.iter().try_for_each(|target| target.find_linker(&workspace))?;
    if all && on_path("zip").is_none() {
        return Err("zip (Info-ZIP) is not installed, which packs the archive for Windows".into());
    }
    if with_packages && on_path("dpkg-deb").is_none() {
        return Err("dpkg-deb (dpkg) is not installed, which makes the package for Debian".into());
    }
    let mut built = Vec::new();
    for target in chosen {
        let path = target.release(&workspace, workspace.root(), &workspace.released())?;
        let program = fs::read(&path).map_err(|error| say(&path, &error))?;
        println!("{}: {}", target.triple, kind::check(target, &program)?);
        built.push(Built { target: *target, path });
    }
    let folder = workspace.target().join("dist");
    // What an earlier version left there is no part of this one.
    let _ = fs::remove_dir_all(&folder);
    let mut names = gather(&workspace, &built, &folder)?;
    if with_packages {
        names.extend(make_packages(&workspace, &built, &folder)?);
    }
    let mut sums = String::new();
    for name in names {
        sums += &format!("{}  {name}\n", sha256(&folder.join(&name))?);
    }
    write(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    print!("{sums}");
    println!("in {}", folder.display());
    if arguments.contains(&"--twice") { twice::compare(&workspace, &built) } else { Ok(()) }
}

/// Puts all files of a release into a folder, and returns their names.
fn gather(workspace: &Workspace, built: &[Built], folder: &Path) -> Result<Vec<String>, String> {
    let (own, version) = (built.first().ok_or("no program was built")?, workspace.version());
    let mut names = vec!["lmsync".to_owned(), "lmsync.1".to_owned()];
    let completions = folder.join("completions");
    fs::create_dir_all(&completions).map_err(|error| say(&completions, &error))?;
    let program = folder.join("lmsync");
    fs::copy(&own.path, &program).map_err(|error| say(&own.path, &error))?;
    write(&folder.join("lmsync.1"), &ask(&program, &["man"])?)?;
    for (shell, name) in SHELLS {
        write(&completions.join(name), &ask(&program, &["completions", shell])?)?;
        names.push(format!("completions/{name}"));
    }
    for Built { target, path } in built {
        let parts = Dependencies::of_the_program(workspace, target.triple)?;
        let bill = sbom::cyclonedx(&parts.crates, &sha256(path)?);
        let name = format!("{}.cdx.json", archives::stem(&version, target));
        write(&folder.join(&name), format!("{bill:#}\n").as_bytes())?;
        names.push(name);
    }
    let mut sums = Vec::new();
    for Built { target, path } in built {
        let name = archives::write(workspace, target, path, folder)?;
        sums.push((target.triple, sha256(&folder.join(&name))?));
        names.push(name);
    }
    let programs: Vec<Program<'_>> =
        built.iter().map(|built| Program { system: built.target.node, path: &built.path }).collect();
    let package = npm_package::write(workspace.root(), &version, &programs, &folder.join("npm"))?;
    names.push(format!("npm/{}", package.file_name().unwrap_or_default().to_string_lossy()));
    // They name the archive of each system.
    if built.len() == targets::ALL.len() {
        names.extend(installers::write(workspace, &sums, folder)?);
    }
    Ok(names)
}

/// The packages for the Linux distributions.
fn make_packages(workspace: &Workspace, built: &[Built], folder: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let own = folder.join("lmsync");
    for Built { target, path } in built {
        if let Some((arch, _)) = target.triple.split_once("-unknown-linux") {
            names.extend(Packages { workspace, program: path, arch, own: &own, revision: "1" }.write(folder)?);
        }
    }
    Ok(names)
}

/// What the program prints.
fn ask(program: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| say(program, &error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("lmsync {arguments:?} failed")) }
}

fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    fs::write(path, content).map_err(|error| say(path, &error))
}

fn say(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
