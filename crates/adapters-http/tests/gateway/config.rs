//! What the adapter does to OpenClaw's own configuration: over connections of their own, in steps, and never over
//! somebody else's change.

use domain::ports::{Applied, Gateway as _, GatewayError};
use domain::{Added, ConfigSeen, DesiredEntry, EntryPlan, ModelId, describe, plan_entry, withdraw};
use lmsync_adapters_http::Gateway;
use serde_json::json;

use crate::fake::{FakeGateway, Scenario};
use crate::{chain, gateway};

fn desired(ids: &[&str]) -> DesiredEntry {
    let models = ids.iter().map(|id| describe(&ModelId::new(id).unwrap(), None)).collect();
    DesiredEntry { provider: "lmstudio".into(), base_url: "http://127.0.0.1:1234/v1".into(), models, held: vec![] }
}

/// Looks and applies until the plan is true; tells how many changes that took.
async fn carry_out(gateway: &Gateway, plan: impl Fn(&ConfigSeen) -> EntryPlan) -> (Added, usize) {
    for changes in 1..20 {
        let seen = gateway.read_entry("lmstudio").await.unwrap();
        let plan = plan(&seen);
        if gateway.change_entry(&plan, &seen).await.unwrap() == Applied::Whole {
            return (plan.added, changes);
        }
    }
    panic!("too many steps");
}

fn ids(fake: &FakeGateway) -> Vec<String> {
    let world = fake.world();
    let rows = world.config.value["models"]["providers"]["lmstudio"]["models"].as_array().cloned();
    rows.unwrap_or_default().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn comes_and_goes(scenario: Scenario, method: &str) {
    let fake = FakeGateway::start(scenario).await;
    let before = fake.world().config.value.clone();
    fake.world().config.replaces = method == "config.patch";
    let gateway = gateway(&fake);
    let (added, changes) =
        carry_out(&gateway, |seen| plan_entry(seen, &desired(&["a", "b", "c"]), &Added::default())).await;
    assert_eq!((ids(&fake), changes), (vec!["a".into(), "b".into(), "c".into()], 1));
    let key = fake.world().config.value["models"]["providers"]["lmstudio"]["apiKey"].clone();
    assert_eq!(key, json!("lmstudio-local"));
    let (added, changes) = carry_out(&gateway, |seen| plan_entry(seen, &desired(&["b"]), &added)).await;
    assert_eq!(ids(&fake), ["b"]);
    assert!(changes > 1, "the fake refuses to halve its file");
    carry_out(&gateway, |seen| withdraw(seen, "lmstudio", &added)).await;
    assert_eq!(fake.world().config.value, before);
    let log = fake.log();
    assert!(log.calls.iter().all(|(called, _)| called == "config.get" || called == method));
    // One call a connection, each with the right to administer.
    assert_eq!(log.connections as usize, log.calls.len());
    assert!(log.connects.iter().all(|connect| connect["scopes"] == json!(["operator.admin", "operator.read"])));
}

#[tokio::test]
async fn a_late_gateway_is_patched() {
    comes_and_goes(Scenario::Late, "config.patch").await;
}

#[tokio::test]
async fn a_gateway_whose_patches_remove_no_row_gets_its_whole_configuration_back() {
    comes_and_goes(Scenario::Between, "config.set").await;
}

#[tokio::test]
async fn a_gateway_that_should_know_how_to_remove_rows_by_a_patch_and_does_not_is_set_too() {
    let fake = FakeGateway::start(Scenario::Late).await;
    fake.world().config.replaces = false;
    let gateway = gateway(&fake);
    let (added, _) = carry_out(&gateway, |seen| plan_entry(seen, &desired(&["a", "b"]), &Added::default())).await;
    carry_out(&gateway, |seen| plan_entry(seen, &desired(&["b"]), &added)).await;
    assert_eq!(ids(&fake), ["b"]);
    let log = fake.log();
    let called: Vec<&str> = log.calls.iter().map(|(called, _)| &**called).collect();
    assert_eq!(called[..3], ["config.get", "config.patch", "config.set"]);
}

#[tokio::test]
async fn somebody_else_s_change_is_not_overwritten() {
    let fake = FakeGateway::start(Scenario::Late).await;
    let gateway = gateway(&fake);
    let seen = gateway.read_entry("lmstudio").await.unwrap();
    fake.world().config.revision += 1;
    let plan = plan_entry(&seen, &desired(&["a"]), &Added::default());
    assert!(matches!(gateway.change_entry(&plan, &seen).await, Err(GatewayError::Changed)));
    assert_eq!(ids(&fake), [""; 0]);
}

#[tokio::test]
async fn a_connection_that_may_not_administer_changes_nothing() {
    let fake = FakeGateway::start(Scenario::LateFromAnotherHost).await;
    let error = gateway(&fake).read_entry("lmstudio").await.unwrap_err();
    assert!(matches!(error, GatewayError::Forbidden { .. }), "{}", chain(&error));
}
