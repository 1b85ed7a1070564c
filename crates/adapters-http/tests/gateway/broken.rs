//! Gateways that misbehave: each costs one bounded wait and one error, and no secret is shown.

use std::time::{Duration, Instant};

use domain::Activity;
use domain::ports::{ActivityError, ActivitySource as _};

use crate::fake::{FakeGateway, Scenario};
use crate::{TOKEN, chain, gateway, gateway_within};

/// The adapter's timeout in these tests is 0.5 s.
const BOUND: Duration = Duration::from_millis(900);

/// Looks three times; returns the errors and how long each took.
async fn three_looks(fake: &FakeGateway) -> Vec<(ActivityError, Duration)> {
    let gateway = gateway(fake);
    let mut errors = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        let error = gateway.activity().await.unwrap_err();
        errors.push((error, began.elapsed()));
    }
    errors
}

#[tokio::test]
async fn a_broken_gateway_costs_one_bounded_wait_and_is_left_alone_after() {
    for scenario in [
        Scenario::Hangs,
        Scenario::HangsAfterHello,
        Scenario::Garbage,
        Scenario::OtherShapes,
        Scenario::Closes,
        Scenario::WebPage,
        Scenario::RefusesToken,
    ] {
        let fake = FakeGateway::start(scenario).await;
        let looks = three_looks(&fake).await;
        let (first, took) = &looks[0];
        assert!(matches!(first, ActivityError::Failed { .. }), "{scenario:?}: {first}");
        assert!(*took < BOUND, "{scenario:?}: {took:?}");
        for (error, took) in &looks[1..] {
            assert!(*took < Duration::from_millis(100), "{scenario:?} is waited for again: {took:?}");
            assert_eq!(chain(error), chain(first), "{scenario:?}: told in other words");
        }
        assert_eq!(fake.log().connections, 1, "{scenario:?}");
    }
}

#[tokio::test]
async fn a_refused_token_is_shown_nowhere_even_if_the_gateway_repeats_it() {
    let fake = FakeGateway::start(Scenario::RefusesToken).await;
    let gateway = gateway(&fake);
    let error = gateway.activity().await.unwrap_err();
    for shown in [chain(&error), format!("{error:?}"), format!("{gateway:?}")] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    assert!(chain(&error).contains("OPENCLAW_GATEWAY_TOKEN"), "{}", chain(&error));
}

#[tokio::test]
async fn a_gateway_that_wants_a_person_to_approve_says_how() {
    let fake = FakeGateway::start(Scenario::WantsApproval).await;
    let error = gateway(&fake).activity().await.unwrap_err();
    assert!(matches!(error, ActivityError::Unsupported { .. }), "{error}");
    assert!(chain(&error).contains("openclaw devices approve"), "{}", chain(&error));
}

#[tokio::test]
async fn a_gateway_that_was_silent_is_heard_again_on_the_same_connection() {
    let fake = FakeGateway::start(Scenario::Early).await;
    let gateway = gateway(&fake);
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    fake.world().silent = true;
    assert!(gateway.activity().await.is_err());
    fake.world().silent = false;
    fake.announce("a", "lifecycle", "end");
    let heard = async {
        while gateway.activity().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), heard).await.unwrap();
    assert_eq!(fake.log().connections, 1);
}

#[tokio::test]
async fn huge_events_are_read_past_and_not_kept() {
    let fake = FakeGateway::start(Scenario::HugeEvents).await;
    // Without optimisation, making and reading 20 MiB takes a while.
    let gateway = gateway_within(&fake, Duration::from_secs(10));
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    assert_eq!(fake.log().connections, 1);
    assert_eq!(gateway.activity().await.unwrap(), Activity::Idle);
    assert_eq!(fake.log().connections, 2, "the connection with the large buffer was renewed");
    let closed = async {
        while fake.log().closed == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.unwrap();
}
