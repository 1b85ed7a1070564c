//! What lmsync writes for a server that others wrote is what the real OpenClaw registries then show.

use std::collections::BTreeMap;

use crate::support::PATIENCE;
use crate::support::aimock::Aimock;
use crate::support::lmsync::lmsync;
use crate::support::openclaw::{Accepted, OpenClaw};
use crate::support::running::Running;
use crate::support::world::World;
use rustix::process::Signal;
use serde_json::Value;

/// Ids as LM Studio makes them, and whether they say that the model reasons.
const SERVED: [(&str, bool); 7] = [
    ("qwen/qwen3-8b@q4_k_m", false),
    ("日本語/モデル-7b", false),
    ("llama-3.2-1b-instruct:2", false),
    ("deepseek-r1-distill-qwen-7b", true),
    ("microsoft/Phi-4-Reasoning-plus", true),
    ("openai/gpt-oss-20b", false),
    ("text-embedding-nomic-embed-text-v1.5", false),
];

/// One that is downloaded later.
const ADDED: (&str, bool) = ("qwen/qwen3-4b-THINKING-2507", true);

fn ids(models: &[(&'static str, bool)]) -> Vec<&'static str> {
    models.iter().map(|(id, _)| *id).collect()
}

#[tokio::test]
async fn one_pass_puts_the_servers_models_into_both_registries() {
    let world = World::new();
    let server = Aimock::start(&world, &ids(&SERVED)).await;
    Running::start(lmsync(&world, server.base()).arg("sync")).finish(PATIENCE).await.success();
    assert_eq!(world.ids(), ids(&SERVED), "the server's order");
    both_registries_show(&world, server.base(), &SERVED).await;
    early_command_line_shows(&world, &SERVED).await;
}

#[tokio::test]
async fn a_model_added_while_the_daemon_watches_reaches_both_registries() {
    let world = World::new();
    let mut server = Aimock::start(&world, &ids(&SERVED)).await;
    let mut daemon = Running::start(lmsync(&world, server.base()).arg("run").env("LMSYNC_INTERVAL", "200ms"));
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    assert_eq!(world.ids(), ids(&SERVED));

    let mut models = SERVED.to_vec();
    models.insert(1, ADDED);
    server.serve(&ids(&models)).await;
    let line = daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    assert!(line.contains(ADDED.0), "the log names what was added: {line}");

    daemon.signal(Signal::TERM);
    assert_eq!(daemon.finish(PATIENCE).await.status.code(), Some(0), "it was asked to stop");
    both_registries_show(&world, server.base(), &models).await;
    early_command_line_shows(&world, &models).await;
}

/// Both versions accept the file, and show these models and no other as our provider's.
async fn both_registries_show(world: &World, base: &str, models: &[(&str, bool)]) {
    for openclaw in [OpenClaw::newest(), OpenClaw::oldest()] {
        let registry = openclaw.registry(&world.models_json()).await;
        assert_eq!(registry.error, None);
        let shown: BTreeMap<&str, &Accepted> = registry.models.iter().map(|model| (model.id.as_str(), model)).collect();
        assert_eq!(registry.models.len(), models.len(), "each once: {:?}", shown.keys());
        for (id, reasoning) in models {
            let model = shown.get(id).unwrap_or_else(|| panic!("{id} is missing: {:?}", shown.keys()));
            assert_eq!((model.name.as_str(), model.reasoning), (*id, *reasoning));
            assert_eq!((model.context_window, model.max_tokens), (128_000, 8_192), "{id}");
            assert_eq!((model.base_url.as_str(), model.api.as_str()), (base, "openai-completions"), "{id}");
            assert_eq!(model.input, ["text"], "{id}");
        }
    }
}

/// What a person sees who asks the early version on the command line.
async fn early_command_line_shows(world: &World, models: &[(&str, bool)]) {
    let list = ["models", "list", "--all", "--provider", "lmstudio", "--json"];
    let answer = OpenClaw::oldest().cli(world, &list).await.success();
    let answer: Value =
        serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {}", answer.stdout));
    let mut shown: Vec<&str> =
        answer["models"].as_array().unwrap().iter().map(|model| model["key"].as_str().unwrap()).collect();
    let mut expected: Vec<String> = models.iter().map(|(id, _)| format!("lmstudio/{id}")).collect();
    shown.sort_unstable();
    expected.sort_unstable();
    assert_eq!(shown, expected);
}
