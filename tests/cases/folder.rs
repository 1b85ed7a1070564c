//! Every file of this folder, which people's servers and OpenClaw's configurations are like, and what is right for it.
//!
//! The number of a file is that of the kind of report that it shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use simulator::Scenario;

use super::incomplete::{answer, run};
use super::stated::{gives, unknown};
use crate::support::doctor;
use crate::support::studio::Studio;
use crate::support::world::World;

const QWEN: &str = "Qwen/Qwen3-Coder-30B-A3B-Instruct";
const GEMMA: &str = "gemma-4-12b-it-Q4_K_XL.gguf";
const OPUS: &str = "claude-opus-4.6-1m";
const LEMONADE: &str = "Qwen3.5-35B-A3B-GGUF";
const INSTANCES: &str = "17-lmstudio-two-instances-v1.json";

/// What is right for a file.
enum Right {
    /// A list: its models' rows (see `gives`), and the ids that are left out, each with the reason.
    Rows(Vec<Value>, &'static [(&'static str, &'static str)]),
    /// LM Studio's own answer to `/api/v1/models`, beside this file with its OpenAI list: the rows.
    Beside(&'static str, Vec<Value>),
    /// An empty list: it removes nothing until it has lasted.
    Empty,
    /// No list, with this status: the command ends with the exit code 69 and these words, and nothing is removed.
    NoList(u16, &'static str),
    /// An openclaw.json.
    OpenClaw(Scene),
}

/// What an openclaw.json leads to, beside a server that offers `a`.
#[derive(Default)]
struct Scene {
    /// Other files of the state folder.
    beside: &'static [(&'static str, &'static str)],
    /// Variables of the environment. `BASE` is the server's address.
    environment: &'static [(&'static str, &'static str)],
    /// The agents' folders in which models.json is written, below the home folder; no other is made.
    folders: &'static [&'static str],
    /// Findings of the doctor: severity, check, words of its sentence.
    findings: &'static [(&'static str, &'static str, &'static str)],
}

/// For each file what is right; a file may stand in more than one scene.
fn table() -> Vec<(&'static str, Right)> {
    [servers(), configurations()].into_iter().flatten().collect()
}

fn servers() -> Vec<(&'static str, Right)> {
    let rows = |rows: Vec<Value>| Right::Rows(rows, &[]);
    let unknowns = |ids: &[&str]| rows(ids.iter().map(|id| unknown(id)).collect());
    let images = json!(["text", "image"]);
    vec![
        (
            "01-vllm-max-model-len.json",
            rows(vec![
                json!([QWEN, QWEN, 32_768, 32_768, 8_192, ["text"], false]),
                json!(["sql-lora", "sql-lora", 32_768, 32_768, 8_192, ["text"], false]),
            ]),
        ),
        (
            "02-llama-server-single-multimodal.json",
            rows(vec![json!([GEMMA, GEMMA, 131_072, 16_384, 8_192, images, false])]),
        ),
        (
            "04-llama-server-loading-503.json",
            Right::NoList(503, "is there, and not ready yet: HTTP 503: the server says: Loading model"),
        ),
        (
            "05-ollama-v1.json",
            unknowns(&[
                "qwen3:8b",
                "nomic-embed-text:latest",
                "gpt-oss:120b-cloud",
                "hf.co/unsloth/Qwen3-30B-A3B-GGUF:Q4_K_M",
            ]),
        ),
        ("06-ollama-empty-data-null.json", Right::Empty),
        (
            "07-together-bare-array.json",
            Right::Rows(
                vec![json!([
                    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                    "Meta Llama 3.3 70B Instruct Turbo",
                    131_072,
                    131_072,
                    8_192,
                    ["text"],
                    false
                ])],
                &[("black-forest-labs/FLUX.1-schnell", "an image model")],
            ),
        ),
        (
            "08-litellm-limits-and-wildcards.json",
            Right::Rows(
                vec![
                    json!(["local-qwen3", "local-qwen3", 32_768, 32_768, 4_096, ["text"], false]),
                    json!([OPUS, OPUS, 1_000_000, 1_000_000, 128_000, ["text"], false]),
                    unknown("text-embedding-3-small"),
                ],
                &[("*", "a pattern"), ("openai/*", "a pattern")],
            ),
        ),
        (
            "09-localai-all-kinds.json",
            unknowns(&[
                "gemma-4-e2b-it-qat-q4_0",
                "gpt-4",
                "stablediffusion",
                "whisper-1",
                "tts-1",
                "text-embedding-ada-002",
                "jina-reranker-v1-base-en",
                "silero-vad",
                "all-minilm-l6-v2",
                "kokoro",
                "dreamshaper",
            ]),
        ),
        (
            "10-llama-swap-peers-and-meta.json",
            rows(vec![
                json!(["qwen3.5-4b:instruct-reasoning", "Qwen 3.5 4B", 131_072, 131_072, 8_192, images, true]),
                unknown("llama-swap-self: gpt-4o-mini"),
            ]),
        ),
        ("11-textgen-dummy.json", unknowns(&["gpt-3.5-turbo", "text-embedding-ada-002"])),
        (
            "15-lemonade.json",
            Right::Rows(
                vec![json!([LEMONADE, LEMONADE, 16_384, 16_384, 8_192, images, true])],
                &[
                    ("nomic-embed-text-v1-GGUF", "an embedding model"),
                    ("SD-Turbo", "an image model"),
                    ("kokoro-v1", "a speech model"),
                    ("Whisper-Large-v3", "a transcription model"),
                    ("bge-reranker-v2-m3-GGUF", "a reranking model"),
                ],
            ),
        ),
        (INSTANCES, unknowns(&["qwen/qwen3-8b", "qwen/qwen3-8b:2", "text-embedding-nomic-embed-text-v1.5"])),
        (
            "17-lmstudio-two-instances-api-v1.json",
            // Either instance may answer for the plain key, so that it has the smaller context.
            Right::Beside(
                INSTANCES,
                ["qwen/qwen3-8b", "qwen/qwen3-8b:2"]
                    .map(|id| json!([id, "Qwen3 8B", 40_960, 4_096, 4_096, ["text"], false]))
                    .to_vec(),
            ),
        ),
        ("21-jan.json", unknowns(&["Jan-v1-4B-Q4_K_M"])),
        (
            "22-open-webui.json",
            rows(vec![
                unknown("qwen3:8b"),
                json!(["arena-model", "Arena Model", 128_000, null, 8_192, ["text"], false]),
            ]),
        ),
        ("52-gpt4all-ids-with-spaces.json", unknowns(&["Llama 3 8B Instruct", "Reasoner v1"])),
        (
            "54-entries-without-id.json",
            Right::NoList(200, r#"none of its 2 entries has a usable "id": the first has "name", "model" instead"#),
        ),
    ]
}

fn configurations() -> Vec<(&'static str, Right)> {
    vec![
        (
            "35-openclaw-default-agent-not-main.json",
            Right::OpenClaw(Scene {
                folders: &[".openclaw/agents/coder/agent", ".openclaw/agents/jarvis/agent"],
                ..Scene::default()
            }),
        ),
        ("36-openclaw-agentdir.json", Right::OpenClaw(Scene { folders: &["work-agent/agent"], ..Scene::default() })),
        (
            "38-openclaw-nested-include.json",
            Right::OpenClaw(Scene {
                beside: &[
                    (
                        "config/agents.json5",
                        "{list: [{id: 'jarvis', default: true}], defaults: {model: 'lmstudio/a'}, // mine\n}",
                    ),
                    ("config/m.json5", "[]"),
                ],
                folders: &[".openclaw/agents/jarvis/agent"],
                findings: &[
                    ("good", "openclaw.config", "is read, with 2 files that it includes"),
                    ("good", "openclaw.default-model", "the default model is lmstudio/a"),
                    ("warning", "openclaw.provider", "another address than models.json: http://127.0.0.1:1234/v1"),
                ],
                ..Scene::default()
            }),
        ),
        (
            "38-openclaw-root-include.json",
            Right::OpenClaw(Scene {
                beside: &[
                    ("config/agents.json", r#"{"agents": {"list": [{"id": "jarvis"}]}}"#),
                    ("config/models.json", r#"{"models": {"mode": "replace"}}"#),
                ],
                folders: &[".openclaw/agents/jarvis/agent"],
                findings: &[("failure", "openclaw.mode", "replace")],
                ..Scene::default()
            }),
        ),
        (
            "39-openclaw-env-references.json",
            Right::OpenClaw(Scene {
                environment: &[("LMSTUDIO_URL", "BASE"), ("LMSTUDIO_API_KEY", "k")],
                folders: &[".openclaw/agents/main/agent"],
                findings: &[("good", "openclaw.provider", "overrides nothing")],
                ..Scene::default()
            }),
        ),
        (
            "39-openclaw-env-references.json",
            Right::OpenClaw(Scene {
                folders: &[".openclaw/agents/main/agent"],
                findings: &[("good", "openclaw.provider", "is not known here: it refers to LMSTUDIO_URL")],
                ..Scene::default()
            }),
        ),
        (
            "50-openclaw-agents-entries.json",
            Right::OpenClaw(Scene {
                folders: &[".openclaw/agents/main/agent"],
                findings: &[
                    ("failure", "openclaw.default-model", "agents.entries.main.model is lmstudio/not-there"),
                    ("failure", "openclaw.allowlist", "agents.entries.main.modelPolicy.allow allows other"),
                ],
                ..Scene::default()
            }),
        ),
    ]
}

#[tokio::test]
async fn each_file_gives_what_is_right_for_it() {
    for (name, right) in table() {
        let (world, studio) = (World::new(), Studio::start(&["a"]).await);
        studio.world().scenario(Scenario::OtherServer);
        match right {
            Right::Rows(rows, left_out) => {
                answer(&studio, read(name));
                gives(name, &world, &studio, &rows, left_out).await;
            }
            Right::Beside(openai, rows) => {
                studio.world().scenario(Scenario::Normal);
                answer(&studio, read(openai));
                studio.world().answer("/api/v1/models", 200, read(name));
                gives(name, &world, &studio, &rows, &[]).await;
            }
            Right::Empty => {
                let told = a_model_stays(name, &world, &studio, 200, 0).await;
                let held = json!([{ "id": "known", "reason": "list-empty" }]);
                assert_eq!(told["servers"][0]["held"], held, "{name}: {told:#}");
            }
            Right::NoList(status, words) => {
                let told = a_model_stays(name, &world, &studio, status, 69).await;
                let error = told["servers"][0]["error"].as_str().unwrap_or_default();
                assert!(error.contains(words), "{name}: {told:#}");
            }
            Right::OpenClaw(scene) => is_followed(name, &scene, &world, &studio).await,
        }
    }
}

#[test]
fn no_file_is_without_its_right_value() {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name.ends_with(".json")).collect();
    let rows: BTreeSet<String> = table().iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, rows);
}

/// With this answer, `sync --json` ends with this exit code, and the model that is there stays.
async fn a_model_stays(name: &str, world: &World, studio: &Studio, status: u16, code: i32) -> Value {
    answer(studio, r#"{"data":[{"id":"known"}]}"#);
    run(world, studio, &["sync"]).await.success();
    studio.world().answer("/v1/models", status, read(name));
    let finished = run(world, studio, &["sync", "--json"]).await;
    assert_eq!(finished.status.code(), Some(code), "{name}: {}", finished.stderr);
    assert_eq!(world.ids(), ["known"], "{name}");
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{name}: {error}: {}", finished.stdout))
}

/// With this openclaw.json, the models are where OpenClaw reads them, and the doctor finds what there is.
async fn is_followed(name: &str, scene: &Scene, world: &World, studio: &Studio) {
    answer(studio, r#"{"data":[{"id":"a"}]}"#);
    let text = read(name);
    for (file, text) in scene.beside.iter().copied().chain([("openclaw.json", text.as_str())]) {
        let file = world.state().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let base = studio.base();
    let environment: Vec<(&str, &str)> = scene
        .environment
        .iter()
        .map(|&(variable, value)| (variable, if value == "BASE" { base.as_str() } else { value }))
        .collect();
    doctor::run(world, &base, &["sync"], &environment).await.success();
    let mut written = Vec::new();
    written_below(world.home(), &mut written);
    let mut expected: Vec<PathBuf> =
        scene.folders.iter().map(|folder| world.home().join(folder).join("models.json")).collect();
    written.sort();
    expected.sort();
    assert_eq!(written, expected, "{name}");
    for file in written {
        let file: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(file["providers"]["lmstudio"]["models"][0]["id"], "a", "{name}");
    }
    let found = doctor::doctor(world, &base, &environment).await;
    for (severity, check, words) in scene.findings {
        found.finds(severity, check, words, "");
    }
}

/// Every models.json below a folder.
fn written_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written_below(&path, found);
        } else if path.ends_with("models.json") && !path.ends_with("config/models.json") {
            found.push(path);
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
