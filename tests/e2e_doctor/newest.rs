//! A running OpenClaw 2026.9.6 that has never seen a provider `lmstudio`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::daemon::{Daemon, PICKER_SHOWS};
use crate::support::doctor::{Told, doctor, run};
use crate::support::gateway::{Gateway, TOKEN};
use crate::support::openclaw::OpenClaw;
use crate::support::studio::Studio;
use crate::support::world::World;
use simulator::SimModel;

const MODEL: &str = "qwen/qwen3-8b";

#[tokio::test]
async fn what_is_wrong_is_found_and_mended_until_all_is_well_and_a_chat_answers() {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[]).await);
    studio.world().add(SimModel::chat(MODEL).loaded(131_072));
    run(&world, &studio.base(), &["sync"], &[]).await.success();
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[]).await;
    let port = gateway.port().to_string();
    let environment = [("OPENCLAW_GATEWAY_PORT", port.as_str()), ("OPENCLAW_GATEWAY_TOKEN", TOKEN)];
    let base = studio.base();
    let look = || doctor(&world, &base, &environment);

    look()
        .await
        .finds("good", "gateway.reachable", "lets lmsync read", "")
        .finds("good", "gateway.version", "OpenClaw 2026.9.6", "")
        .finds("good", "gateway.picker", "the picker shows 1 model", "")
        .finds("failure", "gateway.credential", "no key of its own for lmstudio", "LM_API_TOKEN=lm-studio");

    let wrong = [("OPENCLAW_GATEWAY_PORT", port.as_str()), ("OPENCLAW_GATEWAY_TOKEN", "another")];
    doctor(&world, &studio.base(), &wrong).await.finds("failure", "gateway.token", "refuses the token", "");

    another_provider_s_entry_is_wrong(&world);
    look().await.finds("failure", "models-json.schema", "providers.other.models.0.reasoning", "mend").finds(
        "failure",
        "gateway.picker",
        MODEL,
        "another provider's entry",
    );
    fs::remove_file(world.models_json()).unwrap();
    run(&world, &studio.base(), &["sync"], &[]).await.success();

    fixed(&world, &studio, &environment, &gateway).await;

    // Last: the gateway does not forget that it has seen one.
    let profiles = world.models_json().with_file_name("auth-profiles.json");
    fs::write(&profiles, r#"{"version":1,"profiles":{}}"#).unwrap();
    look().await.finds("failure", "gateway.auth-profiles", "from starting", "openclaw doctor --fix");
}

fn another_provider_s_entry_is_wrong(world: &World) {
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(world.models_json()).unwrap()).unwrap();
    file["providers"]["other"] = json!({
        "baseUrl": "http://127.0.0.1:9/v1", "apiKey": "k", "api": "openai-completions",
        "models": [{ "id": "x", "reasoning": "yes" }],
    });
    fs::write(world.models_json(), file.to_string()).unwrap();
}

async fn fixed(world: &World, studio: &Studio, environment: &[(&str, &str)], gateway: &Gateway) {
    let config = world.state().join("openclaw.json");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let before = fs::read(&config).unwrap();
    let told = Told::of(run(world, &studio.base(), &["doctor", "--fix", "--yes", "--json"], environment).await);
    told.works().finds("good", "gateway.credential", "has a key of its own", "").finds(
        "good",
        "openclaw.provider",
        "overrides nothing",
        "",
    );
    let backup = told.json["repairs"].as_array().unwrap().iter().find_map(|repair| repair["backup"].as_str()).unwrap();
    assert_eq!(fs::read(backup).unwrap(), before);

    let mut client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    let chosen = client.chat("fixed", &format!("/model lmstudio/{MODEL}")).await;
    let turn = client.chat("fixed", "Say something.").await;
    assert_eq!(turn.state, "final", "{chosen:?} {turn:?}");
    assert_eq!(studio.chats().last().unwrap().model.as_deref(), Some(MODEL));

    let mut daemon = Daemon::start(world, studio, Some(gateway.port()), &[]);
    daemon.wait_for(PICKER_SHOWS).await;
    doctor(world, &studio.base(), environment).await.is_well();
    daemon.stop().await;
}
