//! What the adapter does to show changed models, version by version.

use std::time::Duration;

use domain::ModelId;
use domain::ports::{ActivitySource as _, Expected, Gateway as _, GatewayError};
use serde_json::{Value, json};

use crate::fake::{FakeGateway, Scenario};
use crate::gateway;

fn ids(texts: &[&str]) -> Vec<ModelId> {
    texts.iter().map(|text| ModelId::new(text).unwrap()).collect()
}

fn expected(present: &[&str], absent: &[&str]) -> Expected {
    Expected { provider: "lmstudio".to_owned(), present: ids(present), absent: ids(absent), configured: false }
}

/// A fake gateway whose picker shows these models of ours.
async fn showing(scenario: Scenario, models: &[&str]) -> FakeGateway {
    let fake = FakeGateway::start(scenario).await;
    fake.world().models = models.iter().map(|&id| id.to_owned()).collect();
    fake
}

/// The parameters of each `models.list`.
fn lists(fake: &FakeGateway) -> Vec<Value> {
    fake.log().calls.iter().filter(|(method, _)| method == "models.list").map(|(_, p)| p.clone()).collect()
}

#[tokio::test]
async fn a_late_gateway_refreshes_our_provider_alone() {
    let fake = showing(Scenario::Late, &["a", "b/c"]).await;
    let shown = gateway(&fake).refresh_picker(&expected(&["a", "b/c"], &["gone"])).await.unwrap();
    assert_eq!((shown.models, shown.missing, shown.lingering, shown.unavailable), (2, vec![], vec![], false));
    let refreshed = json!({"view": "all", "provider": "lmstudio", "refresh": true});
    let others = [json!({"view": "configured", "provider": "lmstudio"}), json!({"provider": "lmstudio"})];
    assert_eq!(lists(&fake)[0], refreshed);
    assert_eq!(lists(&fake)[1..], others);
}

#[tokio::test]
async fn the_picker_of_each_agent_is_refreshed_and_an_unknown_one_is_left_out() {
    let fake = showing(Scenario::Late, &["a"]).await;
    let gateway = gateway(&fake);
    let asked = |fake: &FakeGateway| -> Vec<Value> {
        let refreshes = lists(fake).into_iter().filter(|list| list["refresh"] == true);
        refreshes.map(|list| list["agentId"].clone()).collect()
    };
    gateway.set_agents(vec!["jarvis".into(), "coder".into()]);
    let shown = gateway.refresh_picker(&expected(&["a"], &[])).await.unwrap();
    assert_eq!((shown.models, shown.missing), (1, vec![]));
    assert_eq!(asked(&fake), ["jarvis", "coder"]);

    gateway.set_agents(vec!["gone".into(), "jarvis".into()]);
    let refusal = json!({ "code": "INVALID_REQUEST", "message": "unknown agent id \"gone\"" });
    fake.world().errors.push_back(refusal);
    gateway.refresh_picker(&expected(&["a"], &[])).await.unwrap();
    assert_eq!(asked(&fake)[2..], ["gone", "jarvis"]);

    gateway.set_agents(vec!["main".into()]);
    gateway.refresh_picker(&expected(&["a"], &[])).await.unwrap();
    assert_eq!(asked(&fake)[4..], [Value::Null]);
}

#[tokio::test]
async fn what_the_picker_does_not_show_as_it_should_is_named() {
    let fake = showing(Scenario::Late, &["a", "gone"]).await;
    let shown = gateway(&fake).refresh_picker(&expected(&["a", "new"], &["gone"])).await.unwrap();
    assert_eq!((shown.models, shown.missing, shown.lingering), (2, ids(&["new"]), ids(&["gone"])));
}

#[tokio::test]
async fn a_parameter_that_a_version_does_not_know_is_dropped_and_not_tried_again() {
    let fake = showing(Scenario::WithoutProvider, &["a"]).await;
    let gateway = gateway(&fake);
    for _ in 0..2 {
        let shown = gateway.refresh_picker(&expected(&["a"], &["foreign"])).await.unwrap();
        assert_eq!(shown.models, 1, "rows of another provider do not count");
        assert_eq!(shown.lingering, []);
    }
    let without = [json!({"view": "all", "refresh": true}), json!({"view": "configured"}), json!({})];
    assert_eq!(lists(&fake)[1..4], without);
    assert_eq!(lists(&fake)[4..], without);
}

#[tokio::test]
async fn a_gateway_that_cannot_refresh_says_so_and_is_not_made_to_load_its_catalog() {
    let fake = showing(Scenario::Between, &["a"]).await;
    let gateway = gateway(&fake);
    for _ in 0..2 {
        let refused = gateway.refresh_picker(&expected(&["a"], &[])).await.unwrap_err();
        assert!(matches!(&refused, GatewayError::Unsupported { version } if version == "2026.5.7"), "{refused}");
    }
    assert_eq!(lists(&fake).len(), 1, "one call that fails for its parameters is enough");
}

#[tokio::test]
async fn an_early_gateway_that_lacks_nothing_is_as_good_as_refreshed() {
    let fake = showing(Scenario::Early, &["a"]).await;
    let gateway = gateway(&fake);
    assert_eq!(gateway.refresh_picker(&expected(&["a"], &[])).await.unwrap().models, 1);
    let refused = gateway.refresh_picker(&expected(&["new"], &[])).await.unwrap_err();
    assert!(matches!(&refused, GatewayError::Unsupported { version } if version == "dev"), "{refused}");
}

#[tokio::test]
async fn a_gateway_that_is_not_ready_is_asked_again() {
    let fake = showing(Scenario::Late, &["a"]).await;
    fake.world().errors.extend([
        json!({"code": "UNAVAILABLE", "message": "models.list unavailable during gateway startup",
               "retryable": true, "retryAfterMs": 50}),
        json!({"code": "UNAVAILABLE", "message": "Model catalog is not ready. Retry shortly.", "retryAfterMs": 50}),
    ]);
    let shown = gateway(&fake).refresh_picker(&expected(&["a"], &[])).await.unwrap();
    assert_eq!(shown.missing, []);
    assert_eq!(lists(&fake).iter().filter(|list| list["refresh"] == true).count(), 3);
}

#[tokio::test]
async fn a_provider_that_is_pending_is_waited_for() {
    let fake = showing(Scenario::Late, &[]).await;
    fake.world().pending = 1;
    let gateway = gateway(&fake);
    let wanted = expected(&["a"], &[]);
    let (shown, ()) = tokio::join!(gateway.refresh_picker(&wanted), async {
        while lists(&fake).is_empty() {
            tokio::task::yield_now().await;
        }
        fake.world().models.push("a".to_owned());
    });
    assert_eq!(shown.unwrap().missing, []);
}

#[tokio::test]
async fn another_error_is_told_at_once() {
    let fake = showing(Scenario::Late, &["a"]).await;
    fake.world().errors.push_back(json!({"code": "UNAVAILABLE", "message": "requires legacy credential migration"}));
    let failed = gateway(&fake).refresh_picker(&expected(&["a"], &[])).await.unwrap_err();
    assert!(crate::chain(&failed).contains("requires legacy credential migration"), "{}", crate::chain(&failed));
    assert_eq!(lists(&fake).len(), 1);
}

#[tokio::test]
async fn models_without_a_credential_are_listed_but_of_no_use() {
    let fake = showing(Scenario::Late, &["a"]).await;
    fake.world().without_credential = true;
    // The other views have only what can be used.
    fake.world().odd_view = Some(("configured", Vec::new()));
    let shown = gateway(&fake).refresh_picker(&expected(&["a"], &[])).await.unwrap();
    assert!(shown.unavailable && shown.is_as_expected(), "{shown:?}");
}

#[tokio::test]
async fn a_gateway_that_cannot_tell_yet_is_believed_to_have_a_credential() {
    let fake = showing(Scenario::Late, &["a"]).await;
    fake.world().without_credential = true;
    fake.world().without_auth_status = true;
    let gateway = gateway(&fake);
    assert_eq!(gateway.credential("lmstudio").await, None);
    assert!(!gateway.refresh_picker(&expected(&["a"], &[])).await.unwrap().unavailable);
}

#[tokio::test]
async fn a_slow_refresh_holds_up_no_gauge() {
    let fake = showing(Scenario::Late, &["a"]).await;
    fake.world().hold_lists = true;
    let gateway = gateway(&fake);
    let wanted = expected(&["a"], &[]);
    let (shown, ()) = tokio::join!(gateway.refresh_picker(&wanted), async {
        while lists(&fake).is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..3 {
            gateway.activity().await.unwrap();
        }
        fake.world().hold_lists = false;
        fake.release();
    });
    let shown = shown.unwrap();
    assert_eq!(shown.missing, []);
    assert!(shown.took < Duration::from_secs(5));
    assert_eq!(fake.log().connections, 1);
}

#[tokio::test]
async fn what_is_configured_shows_without_a_refresh_in_a_gateway_that_knows_none() {
    let fake = showing(Scenario::Between, &["a"]).await;
    let expected = Expected { configured: true, ..expected(&["a"], &["gone"]) };
    let shown = gateway(&fake).refresh_picker(&expected).await.unwrap();
    assert_eq!((shown.models, shown.missing, shown.lingering), (1, vec![], vec![]));
    assert_eq!(lists(&fake), [json!({"view": "all"}), json!({"view": "configured"}), json!({})]);
}

#[tokio::test]
async fn what_a_single_view_lacks_or_keeps_is_not_shown_as_it_should_be() {
    let fake = showing(Scenario::Late, &["a", "new"]).await;
    fake.world().odd_view = Some(("configured", vec!["a".to_owned(), "gone".to_owned()]));
    let shown = gateway(&fake).refresh_picker(&expected(&["a", "new"], &["gone"])).await.unwrap();
    assert_eq!((shown.missing, shown.lingering), (ids(&["new"]), ids(&["gone"])));
}

#[tokio::test]
async fn a_view_that_still_has_what_it_had_is_asked_again() {
    let fake = showing(Scenario::Between, &["a"]).await;
    fake.world().odd_view = Some(("configured", vec!["gone".to_owned()]));
    let expected = Expected { configured: true, ..expected(&["a"], &["gone"]) };
    let gateway = gateway(&fake);
    let (shown, ()) = tokio::join!(gateway.refresh_picker(&expected), async {
        while lists(&fake).len() < 3 {
            tokio::task::yield_now().await;
        }
        fake.world().odd_view = None;
    });
    assert!(shown.unwrap().is_as_expected());
}
