//! Whether a command that a document has a person type is one that there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::lmsync::binary;

/// The programs of others that a document has a person type, and what runs such a line.
const PROGRAMS: &[(&str, &str)] = &[
    ("docker", "tests/docker.rs, with the same files"),
    ("cp", "tests/docker.rs"),
    ("cd", "nothing to hold"),
    ("export", "nothing to hold"),
    ("echo", "nothing to hold"),
    ("cat", "nothing to hold"),
    ("grep", "tests/e2e_gateway_newest.rs: the log says lmstudio and refresh"),
    ("curl", "tests/docker.rs: the simulator's list; tests/installers.rs: the script"),
    ("sh", "tests/installers.rs"),
    ("rm", "nothing to hold"),
    ("mkdir", "nothing to hold"),
    ("install", "tests/systemd.rs: the unit"),
    ("systemctl", "tests/systemd.rs: the unit"),
    ("journalctl", "tests/service.rs"),
    ("loginctl", "not run: it changes the machine; tried by hand"),
    ("dpkg", "tests/packages.rs"),
    ("brew", "not run: no Homebrew was at hand"),
    ("kubectl", "tests/kubernetes.rs: the manifest against the published schemas; no cluster was at hand"),
    ("ssh", "not run: there is no other machine; tried by hand"),
    ("lms", "not run: LM Studio was not at hand"),
    ("openclaw", "tests/plugin.rs"),
];

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The commands of a line: without its comment, and one for each program that it starts.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let line = if line.starts_with('#') { "" } else { line.split(" # ").next().unwrap_or(line) };
    let parts = line.split("&&").flat_map(|part| part.split(" | ")).flat_map(|part| part.split(';'));
    parts
        .map(|part| part.split_whitespace().filter(|word| *word != "sudo").map(str::to_owned).collect())
        .filter(|words: &Vec<String>| !words.is_empty())
        .collect()
}

/// Asks the program for the help of exactly this command: an unknown command or flag is refused before that.
pub(super) fn is_known_to_lmsync(arguments: &[String]) -> Result<(), String> {
    // `help COMMAND` is what `COMMAND --help` is.
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "help").collect();
    let output = Command::new(binary()).args(&arguments).arg("--help").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("lmsync {arguments:?}: {said}")) }
}

/// Whether xtask has this task, and knows the names of what it is to run.
fn check_task(words: &[String]) -> Result<(), String> {
    let sources = sources(&root().join("xtask/src"));
    let task = words.first().map_or("", String::as_str);
    if !sources.contains(&format!("[\"{task}\"")) {
        return Err(format!("cargo xtask {task} is no task"));
    }
    let names = words.iter().skip(1).filter(|word| !word.starts_with('-'));
    let names = names.take_while(|_| ["test", "torture", "matrix", "cross"].contains(&task));
    match names.into_iter().find(|name| !sources.contains(&format!("\"{name}\""))) {
        Some(name) => Err(format!("cargo xtask {task} knows no {name}")),
        None => Ok(()),
    }
}

/// Whether the tests that `cargo test` is asked for are there: a name that no test has would run nothing, and succeed.
fn check_filters(words: &[String]) -> Result<(), String> {
    let mut folders = vec![root().join("crates"), root().join("tests")];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-p" => {
                let package = words.next().map_or("", String::as_str);
                folders = match package.strip_prefix("lmsync-") {
                    Some(name) => vec![root().join("crates").join(name)],
                    None => vec![root().join("crates/bin"), root().join("tests")],
                };
                if !folders[0].exists() {
                    return Err(format!("there is no package {package}"));
                }
            }
            "--" => {}
            option if option.starts_with("--") && option != "--test" => {}
            filter => {
                let name = if filter == "--test" { words.next().map_or("", String::as_str) } else { filter };
                let name = name.trim_end_matches("::");
                if !folders.iter().any(|folder| has_tests(folder, name)) {
                    return Err(format!("no test is called {name}"));
                }
            }
        }
    }
    Ok(())
}

/// Whether a file or a function has this in its name.
fn has_tests(folder: &Path, name: &str) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        let is_called_so = path.file_name().is_some_and(|file| file.to_string_lossy().contains(name));
        let has_function =
            |text: String| text.lines().any(|line| line.split_once("fn ").is_some_and(|(_, rest)| rest.contains(name)));
        is_called_so
            || if path.is_dir() { has_tests(&path, name) } else { fs::read_to_string(&path).is_ok_and(has_function) }
    })
}

/// All source text below a folder.
pub(super) fn sources(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() }).collect()
}

/// Whether somebody could type it.
pub(super) fn check(words: &[String]) -> Result<(), String> {
    // A command of lmsync within a container stands after the container's name.
    if let Some(at) = words.iter().position(|word| word == "/lmsync" || word == "lmsync")
        && (at == 0 || words[at] == "/lmsync")
    {
        is_known_to_lmsync(&words[at + 1..])?;
    }
    // A path of this repository is there.
    let ours = ["deploy/", "crates/", "docs/", "compose."];
    for path in words.iter().filter(|word| ours.iter().any(|start| word.starts_with(start))) {
        // What the demo writes, and a Deployment of Kubernetes.
        if !path.starts_with("deploy/demo/") && *path != "deploy/openclaw" && !root().join(path).exists() {
            return Err(format!("{path} is not there"));
        }
    }
    match words[0].as_str() {
        "lmsync" | "/lmsync" => Ok(()),
        "cargo" if words.get(1).is_some_and(|word| word == "xtask") => check_task(&words[2..]),
        "cargo" if words.get(1).is_some_and(|word| word == "test") => check_filters(&words[2..]),
        // Cargo's own commands; what they build is what is tested.
        "cargo" => Ok(()),
        program if PROGRAMS.iter().any(|(known, _)| *known == program) => Ok(()),
        program => Err(format!("nothing says how `{program}` is held")),
    }
}
