//! What openclaw.json can do to the models of models.json.

use super::support::doctor::{Told, doctor};
use super::{simulator, synced, write};

/// What is found with this openclaw.json and a server that offers `qwen/qwen3-8b` and `gemma-3`.
async fn told(openclaw_json: &str) -> Told {
    let simulator = simulator(&["qwen/qwen3-8b", "gemma-3"]).await;
    let world = synced(&simulator, openclaw_json).await;
    let openclaw_json = openclaw_json.replace("BASE", &simulator.base_url());
    write(&world.state().join("openclaw.json"), &openclaw_json);
    doctor(&world, &simulator.base_url(), &[]).await
}

#[tokio::test]
async fn a_file_that_is_no_json5() {
    let told = told("{ gateway: { auth: { token: 'hunter2' oops } } }").await;
    told.finds("failure", "openclaw.config", "is not JSON5, line 1", "openclaw config validate");
    assert!(!told.json.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_mode_that_leaves_models_json_out() {
    let told = told("{models: {mode: 'replace'}}").await;
    told.finds("failure", "openclaw.mode", "replace", "openclaw config set models.mode merge");
}

#[tokio::test]
async fn an_entry_that_clobbers_ours_in_an_early_version() {
    let early = "{meta: {lastTouchedVersion: '2026.2.12'}, models: {providers: {lmstudio: {baseUrl: 'BASE', models: []}}}}";
    let found = told(early).await;
    found.finds(
        "failure",
        "openclaw.provider",
        "puts that over",
        "openclaw config unset models.providers.lmstudio",
    );
    let late = told(&early.replace("2026.2.12", "2026.9.6")).await;
    late.finds("good", "openclaw.provider", "overrides nothing", "");
}

#[tokio::test]
async fn an_entry_that_overrides_ours_in_a_late_version() {
    let entry = |entry: &str| {
        format!("{{meta: {{lastTouchedVersion: '2026.9.6'}}, models: {{providers: {{lmstudio: {entry}}}}}}}")
    };
    told(&entry("{baseUrl: 'http://10.0.0.9:1234/v1', apiKey: 'x', models: []}")).await.finds(
        "warning",
        "openclaw.provider",
        "another address",
        "openclaw config set models.providers.lmstudio.baseUrl",
    );
    told(&entry("{baseUrl: 'BASE', apiKey: 'x', models: [{id: 'gone', name: 'gone'}]}")).await.finds(
        "warning",
        "openclaw.provider",
        "does not offer: gone",
        "models.providers.lmstudio.models '[]'",
    );
    told(&entry("{baseUrl: 'BASE', apiKey: 'x', models: [{id: 'gemma-3', name: 'mine'}]}")).await.finds(
        "warning",
        "openclaw.provider",
        "describes gemma-3 by itself",
        "models.providers.lmstudio.models '[]'",
    );
}

#[tokio::test]
async fn a_version_that_needs_the_models_in_its_configuration() {
    let simulator = simulator(&["a"]).await;
    let world = synced(&simulator, "{meta: {lastTouchedVersion: '2026.7.1'}}").await;
    // As that version leaves it.
    write(&world.models_json(), r#"{"providers": {}}"#);
    let told = doctor(&world, &simulator.base_url(), &[]).await;
    told.finds("failure", "openclaw.provider", "have to stand in openclaw.json", "lmsync sync").finds(
        "good",
        "models-json.current",
        "keeps no models of ours",
        "",
    );
}

#[tokio::test]
async fn allowlists_that_hide_models() {
    told("{agents: {defaults: {modelPolicy: {allow: ['anthropic/*']}}}}").await.finds(
        "failure",
        "openclaw.allowlist",
        "hides qwen/qwen3-8b, gemma-3",
        "\"lmstudio/*\"",
    );
    told("{agents: {defaults: {models: {'lmstudio/gemma-3': {}}}}}").await.finds(
        "warning",
        "openclaw.allowlist",
        "hides qwen/qwen3-8b",
        "\"lmstudio/qwen/qwen3-8b\": {}",
    );
    told("{agents: {defaults: {modelPolicy: {allow: ['lmstudio/*']}}}}").await.works().finds(
        "good",
        "openclaw.allowlist",
        "lets the models through",
        "",
    );
}

#[tokio::test]
async fn a_default_model_that_the_server_does_not_offer() {
    told("{agents: {defaults: {model: {primary: 'lmstudio/qwen3-8b'}}}}").await.finds(
        "failure",
        "openclaw.default-model",
        "the nearest that it does is qwen/qwen3-8b",
        "openclaw models set lmstudio/qwen/qwen3-8b",
    );
    told("{agents: {defaults: {model: 'qwen/qwen3-8b'}}}").await.finds(
        "failure",
        "openclaw.default-model",
        "without its provider",
        "openclaw models set lmstudio/qwen/qwen3-8b",
    );
    told("{agents: {defaults: {model: 'lmstudio/gemma-3'}}}").await.works().finds(
        "good",
        "openclaw.default-model",
        "the default model is lmstudio/gemma-3",
        "",
    );
}
