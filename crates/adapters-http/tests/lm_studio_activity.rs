//! LM Studio's WebSocket as an activity source, against the simulator.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::ports::{ActivityError, ActivitySource};
use domain::{Activity, BusySource, Secret};
use lmsync_adapters_http::{LmStudioActivity, Tls};
use simulator::{Call, Phase, SimModel, Simulator};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(20);

fn activity(simulator: &Simulator, key: Option<&str>) -> LmStudioActivity {
    let root = format!("http://{}/", simulator.address()).parse().unwrap();
    LmStudioActivity::new(&root, key.and_then(Secret::new), Tls::new(None).unwrap())
}

async fn simulator() -> Simulator {
    let simulator = Simulator::local().await.unwrap();
    let models = [SimModel::chat("qwen/qwen3-8b").loaded(4096), SimModel::embedding("nomic").loaded(2048)];
    simulator.world().set_models(models);
    simulator
}

fn calls(simulator: &Simulator, endpoint: &str) -> usize {
    let requests = simulator.world().requests();
    requests.iter().filter(|r| matches!(&r.call, Some(Call::Rpc { endpoint: e }) if e == endpoint)).count()
}

async fn ask(activity: &LmStudioActivity) -> Result<Activity, ActivityError> {
    timeout(BOUND, activity.activity()).await.expect("a look takes bounded time")
}

fn reason(activity: Activity) -> String {
    match activity {
        Activity::Busy { source: BusySource::LmStudio, reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_idle_server_is_idle_and_a_generation_by_anybody_is_seen() {
    let simulator = simulator().await;
    let activity = activity(&simulator, None);
    assert_eq!(ask(&activity).await.unwrap(), Activity::Idle);
    let generation = simulator.world().begin("qwen/qwen3-8b", Phase::Generating);
    assert_eq!(reason(ask(&activity).await.unwrap()), "qwen/qwen3-8b is generating");
    drop(generation);
    assert_eq!(ask(&activity).await.unwrap(), Activity::Idle);
}

#[tokio::test]
async fn an_embedding_is_inference_too() {
    let simulator = simulator().await;
    let _generation = simulator.world().begin("nomic", Phase::ComputingEmbedding);
    assert_eq!(reason(ask(&activity(&simulator, None)).await.unwrap()), "nomic is computing an embedding");
}

#[tokio::test]
async fn looks_in_quick_succession_list_the_loaded_models_once() {
    let simulator = simulator().await;
    let activity = activity(&simulator, None);
    for _ in 0..5 {
        ask(&activity).await.unwrap();
    }
    // Once for each namespace; LM Studio logs every one.
    assert_eq!(calls(&simulator, "listLoaded"), 2);
    assert_eq!(calls(&simulator, "getInstanceProcessingState"), 10);
}

#[tokio::test]
async fn an_instance_that_is_gone_makes_it_list_again() {
    let simulator = simulator().await;
    let activity = activity(&simulator, None);
    ask(&activity).await.unwrap();
    assert!(simulator.world().unload("qwen/qwen3-8b"));
    assert_eq!(ask(&activity).await.unwrap(), Activity::Idle);
    assert_eq!(calls(&simulator, "listLoaded"), 3);
}

#[tokio::test]
async fn a_server_without_the_endpoint_is_asked_once() {
    let simulator = simulator().await;
    simulator.world().version(0, 3, 20);
    let activity = activity(&simulator, None);
    assert!(matches!(ask(&activity).await, Err(ActivityError::Unsupported { .. })));
    let asked = simulator.world().requests().len();
    assert!(matches!(ask(&activity).await, Err(ActivityError::Unsupported { .. })));
    assert_eq!(simulator.world().requests().len(), asked);
}

#[tokio::test]
async fn a_server_that_never_answers_delays_a_look_once_and_boundedly() {
    let simulator = simulator().await;
    simulator.world().hang_sockets(true);
    let activity = activity(&simulator, None);
    assert!(ask(&activity).await.is_err());
    let again = timeout(Duration::from_millis(500), activity.activity()).await;
    assert!(again.expect("the failure is known by now").is_err());
}

#[tokio::test]
async fn a_token_opens_a_server_that_wants_one() {
    let token = "sk-lm-AbCd1234:01234567890123456789";
    let simulator = simulator().await;
    simulator.world().require_token(Some(token.into()));
    assert_eq!(ask(&activity(&simulator, Some(token))).await.unwrap(), Activity::Idle);
    let refused = ask(&activity(&simulator, Some("lm-studio"))).await.unwrap_err();
    assert!(matches!(refused, ActivityError::Failed { .. }), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_absent() {
    let simulator = simulator().await;
    let activity = activity(&simulator, None);
    assert_eq!(ask(&activity).await.unwrap(), Activity::Idle);
    simulator.stop().await;
    let gone = ask(&activity).await.unwrap_err();
    assert!(matches!(gone, ActivityError::Absent { .. }), "{gone}");
}
