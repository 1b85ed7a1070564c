//! `cargo xtask dist`: what a release consists of, in `target/dist`: the program, linked statically, its man page,
//! completions, bill of materials, npm package and checksums.

mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::dependencies::Dependencies;
use crate::npm_package::{self, Program};
use crate::process;
use crate::workspace::{Workspace, cargo, cargo_home};

/// The platform of the program: its C library can be linked in.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Compiling, on a small and busy machine.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// The shells that completions are made for, and the names that they look for.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "lmsync.bash"),
    ("zsh", "_lmsync"),
    ("fish", "lmsync.fish"),
    ("elvish", "lmsync.elv"),
    ("powershell", "_lmsync.ps1"),
];

/// Makes it; with `--twice`, builds the program again from a copy in another folder, and fails where that is not the
/// same to the last byte.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let twice = match arguments {
        [] => false,
        ["--twice"] => true,
        _ => return Err("usage: cargo xtask dist [--twice]".into()),
    };
    let workspace = Workspace::load()?;
    let folder = workspace.target().join("dist");
    // What an earlier version left there is no part of this one.
    let _ = fs::remove_dir_all(&folder);
    let completions = folder.join("completions");
    fs::create_dir_all(&completions).map_err(|error| say(&completions, &error))?;

    let built = build(workspace.root(), &workspace.target().join("dist-build"))?;
    let program = folder.join("lmsync");
    fs::copy(&built, &program).map_err(|error| say(&built, &error))?;
    write(&folder.join("lmsync.1"), &ask(&program, &["man"])?)?;
    for (shell, name) in SHELLS {
        write(&completions.join(name), &ask(&program, &["completions", shell])?)?;
    }
    let parts = Dependencies::of_the_program(&workspace, PLATFORM)?;
    let bill = sbom::cyclonedx(&parts.crates, &sha256(&program)?);
    write(&folder.join("lmsync.cdx.json"), format!("{bill:#}\n").as_bytes())?;
    let programs = [Program { system: "linux-x64", path: &program }];
    let archive = npm_package::write(workspace.root(), &workspace.version(), &programs, &folder.join("npm"))?;
    let archive = format!("npm/{}", archive.file_name().unwrap_or_default().to_string_lossy());
    let names = ["lmsync", "lmsync.1", "lmsync.cdx.json", &archive].map(str::to_owned).into_iter();
    let names = names.chain(SHELLS.map(|(_, name)| format!("completions/{name}")));
    let mut sums = String::new();
    for name in names {
        sums += &format!("{}  {name}\n", sha256(&folder.join(&name))?);
    }
    write(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    print!("{sums}");
    println!("in {}", folder.display());
    if twice { again(&workspace, &program) } else { Ok(()) }
}

/// Builds the program so that it holds no path of the machine that built it.
fn build(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let from = |folder: &Path, name: &str| format!("--remap-path-prefix={}={name}", folder.display());
    let flags =
        ["-Ctarget-feature=+crt-static".to_owned(), from(&cargo_home(), "/cargo"), from(root, "/lmsync")];
    let mut command = cargo();
    command
        .current_dir(root)
        .args(["build", "--release", "--locked", "--package", "lmsync", "--target", PLATFORM])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", target);
    let status = process::run(&mut command, LIMIT, |line| println!("{line}"))?;
    if !status.success() {
        return Err("the program did not build".into());
    }
    Ok(target.join(PLATFORM).join("release/lmsync"))
}

/// The same sources, in another folder, once more.
fn again(workspace: &Workspace, program: &Path) -> Result<(), String> {
    let copy = workspace.target().join("dist-again/a-copy-elsewhere");
    let _ = fs::remove_dir_all(&copy);
    let files = Command::new("git").current_dir(workspace.root()).args(["ls-files", "-z"]).output();
    let files = files.map_err(|error| format!("cannot run git: {error}"))?.stdout;
    for name in files.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = String::from_utf8_lossy(name).into_owned();
        let (from, to) = (workspace.root().join(&name), copy.join(&name));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|error| say(parent, &error))?;
        }
        fs::copy(&from, &to).map_err(|error| say(&from, &error))?;
    }
    let second = build(&copy, &copy.join("target"))?;
    let (first, second) = (sha256(program)?, sha256(&second)?);
    println!("{first}  built in {}\n{second}  built in {}", workspace.root().display(), copy.display());
    if first == second { Ok(()) } else { Err("two builds of the same sources differ".into()) }
}

/// What the program prints.
fn ask(program: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| say(program, &error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("lmsync {arguments:?} failed")) }
}

fn sha256(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| say(path, &error))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    Ok(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    fs::write(path, content).map_err(|error| say(path, &error))
}

fn say(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
