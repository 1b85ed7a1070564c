//! What LM Studio answers to a frame on one of its WebSockets.

use serde_json::{Value, json};

use super::generation::Phase;
use super::listing::{architecture, publisher};
use super::model::Instance;
use super::namespace::Namespace;
use super::world::{State, Version};
use crate::log::Credential;
use crate::model::{Kind, SimModel};
use crate::world::World;

/// What a frame leads to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A frame in return.
    Answer(Value),
    /// A warning, as long as the connection has not had too many.
    Warning(Value),
    /// Nothing.
    Silence,
}

/// Judges the frame that authenticates; none where it is not one.
pub(super) fn authenticate(world: &World, frame: &Value) -> Option<Credential> {
    let short = |text: &&str| (1..=256).contains(&text.chars().count());
    if frame["authVersion"] != 1 {
        return None;
    }
    let identifier = frame["clientIdentifier"].as_str().filter(short)?;
    let passkey = frame["clientPasskey"].as_str().filter(short)?;
    let token = format!("sk-lm-{identifier}:{passkey}");
    Some(world.read(|state| match state.token() {
        None => Credential::Absent,
        Some(_) => state.check_key(Some(&token)),
    }))
}

/// Handles one frame after that.
pub(super) fn handle(world: &World, namespace: Namespace, frame: &Value) -> Outcome {
    match frame["type"].as_str() {
        Some("keepAlive") => Outcome::Answer(json!({"type": "keepAliveAck"})),
        Some("rpcCall") => world.read(|state| call(state, namespace, frame)),
        Some("channelCreate") if frame["endpoint"] == "alive" && namespace == Namespace::System => {
            // Stays open until the server goes away.
            Outcome::Silence
        }
        Some("channelCreate") => unknown("channelCreate", frame, "channelEndpointUnknown"),
        _ => Outcome::Silence,
    }
}

fn call(state: &State, namespace: Namespace, frame: &Value) -> Outcome {
    let Some(id) = frame["callId"].as_u64() else { return Outcome::Silence };
    let parameter = frame.get("parameter");
    let result = match (namespace, frame["endpoint"].as_str().unwrap_or_default()) {
        (Namespace::Llm, "listLoaded") if parameter.is_none() => list_loaded(state, Kind::Llm),
        (Namespace::Embedding, "listLoaded") if parameter.is_none() => list_loaded(state, Kind::Embedding),
        (Namespace::System, "version") if parameter.is_none() => {
            let Version(major, minor, patch) = state.version;
            json!({"version": format!("{major}.{minor}.{patch}"), "build": 1})
        }
        (Namespace::Llm | Namespace::Embedding, "getInstanceProcessingState") if state.version >= Version(0, 3, 27) => {
            let specifier = parameter.map_or(&Value::Null, |parameter| &parameter["specifier"]);
            let (wanted, by_reference) = match specifier["type"].as_str() {
                Some("instanceReference") => (&specifier["instanceReference"], true),
                Some("query") => (&specifier["query"]["identifier"], false),
                _ => return invalid(frame),
            };
            let Some(wanted) = wanted.as_str() else { return invalid(frame) };
            let kind = if namespace == Namespace::Llm { Kind::Llm } else { Kind::Embedding };
            let found = loaded(state, kind)
                .find(|(_, instance)| wanted == if by_reference { &instance.reference } else { &instance.id });
            let Some((_, instance)) = found else {
                let title = "Model not found";
                let error = json!({"title": title, "stack": title, "rootTitle": title});
                return Outcome::Answer(json!({"type": "rpcError", "callId": id, "error": error}));
            };
            let (phase, queued) = state.generations.state(&instance.id);
            json!({"status": phase.map_or("idle", Phase::as_str), "queued": queued})
        }
        (Namespace::Llm | Namespace::Embedding, "listLoaded") | (Namespace::System, "version") => {
            return invalid(frame);
        }
        _ => return unknown("rpcCall", frame, "rpcEndpointUnknown"),
    };
    Outcome::Answer(json!({"type": "rpcResult", "callId": id, "result": result}))
}

/// A warning that does not say which call it is about.
fn unknown(what: &str, frame: &Value, kind: &str) -> Outcome {
    let endpoint = endpoint(frame);
    let warning = format!("Received {what} for unknown endpoint, endpoint = {endpoint}");
    Outcome::Warning(json!({"type": "communicationWarning", "warning": warning, "kind": kind}))
}

/// A warning that does not say which call it is about, either.
fn invalid(frame: &Value) -> Outcome {
    let warning = format!("Received invalid parameter for rpcCall, endpoint = {}", endpoint(frame));
    Outcome::Warning(json!({"type": "communicationWarning", "warning": warning}))
}

fn endpoint(frame: &Value) -> &str {
    frame["endpoint"].as_str().unwrap_or_default()
}

fn loaded(state: &State, kind: Kind) -> impl Iterator<Item = (&SimModel, &Instance)> {
    let models = state.models.iter().filter(move |model| model.kind == kind);
    models.flat_map(|model| model.instances.iter().map(move |instance| (model, instance)))
}

fn list_loaded(state: &State, kind: Kind) -> Value {
    loaded(state, kind).map(|(model, instance)| describe(model, instance)).collect()
}

fn describe(model: &SimModel, instance: &Instance) -> Value {
    let mut described = json!({
        "type": if model.kind == Kind::Llm { "llm" } else { "embedding" },
        "modelKey": model.key,
        "format": "gguf",
        "displayName": model.display_name,
        "publisher": publisher(&model.key),
        "path": model.key,
        "sizeBytes": 5_027_783_488_u64,
        "indexedModelIdentifier": model.key,
        "deviceIdentifier": null,
        "architecture": architecture(&model.key),
        "maxContextLength": model.max_context,
        "identifier": instance.id,
        "instanceReference": instance.reference,
        "ttlMs": 3_600_000,
        "lastUsedTime": null,
        "contextLength": instance.context,
    });
    if model.kind == Kind::Llm {
        described["vision"] = model.vision.into();
        described["trainedForToolUse"] = model.tool_use.into();
    }
    described
}
