//! What the documents tell a person to type, and what they show, is so. Every block of README, CONTRIBUTING and `docs` is
//! held in one of the ways below; a new kind of block or program fails here until it has its own.

mod commands;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::Value;

use self::commands::{check, commands, is_known_to_lmsync, root, sources};
use crate::support::list_server::ListServer;
use crate::support::lmsync::{binary, lmsync};
use crate::support::world::World;

/// The blocks that are no commands, by document and language, and what holds each.
const BLOCKS: &[(&str, &str, &str)] = &[
    ("README.md", "text", "it is the one of docs/DOCTOR.md"),
    ("docs/DOCTOR.md", "text", "tests/doctor_host.rs"),
    ("docs/CONFIGURATION.md", "toml", "the program reads it, here"),
    ("docs/DEPLOYMENT.md", "json5", "tests/e2e_config.rs: headers in openclaw.json"),
    ("docs/INSTALL.md", "powershell", "not run: no PowerShell was at hand"),
    ("docs/LOG.md", "json", "tests/log.rs"),
    ("docs/MODELS.md", "json", "the program writes it, here"),
    ("docs/MONITORING.md", "yaml", "tests/metrics.rs"),
    ("docs/PLUGIN.md", "json", "the program reads it, here; tests/plugin.rs has the plugin itself"),
    ("docs/places/windows-wsl2.md", "ini", "not run: no Windows was at hand"),
    ("docs/places/windows-wsl2.md", "powershell", "it is the line of the doctor, here; no Windows was at hand"),
    ("docs/places/windows.md", "powershell", "not run: no PowerShell was at hand"),
];

struct Block {
    document: String,
    language: String,
    lines: Vec<String>,
}

/// README, CONTRIBUTING, SECURITY and all pages below `docs`: the path of each, and its text.
fn documents() -> Vec<(String, String)> {
    let mut documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned).to_vec();
    for folder in ["docs", "docs/places"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                documents.push(format!("{folder}/{name}"));
            }
        }
    }
    let read = |document: String| {
        let text = fs::read_to_string(root().join(&document)).unwrap();
        (document, text)
    };
    documents.into_iter().map(read).collect()
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (document, text) in documents() {
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

#[test]
fn every_command_is_one_that_there_is() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for block in blocks().iter().filter(|block| ["sh", "console"].contains(&block.language.as_str())) {
        for words in block.lines.iter().flat_map(|line| commands(line)) {
            count += 1;
            if let Err(why) = check(&words) {
                wrong.push(format!("{}: {}: {why}", block.document, words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 60, "{count} commands");
    assert!(is_known_to_lmsync(&["no-such-command".to_owned()]).is_err());
    assert!(is_known_to_lmsync(&["sync".to_owned(), "--no-such-flag".to_owned()]).is_err());
    for nonsense in
        ["cargo xtask no-such-task", "cargo xtask test nosuchsuite", "cargo test -p lmsync-domain no_such_test"]
    {
        let words: Vec<String> = nonsense.split(' ').map(str::to_owned).collect();
        assert!(check(&words).is_err(), "{nonsense}");
    }
}

/// The commands that stand in a sentence or a table, between backticks: `lmsync …`, also by npx or in a container, and
/// `cargo xtask …`. What is optional or to be filled in counts as given.
#[test]
fn every_command_in_a_sentence_is_one_that_there_is() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (document, text) in documents() {
        let prose: String = text.split("```").step_by(2).collect();
        // A command may go on in the next line.
        let prose = prose.replace('\n', " ");
        for span in prose.split('`').skip(1).step_by(2) {
            let words: Vec<String> = span
                .split_whitespace()
                .map(|word| word.trim_matches(['[', ']', '<', '>', '…']))
                .filter(|word| !word.is_empty() && *word != "npx")
                .map(|word| match word {
                    "COMMAND" => "sync".to_owned(),
                    "shell" => "bash".to_owned(),
                    _ => word.to_owned(),
                })
                .collect();
            let Some(program) = words.first() else { continue };
            if !["lmsync", "/lmsync", "cargo"].contains(&program.as_str()) || words.len() < 2 {
                continue;
            }
            count += 1;
            if let Err(why) = check(&words) {
                wrong.push(format!("{document}: {span}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 100, "{count} commands");
}

#[test]
fn each_command_has_its_row_and_each_page_its_line_in_the_index() {
    let help = Command::new(binary()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands: Vec<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"sync") && commands.contains(&"doctor"), "{commands:?}");
    let page = fs::read_to_string(root().join("docs/COMMANDS.md")).unwrap();
    for command in commands.iter().filter(|name| **name != "help") {
        assert!(page.contains(&format!("`lmsync {command}")), "docs/COMMANDS.md has no `lmsync {command}`");
    }
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    for (document, _) in documents() {
        let page = document.strip_prefix("docs/").filter(|page| *page != "README.md");
        if let Some(page) = page {
            assert!(index.contains(&format!("({page})")), "docs/README.md does not name {page}");
        }
    }
}

/// The only block of a document in a language.
fn block(document: &str, language: &str) -> String {
    let found = blocks().into_iter().find(|block| block.document == document && block.language == language);
    found.unwrap_or_else(|| panic!("{document} has no {language} block")).lines.join("\n")
}

/// A server that states nothing but an id, which OpenClaw reaches at another address than lmsync.
#[test]
fn the_entry_in_the_document_is_what_is_written() {
    let shown: Value = serde_json::from_str(&block("docs/MODELS.md", "json")).unwrap();
    let (world, server) = (World::with_openclaw(), ListServer::start(&["deepseek-r1-distill-qwen-7b"]));
    let mut command = lmsync(&world, server.base());
    command.arg("sync").env("OPENCLAW_GATEWAY_PORT", "9");
    command.env("LMSYNC_PROVIDER_BASE_URL", "http://host.docker.internal:1234/v1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    assert_eq!(shown, written);
}

#[test]
fn the_settings_of_the_plugin_in_the_document_are_read() {
    let world = World::new();
    fs::create_dir_all(world.state()).unwrap();
    fs::write(world.state().join("openclaw.json"), block("docs/PLUGIN.md", "json")).unwrap();
    let mut command = lmsync(&world, "");
    command.args(["config", "--json"]).env_remove("OPENAI_API_BASE").env("LMSTUDIO_KEY", "x");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = config.to_string();
    for (value, name) in [
        ("http://192.168.1.20:1234/v1", "OPENAI_API_BASE"),
        ("30s", "LMSYNC_INTERVAL"),
        ("plugin lmsync in", "OPENAI_API_KEY"),
    ] {
        assert!(text.contains(value), "{name}: {config:#}");
    }
}

/// The line that the doctor gives where Windows' firewall drops what comes from WSL, wherever it stands in its code.
#[test]
fn the_line_for_the_firewall_of_windows_is_the_doctors() {
    let source = sources(&root().join("crates/bin/src/doctor")).replace("{port}", "1234");
    // A string goes on after a backslash.
    let source = source.split_whitespace().filter(|word| *word != "\\").collect::<Vec<_>>().join(" ");
    let shown = block("docs/places/windows-wsl2.md", "powershell");
    assert!(source.replace("\\\"", "\"").contains(shown.trim()), "{shown}");
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
            "json" => {
                drop(serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{document}: {error}: {text}")))
            }
            "toml" => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("lmsync.toml");
                fs::write(&file, &text).unwrap();
                let mut command = Command::new(binary());
                command.args(["config", "--json"]).env("HOME", folder.path()).current_dir(folder.path());
                let output = command.env("LMSYNC_CONFIG", &file).env("WORKSTATION_KEY", "x").output().unwrap();
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
