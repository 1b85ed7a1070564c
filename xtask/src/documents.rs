//! What is asked of the documents: links that lead somewhere, headings that are there, form and spelling. The checkers
//! are those of a registry; no address outside of the repository is asked.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::tools::Tool;
use crate::workspace::{Workspace, ci};

/// Where each checker's rules are, below the root.
const FORM: &str = "xtask/src/documents/markdownlint.json";
const SPELLING: &str = "xtask/src/documents/cspell.json";

/// Checks every document that git knows.
///
/// # Errors
/// What is wrong, as the checkers say it; or, in CI, that they cannot be had.
pub(crate) fn check(workspace: &Workspace) -> Result<(), String> {
    let root = workspace.root();
    let found = [Tool::Node, Tool::Markdownlint, Tool::MarkdownLinks, Tool::Spelling]
        .into_iter()
        .map(|tool| tool.locate(workspace))
        .collect::<Result<Vec<_>, String>>();
    let tools = match found {
        Ok(tools) => tools,
        Err(why) if ci() => return Err(why),
        Err(why) => {
            println!("note: the documents were not checked: {why}");
            return Ok(());
        }
    };
    let [node, markdownlint, links, spelling] = &tools[..] else {
        return Err("four tools were asked for".into());
    };
    let documents = documents(root)?;
    let config = workspace.target().join("documents.markdownlint-cli2.jsonc");
    let rules = json!({ "config": { "extends": root.join(FORM) }, "customRules": [links], "noBanner": true });
    std::fs::write(&config, rules.to_string()).map_err(|error| error.to_string())?;
    let run = |script: &Path, arguments: &[&str]| -> Result<(), String> {
        let mut command = Command::new(node);
        let output = command.arg(script).args(arguments).args(&documents).current_dir(root).output();
        let output = output.map_err(|error| format!("cannot run node: {error}"))?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    };
    run(markdownlint, &["--config", &config.to_string_lossy()])?;
    run(spelling, &["--config", SPELLING, "--no-progress", "--no-summary"])
        .map_err(|said| format!("{said}a word that is right belongs into {SPELLING}"))
}

fn documents(root: &Path) -> Result<Vec<String>, String> {
    let listed = Command::new("git").args(["ls-files", "*.md"]).current_dir(root).output();
    let listed = listed.map_err(|error| format!("cannot run git: {error}"))?;
    let listed: Vec<String> = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
    if listed.is_empty() { Err("git knows no document".into()) } else { Ok(listed) }
}
