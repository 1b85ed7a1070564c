//! What openclaw.json can do to the models of models.json.

use super::{simulator, synced, write};
use crate::support::doctor::{Told, doctor};

/// What is found with this openclaw.json and a server that offers `qwen/qwen3-8b` and `gemma-3`.
async fn told(openclaw_json: &str) -> Told {
    told_of(&[("openclaw.json", openclaw_json)], &[]).await
}

/// What is found with these files in the state folder, and this environment beside the usual one.
async fn told_of(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Told {
    let simulator = simulator(&["qwen/qwen3-8b", "gemma-3"]).await;
    let world = synced(&simulator, "{}").await;
    for (name, text) in files {
        write(&world.state().join(name), &text.replace("BASE", &simulator.base_url()));
    }
    let environment: Vec<(&str, String)> =
        environment.iter().map(|(name, value)| (*name, value.replace("BASE", &simulator.base_url()))).collect();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    doctor(&world, &simulator.base_url(), &environment).await
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
    let early =
        "{meta: {lastTouchedVersion: '2026.2.12'}, models: {providers: {lmstudio: {baseUrl: 'BASE', models: []}}}}";
    let found = told(early).await;
    found.finds("failure", "openclaw.provider", "puts that over", "openclaw config unset models.providers.lmstudio");
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
    // OpenClaw's own plugin reads the path of LM Studio's own API as that of OpenAI's.
    let simulator = simulator(&["qwen/qwen3-8b"]).await;
    let world = synced(&simulator, "{}").await;
    let own_path = simulator.base_url().replace("/v1", "/api/v1");
    write(&world.state().join("openclaw.json"), &entry(&format!("{{baseUrl: '{own_path}', apiKey: 'x', models: []}}")));
    let own_path = doctor(&world, &simulator.base_url(), &[]).await;
    own_path.finds("good", "openclaw.provider", "overrides nothing", "");
    told(&entry("{baseUrl: 'BASE', apiKey: 'x', models: [{id: 'gone', name: 'gone'}]}")).await.finds(
        "warning",
        "openclaw.provider",
        "does not offer: gone",
        "models.providers.lmstudio.models \"[]\"",
    );
    told(&entry("{baseUrl: 'BASE', apiKey: 'x', models: [{id: 'gemma-3', name: 'mine'}]}")).await.finds(
        "warning",
        "openclaw.provider",
        "describes gemma-3 by itself",
        "models.providers.lmstudio.models \"[]\"",
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

#[tokio::test]
async fn included_files_are_read() {
    let files = |models: &'static str| {
        [
            ("openclaw.json", "{agents: {$include: './agents.json5'}, models: {$include: './models.json5'}}"),
            ("agents.json5", "{defaults: {model: 'lmstudio/qwen3-8b'}}"),
            ("models.json5", models),
        ]
    };
    let told = told_of(&files("{mode: 'replace'}"), &[]).await;
    told.finds("good", "openclaw.config", "is read, with 2 files that it includes", "")
        .finds("failure", "openclaw.mode", "replace", "openclaw config set models.mode merge")
        .finds("failure", "openclaw.default-model", "the nearest that it does is qwen/qwen3-8b", "openclaw models set");
    let broken = told_of(&files("{ mode: 'hunter2' oops"), &[]).await;
    broken.finds("failure", "openclaw.config", "models.json5 is not JSON5, line 1", "openclaw config validate");
    assert!(!broken.json.to_string().contains("hunter2"));
    let missing = told_of(&files("")[..2], &[]).await;
    missing.finds("failure", "openclaw.config", "includes \"./models.json5\": cannot read", "openclaw config validate");
}

#[tokio::test]
async fn an_included_file_that_late_versions_do_not_follow() {
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("models.json");
    write(&file, "{\"mode\": \"merge\"}");
    let config = |version: &str| {
        let file = file.display();
        format!("{{meta: {{lastTouchedVersion: '{version}'}}, models: {{$include: '{file}'}}}}")
    };
    let late = told(&config("2026.9.6")).await;
    late.finds("failure", "openclaw.config", "does not follow", "OPENCLAW_INCLUDE_ROOTS");
    told(&config("2026.2.12")).await.finds("good", "openclaw.config", "with 1 file that it includes", "");
    let folder = outside.path().to_str().unwrap();
    let named = told_of(&[("openclaw.json", &config("2026.9.6"))], &[("OPENCLAW_INCLUDE_ROOTS", folder)]).await;
    named.finds("good", "openclaw.config", "with 1 file that it includes", "");
}

#[tokio::test]
async fn references_to_variables() {
    let entry = |url: &str| {
        format!(
            "{{meta: {{lastTouchedVersion: '2026.9.6'}}, models: {{providers: {{lmstudio: {{baseUrl: '{url}', \
             apiKey: '${{MY_KEY}}', models: []}}}}}}}}"
        )
    };
    let with =
        async |url: &str, environment: &[(&str, &str)]| told_of(&[("openclaw.json", &entry(url))], environment).await;
    let unknown = with("${MY_URL}", &[]).await;
    unknown.finds("good", "openclaw.provider", "is not known here: it refers to MY_URL", "");
    assert!(!unknown.json.to_string().contains("openclaw config set models.providers"), "nothing overwrites it");
    with("${MY_URL}", &[("MY_URL", "BASE")]).await.finds("good", "openclaw.provider", "overrides nothing", "");
    let elsewhere = with("${MY_URL}", &[("MY_URL", "http://10.0.0.9:1234/v1")]).await;
    elsewhere.finds("warning", "openclaw.provider", "names another address", "LMSYNC_PROVIDER_BASE_URL=");
    assert!(!elsewhere.json.to_string().contains("openclaw config set models.providers"), "nothing overwrites it");
    with("$MY_URL", &[("MY_URL", "BASE")]).await.finds(
        "warning",
        "openclaw.config",
        "models.providers.lmstudio.baseUrl is \"$MY_URL\", which OpenClaw takes as it stands",
        "\"${MY_URL}\"",
    );
    let file = [("openclaw.json", entry("${MY_URL}")), (".env", "MY_URL=BASE".to_owned())];
    let file: Vec<(&str, &str)> = file.iter().map(|(name, text)| (*name, text.as_str())).collect();
    told_of(&file, &[]).await.finds("good", "openclaw.provider", "overrides nothing", "");
    told("{agents: {defaults: {model: '${MY_MODEL}'}}}").await.works().finds(
        "good",
        "openclaw.default-model",
        "agents.defaults.model is not known here: it refers to MY_MODEL",
        "",
    );
    told_of(&[("openclaw.json", "{agents: {defaults: {model: '${MY_MODEL}'}}}")], &[("MY_MODEL", "lmstudio/qwen3-8b")])
        .await
        .finds("failure", "openclaw.default-model", "does not offer", "lmstudio/qwen/qwen3-8b");
}

#[tokio::test]
async fn models_and_lists_of_single_agents() {
    told(
        "{agents: {entries: {main: {default: true, model: 'lmstudio/not-there', modelPolicy: {allow: ['openai/*']}}}}}",
    )
    .await
    .finds("failure", "openclaw.default-model", "agents.entries.main.model is lmstudio/not-there", "lmstudio/")
    .finds("failure", "openclaw.allowlist", "agents.entries.main.modelPolicy.allow allows other", "\"lmstudio/*\"");
    // A map of an agent's own is no list.
    let own = told("{agents: {list: [{id: 'main', models: {'openai/x': {}}}]}}").await;
    assert_eq!(own.json.to_string().matches("openclaw.allowlist").count(), 0);
}

#[tokio::test]
async fn patterns_of_lists_count_as_openclaw_counts_them() {
    let policy = |entry: &str| format!("{{agents: {{defaults: {{modelPolicy: {{allow: ['{entry}']}}}}}}}}");
    for refused in ["*", "lmstudio/qwen*"] {
        told(&policy(refused)).await.finds(
            "failure",
            "openclaw.config",
            "OpenClaw refuses its whole configuration for it",
            "\"provider/*\"",
        );
    }
    let namespace = told(&policy("LMStudio/qwen/*")).await;
    namespace.finds("warning", "openclaw.allowlist", "hides gemma-3", "\"lmstudio/*\"");
    let map = |version: &str| {
        format!(
            "{{meta: {{lastTouchedVersion: '{version}'}}, agents: {{defaults: {{models: {{'lmstudio/*': {{}}}}}}}}}}"
        )
    };
    told(&map("2026.9.6")).await.finds("good", "openclaw.allowlist", "lets the models through", "");
    let early = told(&map("2026.2.12")).await;
    early.finds("failure", "openclaw.allowlist", "hides qwen/qwen3-8b, gemma-3", "\"lmstudio/qwen/qwen3-8b\": {}");
}

#[tokio::test]
async fn two_providers_at_one_server() {
    let config = "{models: {providers: {'LM Studio': {baseUrl: 'BASE', models: []}}}}";
    let config = told(config).await;
    config.finds("warning", "openclaw.same-server", "openclaw.json has the provider LM Studio too", "LMSYNC_PROVIDER=");
    let models = r#"{"providers": {"lm-studio": {"baseUrl": "BASE", "apiKey": "x", "api": "openai-completions",
        "models": []}, "other": {"baseUrl": "http://10.0.0.9/v1", "apiKey": "x", "models": []}}}"#;
    let file = told_of(&[("agents/main/agent/models.json", models)], &[]).await;
    file.finds(
        "warning",
        "openclaw.same-server",
        "models.json has the provider lm-studio too",
        "LMSYNC_PROVIDER=\"lm-studio\"",
    );
    assert_eq!(file.json.to_string().matches("openclaw.same-server").count(), 1);
}
