//! What the adapter says about inference, version by version.

use std::time::{Duration, SystemTime};

use domain::ports::{ActivityError, ActivitySource as _, Expected, Gateway as _, GatewayError};
use domain::{Activity, BusySource};

use crate::fake::{FakeGateway, Scenario};
use crate::gateway;

fn busy(reason: &str) -> Activity {
    Activity::Busy { source: BusySource::Gateway, reason: reason.to_owned() }
}

#[tokio::test]
async fn a_gateway_that_counts_what_runs_is_believed() {
    for scenario in [Scenario::Late, Scenario::Between] {
        let fake = FakeGateway::start(scenario).await;
        let gateway = gateway(&fake);
        assert_eq!(gateway.activity().await.unwrap(), Activity::Idle, "{scenario:?}");
        fake.world().running = 1;
        assert_eq!(gateway.activity().await.unwrap(), busy("1 running turn, 2 queued messages"));
        fake.world().running = 0;
        assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
        assert_eq!(fake.log().connections, 1, "one connection serves all looks");
    }
}

#[tokio::test]
async fn the_connection_asks_to_read_and_nothing_else() {
    let fake = FakeGateway::start(Scenario::Late).await;
    gateway(&fake).activity().await.unwrap();
    let log = fake.log();
    assert_eq!(log.connects[0]["scopes"], serde_json::json!(["operator.read"]));
    assert_eq!(log.connects[0]["role"], "operator");
    assert!(log.connects[0].get("device").is_none());
    assert_eq!(log.calls.len(), 1);
}

#[tokio::test]
async fn what_the_gateway_said_of_itself_is_kept_for_status() {
    let fake = FakeGateway::start(Scenario::Late).await;
    let gateway = gateway(&fake);
    assert_eq!(gateway.seen(), None);
    gateway.activity().await.unwrap();
    let seen = gateway.seen().unwrap();
    assert_eq!((seen.version.as_str(), seen.protocol, seen.reads), ("2026.9.6", 4, true));
    let age = SystemTime::now().duration_since(seen.started_at.unwrap()).unwrap();
    assert!((60..70).contains(&age.as_secs()), "{age:?}");
}

#[tokio::test]
async fn an_early_gateway_announces_its_runs() {
    let fake = FakeGateway::start(Scenario::Early).await;
    let gateway = gateway(&fake);
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    fake.announce("a", "lifecycle", "start");
    assert_eq!(gateway.activity().await.unwrap(), busy("1 running turn"));
    fake.announce("b", "assistant", "");
    assert_eq!(gateway.activity().await.unwrap(), busy("2 running turns"));
    fake.announce("a", "lifecycle", "end");
    fake.announce("b", "lifecycle", "error");
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    assert!(fake.log().connects.iter().all(|connect| connect.get("device").is_none()));
}

#[tokio::test]
async fn a_run_whose_end_was_lost_with_the_connection_pauses_nothing() {
    let fake = FakeGateway::start(Scenario::Early).await;
    let gateway = gateway(&fake);
    gateway.activity().await.unwrap();
    fake.announce("a", "lifecycle", "start");
    assert_eq!(gateway.activity().await.unwrap(), busy("1 running turn"));
    fake.hang_up();
    // The first look may still meet the dying connection; the second one has a new one.
    let first = gateway.activity().await;
    assert!(!matches!(first, Ok(Activity::Busy { .. })), "{first:?}");
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    assert_eq!(fake.log().connections, 2);
}

#[tokio::test]
async fn a_gateway_that_empties_scopes_gets_to_see_a_device() {
    let fake = FakeGateway::start(Scenario::WantsDevice).await;
    let gateway = gateway(&fake);
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    fake.world().running = 1;
    assert_eq!(gateway.activity().await.unwrap(), busy("1 running turn"));
    let log = fake.log();
    assert_eq!(log.connects.len(), 2);
    assert!(log.connects[0].get("device").is_none());
    assert!(log.connects[1].get("device").is_some());
}

#[tokio::test]
async fn a_gateway_that_grants_nothing_is_asked_over_http() {
    let fake = FakeGateway::start(Scenario::LateFromAnotherHost).await;
    let gateway = gateway(&fake);
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    fake.world().running = 1;
    let reason = "1 running turn".to_owned();
    assert_eq!(gateway.activity().await.unwrap(), Activity::Busy { source: BusySource::GatewayHttp, reason });
    assert!(fake.log().http[0].contains("Bearer tok-5ecret-1234"));
    assert!(fake.log().connects.iter().all(|connect| connect.get("device").is_none()));

    let refused = gateway.refresh_picker(&Expected::default()).await.unwrap_err();
    assert!(matches!(&refused, GatewayError::Forbidden { why, .. } if why.contains("network_mode")), "{refused}");
}

#[tokio::test]
async fn nobody_there_is_no_failure_of_a_gateway() {
    let fake = FakeGateway::start(Scenario::Late).await;
    let gateway = gateway(&fake);
    drop(fake);
    // The port closes when the runtime gets to the dropped listener.
    let gone = async {
        while !matches!(gateway.activity().await, Err(ActivityError::Absent { .. })) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap();
    let refused = gateway.refresh_picker(&Expected::default()).await.unwrap_err();
    assert!(matches!(refused, GatewayError::Unreachable { .. }), "{refused}");
}

#[tokio::test]
async fn a_gateway_that_is_starting_is_not_there_yet() {
    let fake = FakeGateway::start(Scenario::Starting).await;
    let error = gateway(&fake).activity().await.unwrap_err();
    assert!(matches!(error, ActivityError::Absent { .. }), "{error}");
}
