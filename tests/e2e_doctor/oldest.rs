//! A running OpenClaw 2026.2.12 that has never seen a provider `lmstudio`.

use std::fs;

use serde_json::json;
use simulator::SimModel;

use crate::support::doctor::{Told, doctor, run};
use crate::support::gateway::{Gateway, TOKEN};
use crate::support::openclaw::OpenClaw;
use crate::support::studio::Studio;
use crate::support::world::World;

const MODEL: &str = "qwen/qwen3-8b";

#[tokio::test]
async fn what_is_wrong_is_found_and_mended_and_a_chat_answers_after_the_restart_that_is_named() {
    let (openclaw, world, studio) = (OpenClaw::oldest(), World::new(), Studio::start(&[]).await);
    studio.world().add(SimModel::chat("first").loaded(131_072));
    run(&world, &studio.base(), &["sync"], &[]).await.success();
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[]).await;
    let port = gateway.port().to_string();
    let environment = [("OPENCLAW_GATEWAY_PORT", port.as_str()), ("OPENCLAW_GATEWAY_TOKEN", TOKEN)];
    let base = studio.base();
    let look = || doctor(&world, &base, &environment);

    look()
        .await
        .finds("warning", "gateway.version", "OpenClaw dev (as 2026.2.12 to before 2026.2.22)", "LMSYNC_ON_CHANGE=")
        .finds("good", "gateway.picker", "the picker shows 1 model", "")
        .finds("failure", "gateway.credential", "no key of its own for lmstudio", "\"provider\":\"lmstudio\"");

    studio.world().add(SimModel::chat(MODEL).loaded(131_072));
    run(&world, &studio.base(), &["sync"], &[]).await.success();
    look().await.finds("failure", "gateway.picker", "when the gateway started", "openclaw gateway restart");

    let config = world.state().join("openclaw.json");
    let without = fs::read_to_string(&config).unwrap();
    let mut with: serde_json::Value = serde_json::from_str(&without).unwrap();
    with["models"]["providers"]["lmstudio"] = json!({ "baseUrl": studio.base(), "apiKey": "x", "models": [] });
    fs::write(&config, with.to_string()).unwrap();
    look().await.finds(
        "failure",
        "openclaw.provider",
        "puts that over",
        "openclaw config unset models.providers.lmstudio",
    );
    fs::write(&config, without).unwrap();

    let told = Told::of(run(&world, &studio.base(), &["doctor", "--fix", "--yes", "--json"], &environment).await);
    told.finds("good", "gateway.credential", "has a key of its own", "").finds(
        "failure",
        "gateway.picker",
        "when the gateway started",
        "openclaw gateway restart",
    );
    gateway.stop().await;
    let gateway = Gateway::start_at(port.parse().unwrap(), &openclaw, &world, json!({}), &[]).await;
    look().await.works().finds("good", "gateway.picker", "the picker shows 2 models", "");

    let mut client = gateway.client(&["operator.read", "operator.write", "operator.admin"]).await;
    let chosen = client.chat("fixed", &format!("/model lmstudio/{MODEL}")).await;
    let turn = client.chat("fixed", "Say something.").await;
    assert_eq!(turn.state, "final", "{chosen:?} {turn:?}");
    assert_eq!(studio.chats().last().unwrap().model.as_deref(), Some(MODEL));
}
