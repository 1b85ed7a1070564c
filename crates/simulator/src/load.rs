//! `POST /api/v1/models/load` and `…/unload`, which really change what is loaded.

use http::Response;
use serde_json::{Value, json};

use super::answer::{self, Body};
use crate::model::Kind;
use crate::world::World;

/// Loads one more copy of a model.
pub(super) fn load(world: &World, request: &Value) -> Response<Body> {
    let key = request["model"].as_str().unwrap_or_default();
    let loaded = world.change(|state| {
        let model = state.models.iter_mut().find(|model| model.key == key)?;
        let id = model.load(request["context_length"].as_u64());
        let context = model.instances.last().map(|instance| instance.context);
        Some((model.kind, id, context))
    });
    let Some((kind, id, context)) = loaded else {
        return answer::error(404, "model_not_found", "model_not_found", &format!("Model {key} not found"));
    };
    let mut body = json!({
        "type": if kind == Kind::Llm { "llm" } else { "embedding" },
        "instance_id": id,
        "load_time_seconds": 0.1,
        "status": "loaded",
    });
    if request["echo_load_config"] == true {
        body["load_config"] = json!({ "context_length": context });
    }
    answer::value(200, &body)
}

/// Unloads one copy.
pub(super) fn unload(world: &World, request: &Value) -> Response<Body> {
    let id = request["instance_id"].as_str().unwrap_or_default();
    if world.unload(id) {
        return answer::value(200, &json!({ "instance_id": id }));
    }
    answer::error(404, "model_not_found", "model_not_found", &format!("Instance {id} not found"))
}
