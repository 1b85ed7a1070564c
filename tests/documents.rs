//! What the documents tell a person to type, and what they show, is so. Every block of README, CONTRIBUTING and `docs` is
//! held in one of the ways below; a new kind of block or program fails here until it has its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

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
    ("loginctl", "not run: it changes the machine"),
    ("dpkg", "xtask's own tests of the packages"),
    ("brew", "not run: no Homebrew was at hand"),
    ("kubectl", "tests/kubernetes.rs: the manifest against the published schemas; no cluster was at hand"),
    ("ssh", "not run: there is no other machine"),
    ("lms", "not run: LM Studio was not at hand"),
    ("openclaw", "tests/plugin.rs"),
];

/// The blocks that are no commands, by document and language, and what holds each.
const BLOCKS: &[(&str, &str, &str)] = &[
    ("README.md", "text", "it is the one of docs/DOCTOR.md"),
    ("docs/DOCTOR.md", "text", "tests/doctor_host.rs, where the engine is Podman"),
    ("docs/CONFIGURATION.md", "toml", "the program reads it, here"),
    ("docs/DEPLOYMENT.md", "json5", "tests/e2e_config.rs: headers in openclaw.json"),
    ("docs/INSTALL.md", "powershell", "not run: no PowerShell was at hand"),
    ("docs/LOG.md", "json", "tests/log.rs"),
    ("docs/MODELS.md", "json", "it is JSON, here; tests/golden.rs has the whole file"),
    ("docs/MONITORING.md", "yaml", "tests/metrics.rs"),
    ("docs/PLUGIN.md", "json", "it is JSON, here; tests/plugin.rs has the settings"),
    ("docs/places/windows-wsl2.md", "ini", "not run: no Windows was at hand"),
    ("docs/places/windows-wsl2.md", "powershell", "not run: no Windows was at hand"),
    ("docs/places/windows.md", "powershell", "not run: no PowerShell was at hand"),
];

struct Block {
    document: String,
    language: String,
    lines: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn blocks() -> Vec<Block> {
    let mut documents = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for folder in ["docs", "docs/places"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                documents.push(format!("{folder}/{name}"));
            }
        }
    }
    let mut blocks = Vec::new();
    for document in documents {
        let text = fs::read_to_string(root().join(&document)).unwrap();
        let mut open: Option<Block> = None;
        for line in text.lines() {
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(language), None) => {
                    let language = language.to_owned();
                    open = Some(Block { document: document.clone(), language, lines: Vec::new() });
                }
                (Some(_), Some(block)) => blocks.push(block),
                (None, Some(mut block)) => {
                    block.lines.push(line.to_owned());
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{document} has a block that does not end");
    }
    blocks
}

/// The commands of a line: without its comment, and one for each program that it starts.
fn commands(line: &str) -> Vec<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let line = if line.starts_with('#') { "" } else { line.split(" # ").next().unwrap_or(line) };
    let parts = line.split("&&").flat_map(|part| part.split(" | ")).flat_map(|part| part.split(';'));
    parts
        .map(|part| part.split_whitespace().filter(|word| *word != "sudo").map(str::to_owned).collect())
        .filter(|words: &Vec<String>| !words.is_empty())
        .collect()
}

/// Asks the program for the help of exactly this command: an unknown command or flag is refused before that.
fn is_known_to_lmsync(arguments: &[String]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(|word| word.as_str()).collect();
    let output = Command::new(binary()).args(&arguments).arg("--help").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("lmsync {arguments:?}: {said}")) }
}

fn check(words: &[String], tasks: &str) -> Result<(), String> {
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
        "cargo" if words.get(1).is_some_and(|word| word == "xtask") => {
            let task = words.get(2).map_or("", String::as_str);
            let known = tasks.contains(&format!("[\"{task}\""));
            if known { Ok(()) } else { Err(format!("cargo xtask {task} is no task")) }
        }
        // Cargo's own commands; what they build is what is tested.
        "cargo" => Ok(()),
        program if PROGRAMS.iter().any(|(known, _)| *known == program) => Ok(()),
        program => Err(format!("nothing says how `{program}` is held")),
    }
}

#[test]
fn every_command_is_one_that_there_is() {
    let tasks = fs::read_to_string(root().join("xtask/src/main.rs")).unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for block in blocks().iter().filter(|block| ["sh", "console"].contains(&block.language.as_str())) {
        for words in block.lines.iter().flat_map(|line| commands(line)) {
            count += 1;
            if let Err(why) = check(&words, &tasks) {
                wrong.push(format!("{}: {}: {why}", block.document, words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 60, "{count} commands");
    assert!(is_known_to_lmsync(&["no-such-command".to_owned()]).is_err());
    assert!(is_known_to_lmsync(&["sync".to_owned(), "--no-such-flag".to_owned()]).is_err());
}

#[test]
fn every_other_block_is_held_and_what_can_be_read_is_read() {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for block in blocks().iter().filter(|block| !["sh", "console"].contains(&block.language.as_str())) {
        let Block { document, language, lines } = block;
        let held = BLOCKS.iter().any(|(known, kind, _)| known == document && kind == language);
        assert!(held, "nothing says how the {language} block of {document} is held");
        let text = lines.join("\n");
        match language.as_str() {
            "json" => drop(
                serde_json::from_str::<Value>(&text)
                    .unwrap_or_else(|error| panic!("{document}: {error}: {text}")),
            ),
            "toml" => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("lmsync.toml");
                fs::write(&file, &text).unwrap();
                let mut command = Command::new(binary());
                command.args(["config", "--json"]).env("HOME", folder.path()).current_dir(folder.path());
                let output =
                    command.env("LMSYNC_CONFIG", &file).env("WORKSTATION_KEY", "x").output().unwrap();
                assert!(output.status.success(), "{document}: {}", String::from_utf8_lossy(&output.stderr));
            }
            _ => {}
        }
        shown.insert(format!("{document} {language}"), text);
    }
    for (document, language, _) in BLOCKS {
        assert!(shown.contains_key(&format!("{document} {language}")), "{document} has no {language} block");
    }
    assert_eq!(shown["README.md text"], shown["docs/DOCTOR.md text"]);
}

#[test]
fn readme_fits_a_few_screens_and_each_place_begins_with_what_to_type() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 180, "{}", readme.lines().count());
    let mut places = 0;
    for entry in fs::read_dir(root().join("docs/places")).unwrap() {
        let path = entry.unwrap().path();
        let (name, text) = (path.file_name().unwrap().to_str().unwrap(), fs::read_to_string(&path).unwrap());
        assert!(readme.contains(&format!("docs/places/{name}")), "README does not name {name}");
        let first = text.find("```").unwrap_or(usize::MAX);
        assert!(first < 400, "{name} begins with what to type");
        assert!(text.contains("**What was tried:**"), "{name} says what was tried");
        places += 1;
    }
    assert_eq!(places, 8);
}
