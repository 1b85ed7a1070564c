//! The models of a server as JSON, with where their values are from.

use std::collections::HashSet;

use app::{FileStatus, Found};
use domain::{Model, ModelId, Origins};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::changes::prices;
use crate::commands::explain::{because, hold, input_names, left_out};

/// The models of a server, with the files that should hold them.
pub(super) struct Models<'a> {
    pub(super) found: Option<&'a Found>,
    pub(super) files: &'a [FileStatus],
    /// Whether openclaw.json holds the models too. Some versions of OpenClaw take them out of models.json then, and
    /// such a file is as it should be.
    pub(super) is_configured: bool,
}

impl Serialize for Models<'_> {
    fn serialize<S: Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        json.collect_seq(self.found.into_iter().flat_map(|found| models(found, self.files, self.is_configured)))
    }
}

fn models(found: &Found, files: &[FileStatus], is_configured: bool) -> impl Iterator<Item = Value> {
    let counts = |file: &&FileStatus| !is_configured || file.trouble.is_some();
    let lacked: HashSet<&ModelId> = files.iter().filter(counts).flat_map(|file| &file.lacks).collect();
    let offered = found.offered.iter().enumerate().map(move |(place, model)| {
        let mut object = said(model);
        object.insert("origins".into(), found.origins.set_of(place).into());
        object.insert("state".into(), "offered".into());
        object.insert("inOpenClaw".into(), (!files.is_empty() && !lacked.contains(&model.id)).into());
        Value::Object(object)
    });
    let left_out = found.left_out.iter().map(|(id, why)| not_offered(id, "left-out", false, &left_out(why)));
    let held = found.held.iter().map(|held| not_offered(&held.id, "held", true, hold(held.reason)));
    offered.chain(held).chain(left_out)
}

fn not_offered(id: &ModelId, state: &str, in_openclaw: bool, why: &str) -> Value {
    json!({ "id": id.as_str(), "state": state, "inOpenClaw": in_openclaw, "why": why })
}

fn said(model: &Model) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".into(), model.id.as_str().into());
    object.insert("name".into(), model.name.as_str().into());
    object.insert("contextWindow".into(), model.context_window.into());
    object.insert("contextTokens".into(), model.context_tokens.into());
    object.insert("maxTokens".into(), model.max_tokens.into());
    object.insert("reasoning".into(), model.reasoning.into());
    object.insert("input".into(), json!(input_names(model.input)));
    if !model.cost.is_free() {
        object.insert("cost".into(), prices(model.cost));
    }
    object
}

/// Where the values of a model are from, by the names that they have in a row.
pub(super) fn origins(origins: &Origins) -> Value {
    let Origins { name, reasoning, input, cost, context_window, context_tokens, max_tokens } = origins;
    json!({
        "name": because(name),
        "reasoning": because(reasoning),
        "input": because(input),
        "cost": because(cost),
        "contextWindow": because(context_window),
        "contextTokens": because(context_tokens),
        "maxTokens": because(max_tokens),
    })
}
