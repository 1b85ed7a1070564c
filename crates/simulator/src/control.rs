//! The simulator's own paths, by which another process changes its world and reads its log.

use http::Response;
use serde::Deserialize;
use serde_json::json;

use super::answer::{self, Body};
use crate::model::SimModel;
use crate::world::World;

/// What `POST /simulator/models` takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Change {
    add: Vec<String>,
    remove: Vec<String>,
}

/// Answers one of the simulator's own paths; none where it is not one.
pub(super) fn route(world: &World, method: &str, path: &str, body: &[u8]) -> Option<Response<Body>> {
    match (method, path) {
        ("POST", "/simulator/models") => Some(change(world, body)),
        ("GET", "/simulator/requests") => Some(answer::value(200, &world.requests())),
        _ => None,
    }
}

/// Adds and removes models by their keys; answers with all that there are then.
fn change(world: &World, body: &[u8]) -> Response<Body> {
    let change: Change = match serde_json::from_slice(body) {
        Ok(change) => change,
        Err(error) => return answer::value(400, &json!({"error": error.to_string()})),
    };
    for key in &change.remove {
        world.remove(key);
    }
    for key in &change.add {
        world.add(SimModel::named(key));
    }
    let keys: Vec<String> = world.models().into_iter().map(|model| model.key).collect();
    answer::value(200, &json!({ "models": keys }))
}
