//! Gateways that let nobody in, grant nothing, or are none; and one that is as it should be.

use super::{simulator, synced};
use crate::support::doctor::{Told, doctor};
use crate::support::fake::{FakeGateway, Scenario, TOKEN};

/// What is found beside a gateway like this, whose picker shows these models of a file that holds `a` and `b`.
async fn told(scenario: Scenario, shows: &[&str], without_credential: bool) -> Told {
    let simulator = simulator(&["a", "b"]).await;
    let world = synced(&simulator, "{}").await;
    let fake = FakeGateway::start(scenario).await;
    fake.world().models.extend(shows.iter().map(|&id| id.to_owned()));
    fake.world().without_credential = without_credential;
    let port = fake.url().port_u16().unwrap().to_string();
    let environment = [("OPENCLAW_GATEWAY_PORT", port.as_str()), ("OPENCLAW_GATEWAY_TOKEN", TOKEN)];
    doctor(&world, &simulator.base_url(), &environment).await
}

#[tokio::test]
async fn a_late_gateway_that_shows_what_the_file_holds() {
    told(Scenario::Late, &["a", "b"], false)
        .await
        .works()
        .finds("good", "gateway.reachable", "lets lmsync read", "")
        .finds("good", "gateway.version", "OpenClaw 2026.9.6", "")
        .finds("good", "gateway.credential", "", "")
        .finds("good", "gateway.picker", "the picker shows 2 models", "");
}

#[tokio::test]
async fn a_picker_that_lacks_a_model_has_one_too_many_or_could_use_none() {
    let lacks = told(Scenario::Late, &["a"], false).await;
    lacks.finds("failure", "gateway.picker", "does not show what models.json holds: b", "openclaw gateway restart");
    let more = told(Scenario::Late, &["a", "b", "c"], false).await;
    more.works().finds("warning", "gateway.picker", "shows 3 of lmstudio, and models.json holds 2", "");
    let no_key = told(Scenario::Late, &["a", "b"], true).await;
    no_key.finds("failure", "gateway.credential", "no key of its own for lmstudio", "LM_API_TOKEN=lm-studio");
}

#[tokio::test]
async fn an_early_gateway_shows_a_change_after_its_restart_alone() {
    let told = told(Scenario::Early, &["a"], false).await;
    told.finds("warning", "gateway.version", "after its restart alone", "LMSYNC_ON_CHANGE=")
        .finds("failure", "gateway.picker", "when the gateway started", "openclaw gateway restart")
        .finds("failure", "gateway.credential", "no key of its own", "lmstudio:default");
}

#[tokio::test]
async fn a_gateway_that_does_not_let_lmsync_in() {
    let told_of = |scenario| told(scenario, &["a", "b"], false);
    told_of(Scenario::RefusesToken).await.finds(
        "failure",
        "gateway.token",
        "refuses the token",
        "OPENCLAW_GATEWAY_TOKEN=",
    );
    told_of(Scenario::WantsApproval).await.finds(
        "failure",
        "gateway.scopes",
        "wants this device to be approved",
        "openclaw devices approve",
    );
    told_of(Scenario::LateFromAnotherHost).await.finds(
        "failure",
        "gateway.scopes",
        "grants it no right to read",
        // In a container its network, elsewhere its machine.
        "the gateway",
    );
    told_of(Scenario::WebPage).await.finds("failure", "gateway.reachable", "is no gateway", "OPENCLAW_GATEWAY_URL=");
    told_of(Scenario::Closes).await.finds("failure", "gateway.reachable", "is no gateway", "OPENCLAW_GATEWAY_URL=");
    told_of(Scenario::Hangs).await.finds(
        "warning",
        "gateway.reachable",
        "does not answer in time",
        "openclaw gateway status",
    );
    told_of(Scenario::Starting).await.finds("warning", "gateway.reachable", "is starting", "lmsync doctor");
}
