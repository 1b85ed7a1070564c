//! What LM Studio says of its models reaches a running OpenClaw as it is, and a list that flickers never does.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant, SystemTime};

use crate::support::daemon::{Daemon, PICKER_SHOWS, REFRESHED};
use crate::support::gateway::Gateway;
use crate::support::lmsync::lmsync;
use crate::support::openclaw::OpenClaw;
use crate::support::running::Running;
use crate::support::scenarios::{SESSION, Stage, seconds};
use crate::support::studio::{Chat, Studio};
use crate::support::world::World;
use crate::support::{PATIENCE, figure};
use serde_json::{Value, json};
use simulator::{Call, LoggedRequest, Pace, Scenario, SimModel};

const VERSION: &str = "2026.9.6";

/// What these models can be loaded with at most, in tokens.
const MAX: u64 = 131_072;

/// Loaded with [`LOADED_WITH`] tokens.
const LOADED: &str = "qwen/qwen3-8b";
const LOADED_WITH: u64 = 32_768;

/// Not loaded: OpenClaw has it loaded before a turn, which must not fill the machine.
const UNLOADED: &str = "google/gemma-3-12b";
const UNLOADED_AT_MOST: u64 = 64_000;

/// What another server runs, and with how many tokens.
const SMALL: &str = "small-1b";
const SMALL_HAS: u64 = 16_384;

/// Deleted in the end.
const GONE: &str = "mistralai/devstral-small";

const INTERVAL: &str = "2s";

/// How long the list is empty: less than the minute after which that is believed.
const EMPTY_FOR: Duration = Duration::from_secs(30);

/// How long LM Studio then fails to list anything, in one way after another.
const FAILING_FOR: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_turn_asks_lm_studio_for_no_more_context_than_is_loaded() {
    // All that OpenClaw knows of the models is what models.json says.
    let mut stage = stage_with_metadata(|_| json!({})).await;
    let chats = turns_load_no_more_than_is_good(&mut stage).await;
    for chat in chats {
        assert_eq!((chat.max_tokens, chat.max_completion_tokens), (Some(8_192), None));
    }
}

#[tokio::test]
async fn a_turn_of_an_openclaw_that_also_asks_lm_studio_itself_asks_for_no_more_either() {
    let mut stage = stage_with_metadata(|base| {
        let provider = json!({ "baseUrl": base, "apiKey": "k", "api": "openai-completions", "models": [] });
        let models = json!({ "catalogRefresh": { "enabled": false }, "providers": { "lmstudio": provider } });
        json!({ "models": models })
    })
    .await;
    // On the very address that OpenClaw discovers models at itself, it takes `compat` from its own discovery alone
    // (`resolveCatalogOwnedModelCompat`), and so names the limit in its own way.
    for chat in turns_load_no_more_than_is_good(&mut stage).await {
        assert_eq!(chat.max_tokens.or(chat.max_completion_tokens), Some(8_192));
    }
}

#[tokio::test]
async fn a_long_conversation_with_a_model_of_16384_tokens_stays_within_them() {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[SMALL]).await);
    studio.world().scenario(Scenario::OtherServer);
    let list = json!({ "object": "list", "data": [{ "id": SMALL, "object": "model", "max_model_len": SMALL_HAS }] });
    studio.world().answer("/v1/models", 200, list.to_string());
    studio.world().pace(Pace { tokens: 300, ..Pace::default() });
    Running::start(lmsync(&world, &studio.base()).arg("sync")).finish(PATIENCE).await.success();
    let file: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    let row = &file["providers"]["lmstudio"]["models"][0];
    let limits = ["contextWindow", "contextTokens", "maxTokens"].map(|field| row[field].as_u64().unwrap());
    assert_eq!(limits, [SMALL_HAS, SMALL_HAS, 8_192]);

    let gateway = Gateway::start(&openclaw, &world, json!({}), &[("LM_API_TOKEN", "lm-studio")]).await;
    let mut client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    client.chat(SESSION, &format!("/model lmstudio/{SMALL}")).await;
    let question = "The quick brown fox jumps over the lazy dog. ".repeat(20);
    for number in 0..8 {
        let turn = client.chat(SESSION, &format!("{number}. {question}")).await;
        assert_eq!(turn.state, "final", "{turn:?}\n{}", gateway.transcript());
    }

    // OpenClaw sums up what was said, between turns, by requests that have no tools.
    let chats = studio.chats();
    assert!(chats.len() > 8, "nothing was ever too long: {chats:#?}");
    let tokens = |chat: &Chat| {
        let answer = chat.max_tokens.or(chat.max_completion_tokens).expect("a limit of the answer");
        // Tokenizers make one token of more characters than that, see the simulator.
        chat.characters as u64 / 4 + answer
    };
    let most = chats.iter().map(tokens).max().unwrap();
    let what = format!("{VERSION}: the largest of {} requests to a model of {SMALL_HAS} tokens", chats.len());
    figure(&what, format!("{most} tokens, the answer included"), &format!("{SMALL_HAS}"));
    assert!(most <= SMALL_HAS, "{chats:#?}");
}

/// An OpenClaw, beside an LM Studio whose models lmsync has put into models.json.
async fn stage_with_metadata(config: impl FnOnce(&str) -> Value) -> Stage {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[]).await);
    studio.world().set_models([
        SimModel::chat(LOADED).max_context(MAX).loaded(LOADED_WITH),
        SimModel::chat(UNLOADED).max_context(MAX),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ]);
    Running::start(lmsync(&world, &studio.base()).arg("sync")).finish(PATIENCE).await.success();
    both_registries_accept(&world).await;
    let config = config(&studio.base());
    let gateway = Gateway::start(&openclaw, &world, config, &[("LM_API_TOKEN", "lm-studio")]).await;
    let client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    Stage { version: VERSION, world, studio, gateway, client }
}

/// Has a turn with each model: what each sent.
async fn turns_load_no_more_than_is_good(stage: &mut Stage) -> Vec<Chat> {
    let shown = rows(stage, true).await;
    for (id, tokens) in [(LOADED, LOADED_WITH), (UNLOADED, UNLOADED_AT_MOST)] {
        let row = shown.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id}: {shown:#?}"));
        assert_eq!(row["contextWindow"], MAX, "the true window: {row}");
        // It says what it works with where it says anything about it.
        assert!(row["contextTokens"].is_null() || row["contextTokens"] == tokens, "{row}");
        let contexts = format!("window {}, tokens {}", row["contextWindow"], row["contextTokens"]);
        figure(&format!("{VERSION}: models.list of {id}"), contexts, &format!("{MAX}, {tokens} or null"));

        let chosen = stage.client.chat(SESSION, &format!("/model lmstudio/{id}")).await;
        assert_eq!(chosen.state, "final", "{chosen:?}");
        let turn = stage.client.chat(SESSION, "Say something.").await;
        assert_eq!(turn.state, "final", "{turn:?}\n{}", stage.gateway.transcript());
        assert!(turn.text.contains("tok4"), "the whole answer came back: {turn:?}");
    }
    assert_eq!(shown.len(), 2, "an embedding model is not offered for chats: {shown:#?}");

    let loads = loads(&stage.studio.world().requests());
    figure(&format!("{VERSION}: loaded by OpenClaw before a turn"), format!("{loads:?}"), "64000 at most");
    // That it has any model loaded shows that it would have any.
    assert_eq!(loads, [(UNLOADED.to_owned(), UNLOADED_AT_MOST)], "one is loaded with enough already");
    let chats = stage.studio.chats();
    assert_eq!(chats.iter().map(|chat| chat.model.as_deref()).collect::<Vec<_>>(), [Some(LOADED), Some(UNLOADED)]);
    chats
}

#[tokio::test]
async fn no_model_leaves_the_picker_while_the_list_flickers_and_one_that_is_gone_does() {
    let (openclaw, world) = (OpenClaw::newest(), World::new());
    let studio = Studio::start(&[]).await;
    // LM Studio lists its own embedding model first while it starts.
    studio.world().set_models([
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
        SimModel::chat(LOADED).loaded(LOADED_WITH),
        SimModel::chat(UNLOADED),
        SimModel::chat(GONE),
    ]);
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[("LM_API_TOKEN", "lm-studio")]).await;
    let client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    let mut stage = Stage { version: VERSION, world, studio, gateway, client };
    let mut daemon = stage.daemon(INTERVAL);
    while picker(&mut stage, false).await != all() {
        daemon.wait_for(PICKER_SHOWS).await;
    }

    // Its embedding model alone, which is as good as nothing; then part of the rest.
    for (part, told) in
        [(1, "lists no model to chat with; what is known stays"), (2, "missing from its list; asking again")]
    {
        stage = a_restart_lists_part_at_first(stage, &mut daemon, part, told).await;
    }
    // Time of failures is not time of empty lists: the two together are more than the minute after which an empty
    // list is believed.
    stays_during(&mut stage, Scenario::EmptyList, EMPTY_FOR).await;
    for failure in [Scenario::ServerError, Scenario::ErrorBody, Scenario::NotJson, Scenario::ResetMidBody] {
        stays_during(&mut stage, failure, FAILING_FOR / 4).await;
    }
    stays_during(&mut stage, Scenario::EmptyList, Duration::ZERO).await;
    stays_during(&mut stage, Scenario::Normal, Duration::ZERO).await;
    let log = daemon.transcript();
    let removals = log.lines().filter(|line| line.contains(REFRESHED) && !line.contains(r#""removed_count":0,"#));
    assert_eq!(removals.collect::<Vec<_>>(), Vec::<&str>::new());

    one_that_is_gone_leaves_the_picker(&mut stage, &mut daemon).await;
    daemon.stop().await;
}

/// Nobody listens until lmsync has noticed; then one list is short, which lmsync tells of, and the next is whole.
async fn a_restart_lists_part_at_first(mut stage: Stage, daemon: &mut Daemon, part: usize, told: &str) -> Stage {
    let down = daemon.wait_for("does not list its models");
    let Stage { studio, .. } = stage;
    stage.studio = studio.restart(down, |world| world.scenario(Scenario::PartialList(part))).await;
    daemon.wait_for(told).await;
    stage.studio.world().scenario(Scenario::Normal);
    assert_eq!(picker(&mut stage, true).await, all(), "while {part} of the models are listed");
    stays_during(&mut stage, Scenario::Normal, Duration::ZERO).await;
    stage
}

/// Answers like this for so long: at each pass all models are in the picker, and after the last one too.
async fn stays_during(stage: &mut Stage, scenario: Scenario, time: Duration) {
    let (shown, began) = (format!("{scenario:?}"), SystemTime::now());
    stage.studio.world().scenario(scenario);
    let (mut passes, mut lasted) = (0_u32, Duration::ZERO);
    // A pass has done what it does when the next one asks.
    while passes < 2 || lasted < time {
        let asked = stage.studio.listing(SystemTime::now()).await;
        assert_eq!(picker(stage, true).await, all(), "{shown}, after {passes} passes");
        passes += 1;
        lasted = asked.duration_since(began).unwrap_or_default();
    }
    if !time.is_zero() {
        let what = format!("{VERSION}: {shown} for {}, all models in the picker at", seconds(lasted));
        figure(&what, format!("{passes} of {passes} passes"), "all");
    }
}

async fn one_that_is_gone_leaves_the_picker(stage: &mut Stage, daemon: &mut Daemon) {
    // Right after a pass, which is the longest wait.
    stage.studio.listing(SystemTime::now()).await;
    let removed = Instant::now();
    stage.studio.world().remove(GONE);
    daemon.wait_for_change("removed", GONE).await;
    while picker(stage, false).await.contains(GONE) {
        daemon.wait_for(PICKER_SHOWS).await;
    }
    let took = removed.elapsed();
    figure(&format!("{VERSION}: a model deleted in LM Studio leaves the picker (interval 2 s)"), seconds(took), "5 s");
    let mut rest = all();
    rest.remove(GONE);
    assert_eq!(picker(stage, true).await, rest);
}

/// The chat models' ids.
fn all() -> BTreeSet<String> {
    [LOADED, UNLOADED, GONE].map(str::to_owned).into()
}

/// The ids that the gateway's picker shows; `refresh` has it read models.json again, as a person's `/models` may.
async fn picker(stage: &mut Stage, refresh: bool) -> BTreeSet<String> {
    rows(stage, refresh).await.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The rows of our provider in the gateway's `models.list`.
async fn rows(stage: &mut Stage, refresh: bool) -> Vec<Value> {
    let params = json!({ "view": "all", "provider": "lmstudio", "refresh": refresh });
    let mut list = stage.client.call("models.list", params).await.unwrap_or_else(|error| panic!("{error}"));
    let Value::Array(rows) = list["models"].take() else { panic!("{list}") };
    rows.into_iter().filter(|row| row["provider"] == "lmstudio").collect()
}

/// What LM Studio was asked to load, and with how many tokens.
fn loads(requests: &[LoggedRequest]) -> Vec<(String, u64)> {
    let load = |request: &LoggedRequest| match request.call.clone() {
        Some(Call::Load { model, context_length }) => Some((model?, context_length.unwrap_or(u64::MAX))),
        _ => None,
    };
    requests.iter().filter_map(load).collect()
}

/// Both versions accept the file, and understand the window of each model in it.
async fn both_registries_accept(world: &World) {
    let file: Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    let written = file["providers"]["lmstudio"]["models"].as_array().unwrap();
    let contexts = |id: &str| {
        let row = written.iter().find(|row| row["id"] == id).unwrap();
        (row["contextWindow"].as_u64(), row["contextTokens"].as_u64())
    };
    assert_eq!(contexts(LOADED), (Some(MAX), Some(LOADED_WITH)));
    assert_eq!(contexts(UNLOADED), (Some(MAX), Some(UNLOADED_AT_MOST)));
    for openclaw in [OpenClaw::newest(), OpenClaw::oldest()] {
        let registry = openclaw.registry(&world.models_json()).await;
        assert_eq!(registry.error, None, "{}", openclaw.version());
        let windows: Vec<_> = registry.models.iter().map(|model| (model.id.as_str(), model.context_window)).collect();
        assert_eq!(windows, [(LOADED, MAX), (UNLOADED, MAX)], "{}", openclaw.version());
    }
}
