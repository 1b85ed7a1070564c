//! What lmsync reads in OpenClaw's configuration is what the real OpenClaw, the oldest and the newest, reads there.

mod cases;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::openclaw::OpenClaw;
use adapters_fs::{AgentFolder, ConfigProblem, OpenClawConfig, OpenClawFile};
use cases::{CASES, Case};
use domain::ModelId;
use domain::era::{Abilities, Era};
use serde::Deserialize;
use serde_json::{Value, json};

/// The provider that is asked for, and the models that its server offers.
const PROVIDER: &str = "lmstudio";
const IDS: [&str; 3] = ["qwen/qwen3-8b", "qwen/QWEN3-8b", "gemma-3"];

/// What OpenClaw made of a configuration.
#[derive(Debug, Deserialize)]
struct Answer {
    valid: bool,
    issues: Vec<String>,
    agents: Vec<AnsweredAgent>,
    port: Option<u16>,
    token: Option<String>,
    mode: Option<String>,
    #[serde(rename = "baseUrl")]
    base_url: Option<String>,
    /// Later versions alone tell.
    included: Option<BTreeSet<PathBuf>>,
}

#[derive(Debug, Deserialize)]
struct AnsweredAgent {
    id: String,
    folder: PathBuf,
    model: String,
    hidden: Vec<String>,
}

thread_local! {
    /// The variables that the configuration at hand may name.
    static VARIABLES: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

fn variable(name: &str) -> Option<String> {
    VARIABLES.with_borrow(|variables| variables.get(name).cloned())
}

#[tokio::test]
async fn the_newest_openclaw_reads_the_same() {
    both_read_the_same(&OpenClaw::newest()).await;
}

#[tokio::test]
async fn the_oldest_openclaw_reads_the_same() {
    both_read_the_same(&OpenClaw::oldest()).await;
}

/// Every configuration, read by this version of OpenClaw and by lmsync.
async fn both_read_the_same(openclaw: &OpenClaw) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let asked: Vec<Value> = CASES.iter().map(|case| lay_out(&root, case)).collect();
    let answers: Vec<Answer> = openclaw.read_configs(&json!(asked), &root).await;
    assert_eq!(answers.len(), CASES.len());
    let era = Era::for_gateway(&openclaw.version(), Abilities::default());
    assert_eq!(CASES[0].name, "empty", "which tells the model that OpenClaw takes by itself");
    let openclaws_own = answers[0].agents[0].model.as_str();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (case, answer) in CASES.iter().zip(&answers) {
        let home = root.join(case.name);
        let mut variables: BTreeMap<String, String> =
            case.environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        variables.insert("HOME".to_owned(), home.display().to_string());
        VARIABLES.set(variables);
        let read = OpenClawFile::new(home.join(".openclaw/openclaw.json"), variable).read_here();
        let read = read.map_err(|error| format!("{error}: {:?}", std::error::Error::source(&error)));
        match difference(read, answer, era, openclaws_own) {
            Ok(is_compared) => compared += usize::from(is_compared),
            Err(why) => wrong.push(format!("{}: {why}\n  {answer:?}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} reads otherwise:\n{}", openclaw.version(), wrong.join("\n"));
    // What OpenClaw refuses for its schema is not compared; most is not refused.
    assert!(compared * 2 > CASES.len(), "only {compared} could be compared in full");
}

/// Writes a case's files, and says what OpenClaw is asked.
fn lay_out(root: &Path, case: &Case) -> Value {
    let home = root.join(case.name);
    let state = home.join(".openclaw");
    for (name, text) in case.files {
        let path = state.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let environment: BTreeMap<&str, &str> = case.environment.iter().copied().collect();
    json!({ "home": home, "state": state, "env": environment, "provider": PROVIDER, "ids": IDS })
}

/// Whether the whole was compared: what OpenClaw refuses is compared in its reason alone.
fn difference(
    read: Result<OpenClawConfig, String>,
    answer: &Answer,
    era: &Era,
    openclaws_own: &str,
) -> Result<bool, String> {
    let same = |what: &str, is_same: bool, ours: &dyn std::fmt::Debug| {
        if is_same { Ok(()) } else { Err(format!("{what} is {ours:?} for lmsync")) }
    };
    if !answer.valid {
        return refusal(read, &answer.issues.join("; "), era).map(|()| false);
    }
    let config = read?;
    let settings = config.models(PROVIDER);
    let refused: Vec<ConfigProblem> = config.problems().into_iter().filter(|problem| refuses(problem, era)).collect();
    same("a refusal", refused.is_empty(), &refused)?;
    let bad: Vec<&str> = settings.allowlists.iter().flat_map(|list| list.refused()).collect();
    same("a refused entry", bad.is_empty(), &bad)?;
    let hints = config.gateway();
    same("the port", hints.port == answer.port, &hints.port)?;
    let token = hints.token.map(|token| token.expose().to_owned());
    same("the token", token == answer.token, &token)?;
    same("the mode", settings.replaces == (answer.mode.as_deref() == Some("replace")), &settings.replaces)?;
    let url = settings.entry.as_ref().and_then(|entry| entry.base_url.clone());
    // What is not known here is a reference for OpenClaw too, in the same environment.
    let is_same = url.as_ref().is_none_or(|url| url.value.is_none())
        && answer.base_url.as_ref().is_none_or(|url| url.contains("${"))
        || url.as_ref().and_then(|url| url.value.as_ref()) == answer.base_url.as_ref();
    same("the address", is_same, &url)?;
    if let Some(included) = &answer.included {
        let ours: BTreeSet<PathBuf> = config.included().iter().cloned().collect();
        same("what is included", ours == *included, &ours)?;
    }
    agents(&config, answer, era, openclaws_own)?;
    Ok(true)
}

/// The agents, their folders, their default models, and what is hidden from them.
fn agents(config: &OpenClawConfig, answer: &Answer, era: &Era, openclaws_own: &str) -> Result<(), String> {
    let roster = config.roster();
    let folder_of = |id: &str, folder: &AgentFolder, theirs: &Path| match folder {
        AgentFolder::Usual => theirs.ends_with(format!(".openclaw/agents/{id}/agent")),
        AgentFolder::At(path) => path == theirs,
        AgentFolder::Unknown { .. } => false,
    };
    let mut ours: Vec<&str> = roster.iter().map(|agent| agent.id.as_str()).collect();
    let mut theirs: Vec<&str> = answer.agents.iter().map(|agent| agent.id.as_str()).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    if ours != theirs {
        return Err(format!("lmsync knows the agents {ours:?}"));
    }
    let settings = config.models(PROVIDER);
    let models: Vec<&str> = settings.defaults.iter().filter_map(|default| default.model.value.as_deref()).collect();
    for theirs in &answer.agents {
        let agent = roster.iter().find(|agent| agent.id == theirs.id).unwrap();
        if !folder_of(&agent.id, &agent.folder, &theirs.folder) {
            return Err(format!("the folder of {} is {:?} for lmsync", agent.id, agent.folder));
        }
        if theirs.model != openclaws_own && !models.contains(&theirs.model.as_str()) {
            return Err(format!("lmsync knows the default models {models:?}"));
        }
        if theirs.model == openclaws_own && models.iter().any(|model| model.starts_with("lmstudio/")) {
            return Err(format!("lmsync knows the default models {models:?}"));
        }
    }
    let ids = IDS.map(|id| ModelId::new(id).unwrap());
    let hides = |list: &domain::Allowlist| {
        list.hides(PROVIDER, &ids, Some(era)).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let ours: BTreeSet<Vec<String>> =
        settings.allowlists.iter().map(hides).filter(|hidden| !hidden.is_empty()).collect();
    let theirs: BTreeSet<Vec<String>> =
        answer.agents.iter().map(|agent| agent.hidden.clone()).filter(|hidden| !hidden.is_empty()).collect();
    if ours == theirs { Ok(()) } else { Err(format!("lmsync finds hidden {ours:?}")) }
}

/// Whether that version refuses the configuration for it.
fn refuses(problem: &ConfigProblem, era: &Era) -> bool {
    matches!(problem, ConfigProblem::LateRefuses { .. }) && era.since.to_string() != "2026.2.12"
}

/// What OpenClaw refuses, lmsync refuses or names, where it is of a kind that lmsync reads. The rest is a matter of
/// OpenClaw's schema, about which lmsync says nothing.
fn refusal(read: Result<OpenClawConfig, String>, issues: &str, era: &Era) -> Result<(), String> {
    let speaks_of = |words: &[&str]| words.iter().any(|word| issues.contains(word));
    let named = match &read {
        Err(_) => true,
        Ok(config) if speaks_of(&["nclude"]) => config.problems().iter().any(|problem| refuses(problem, era)),
        Ok(config) if speaks_of(&["Missing env var"]) => config.problems().iter().any(
            |problem| matches!(problem, ConfigProblem::NotKnownHere { variable, .. } if issues.contains(variable)),
        ),
        Ok(config) if speaks_of(&["invalid model policy ref"]) => {
            config.allowlists().iter().any(|list| list.refused().next().is_some())
        }
        Ok(_) => true,
    };
    // And nothing is refused here that OpenClaw refuses for its schema alone.
    let is_known = read.is_ok() || speaks_of(&["nclude", "JSON5 parse failed"]);
    if named && is_known { Ok(()) } else { Err(format!("lmsync says nothing of the reason ({:?})", read.err())) }
}
