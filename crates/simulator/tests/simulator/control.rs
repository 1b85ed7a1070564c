//! The simulator's own paths, for other processes.

use lmsync_simulator::{Options, SimModel, Simulator, World};
use serde_json::json;

use crate::client::{Client, post, simulator};

#[tokio::test]
async fn another_process_can_change_models_and_read_the_log() {
    let options = Options { control: true, ..Options::default() };
    let world = World::default();
    world.add(SimModel::chat("old"));
    world.require_token(Some("sk-lm-AAAAAAAA:BBBB".to_owned()));
    let simulator = Simulator::start_with(([127, 0, 0, 1], 0).into(), world, options).await.unwrap();
    let mut client = Client::connect(simulator.address()).await;

    let change = json!({"add": ["new", "text-embedding-x"], "remove": ["old", "unknown"]});
    let answer = client.whole(post("/simulator/models", &change)).await.unwrap();
    assert_eq!(answer.json(), json!({"models": ["new", "text-embedding-x"]}));
    let wrong = client.whole(post("/simulator/models", &json!({"ad": []}))).await.unwrap();
    assert_eq!(wrong.status, 400);

    client.get("/v1/models?x").await;
    let log = client.get("/simulator/requests").await.json();
    assert_eq!(log.as_array().unwrap().len(), 1, "its own paths are not logged: {log}");
    assert_eq!(log[0]["path"], "/v1/models?x");
    assert_eq!(log[0]["credential"], "absent");
}

#[tokio::test]
async fn the_simulators_own_paths_are_off_unless_asked_for() {
    let (simulator, mut client) = simulator([SimModel::chat("old")]).await;
    let answer = client.whole(post("/simulator/models", &json!({"remove": ["old"]}))).await.unwrap();
    assert!(answer.json()["error"].as_str().unwrap().starts_with("Unexpected endpoint"));
    assert_eq!(simulator.world().models().len(), 1);
}
