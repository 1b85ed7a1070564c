//! LM Studio's WebSocket as a witness of inference, against the simulator.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::ports::{ActivityGauge, GaugeError};
use domain::{Activity, BusySource, Secret};
use lmsync_adapters_http::{LmStudioGauge, Tls};
use simulator::{Call, Phase, SimModel, Simulator};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(20);

fn gauge(simulator: &Simulator, key: Option<&str>) -> LmStudioGauge {
    let root = format!("http://{}/", simulator.address()).parse().unwrap();
    LmStudioGauge::new(&root, key.and_then(Secret::new), Tls::new(None).unwrap())
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

async fn look(gauge: &LmStudioGauge) -> Result<Activity, GaugeError> {
    timeout(BOUND, gauge.activity()).await.expect("a look takes bounded time")
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
    let gauge = gauge(&simulator, None);
    assert_eq!(look(&gauge).await.unwrap(), Activity::Idle);
    let generation = simulator.world().begin("qwen/qwen3-8b", Phase::Generating);
    assert_eq!(reason(look(&gauge).await.unwrap()), "qwen/qwen3-8b is generating");
    drop(generation);
    assert_eq!(look(&gauge).await.unwrap(), Activity::Idle);
}

#[tokio::test]
async fn an_embedding_is_inference_too() {
    let simulator = simulator().await;
    let _generation = simulator.world().begin("nomic", Phase::ComputingEmbedding);
    assert_eq!(reason(look(&gauge(&simulator, None)).await.unwrap()), "nomic is computing an embedding");
}

#[tokio::test]
async fn looks_in_quick_succession_list_the_loaded_models_once() {
    let simulator = simulator().await;
    let gauge = gauge(&simulator, None);
    for _ in 0..5 {
        look(&gauge).await.unwrap();
    }
    // Once for each namespace; LM Studio logs every one.
    assert_eq!(calls(&simulator, "listLoaded"), 2);
    assert_eq!(calls(&simulator, "getInstanceProcessingState"), 10);
}

#[tokio::test]
async fn an_instance_that_is_gone_makes_it_list_again() {
    let simulator = simulator().await;
    let gauge = gauge(&simulator, None);
    look(&gauge).await.unwrap();
    assert!(simulator.world().unload("qwen/qwen3-8b"));
    assert_eq!(look(&gauge).await.unwrap(), Activity::Idle);
    assert_eq!(calls(&simulator, "listLoaded"), 3);
}

#[tokio::test]
async fn a_server_without_the_endpoint_is_asked_once() {
    let simulator = simulator().await;
    simulator.world().version(0, 3, 20);
    let gauge = gauge(&simulator, None);
    assert!(matches!(look(&gauge).await, Err(GaugeError::Unsupported { .. })));
    let asked = simulator.world().requests().len();
    assert!(matches!(look(&gauge).await, Err(GaugeError::Unsupported { .. })));
    assert_eq!(simulator.world().requests().len(), asked);
}

#[tokio::test]
async fn a_server_that_never_answers_delays_a_look_once_and_boundedly() {
    let simulator = simulator().await;
    simulator.world().hang_sockets(true);
    let gauge = gauge(&simulator, None);
    assert!(look(&gauge).await.is_err());
    let again = timeout(Duration::from_millis(500), gauge.activity()).await;
    assert!(again.expect("the failure is known by now").is_err());
}

#[tokio::test]
async fn a_token_opens_a_server_that_wants_one() {
    let token = "sk-lm-AbCd1234:01234567890123456789";
    let simulator = simulator().await;
    simulator.world().require_token(Some(token.into()));
    assert_eq!(look(&gauge(&simulator, Some(token))).await.unwrap(), Activity::Idle);
    let refused = look(&gauge(&simulator, Some("lm-studio"))).await.unwrap_err();
    assert!(matches!(refused, GaugeError::Failed { .. }), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_absent() {
    let simulator = simulator().await;
    let gauge = gauge(&simulator, None);
    assert_eq!(look(&gauge).await.unwrap(), Activity::Idle);
    simulator.stop().await;
    let gone = look(&gauge).await.unwrap_err();
    assert!(matches!(gone, GaugeError::Absent { .. }), "{gone}");
}
