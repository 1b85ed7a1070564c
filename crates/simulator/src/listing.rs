//! The three listings in LM Studio's own shapes, down to the order of their fields.

use serde::Serialize;
use serde_json::error::Result;

use super::world::State;
use crate::model::{Kind, SimModel};
use crate::scenario::Scenario;

/// Which of the listings is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `/v1/models`, as OpenAI has it.
    OpenAi,
    /// `/api/v0/models`, since 0.3.6.
    V0,
    /// `/api/v1/models`, since 0.4.0.
    V1,
}

/// The listing as the scenario has it, indented by two.
pub(super) fn body(state: &State, shape: Shape) -> Result<String> {
    let jit_off = state.scenario == Scenario::JitOff && shape != Shape::V1;
    let most = match state.scenario {
        Scenario::EmptyList => 0,
        Scenario::PartialList(most) => most,
        _ => usize::MAX,
    };
    let models = state.models.iter().filter(|model| !jit_off || !model.instances.is_empty()).take(most);
    match shape {
        Shape::OpenAi if state.scenario == Scenario::OtherServer => {
            let data = models.map(|model| Other::new(&model.key)).collect();
            serde_json::to_string(&ObjectFirst { object: "list", data })
        }
        Shape::OpenAi => {
            let data = models.flat_map(SimModel::served_ids).map(OpenAi::new).collect();
            serde_json::to_string_pretty(&List { data, object: "list" })
        }
        Shape::V0 => {
            let data = models.flat_map(V0::all_of).collect();
            serde_json::to_string_pretty(&List { data, object: "list" })
        }
        Shape::V1 => serde_json::to_string_pretty(&Models { models: models.map(V1::new).collect() }),
    }
}

/// LM Studio has `data` first.
#[derive(Serialize)]
struct List<T> {
    data: Vec<T>,
    object: &'static str,
}

/// Others have `object` first.
#[derive(Serialize)]
struct ObjectFirst<T> {
    object: &'static str,
    data: Vec<T>,
}

#[derive(Serialize)]
struct OpenAi<'a> {
    id: &'a str,
    object: &'static str,
    owned_by: &'static str,
}

impl<'a> OpenAi<'a> {
    fn new(id: &'a str) -> Self {
        Self { id, object: "model", owned_by: "organization_owner" }
    }
}

#[derive(Serialize)]
struct Other<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

impl<'a> Other<'a> {
    fn new(id: &'a str) -> Self {
        Self { id, object: "model", created: 1_686_935_002, owned_by: "library" }
    }
}

#[derive(Serialize)]
struct V0<'a> {
    id: &'a str,
    object: &'static str,
    r#type: &'static str,
    publisher: &'a str,
    arch: &'a str,
    compatibility_type: &'static str,
    quantization: &'static str,
    state: &'static str,
    max_context_length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_context_length: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    capabilities: Vec<&'static str>,
}

impl<'a> V0<'a> {
    fn all_of(model: &'a SimModel) -> Vec<Self> {
        if model.instances.is_empty() {
            return vec![Self::new(model, &model.key, None)];
        }
        model.instances.iter().map(|loaded| Self::new(model, &loaded.id, Some(loaded.context))).collect()
    }

    fn new(model: &'a SimModel, id: &'a str, loaded: Option<u64>) -> Self {
        Self {
            id,
            object: "model",
            r#type: match model.kind {
                Kind::Llm if model.vision => "vlm",
                Kind::Llm => "llm",
                Kind::Embedding => "embeddings",
            },
            publisher: publisher(&model.key),
            arch: architecture(&model.key),
            compatibility_type: "gguf",
            quantization: quantization(model.kind).name,
            state: if loaded.is_some() { "loaded" } else { "not-loaded" },
            max_context_length: model.max_context,
            loaded_context_length: loaded,
            capabilities: if model.tool_use { vec!["tool_use"] } else { Vec::new() },
        }
    }
}

#[derive(Serialize)]
struct Models<'a> {
    models: Vec<V1<'a>>,
}

#[derive(Serialize)]
struct V1<'a> {
    r#type: &'static str,
    publisher: &'a str,
    key: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<&'a str>,
    quantization: Quantization,
    size_bytes: u64,
    params_string: Option<&'a str>,
    loaded_instances: Vec<Loaded<'a>>,
    max_context_length: u64,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Capabilities<'a>>,
    /// Absent for embeddings, null for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    variants: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_variant: Option<&'a String>,
}

#[derive(Serialize)]
struct Quantization {
    name: &'static str,
    bits_per_weight: u8,
}

#[derive(Serialize)]
struct Loaded<'a> {
    id: &'a str,
    config: Config,
}

#[derive(Serialize)]
struct Config {
    context_length: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    flash_attention: Option<bool>,
}

#[derive(Serialize)]
struct Capabilities<'a> {
    vision: bool,
    trained_for_tool_use: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning<'a>>,
}

#[derive(Serialize)]
struct Reasoning<'a> {
    allowed_options: &'a [String],
    default: &'a str,
}

impl<'a> V1<'a> {
    fn new(model: &'a SimModel) -> Self {
        let llm = model.kind == Kind::Llm;
        let reasoning = model.reasoning.last();
        let config = |context_length| Config { context_length, flash_attention: llm.then_some(true) };
        Self {
            r#type: if llm { "llm" } else { "embedding" },
            publisher: publisher(&model.key),
            key: &model.key,
            display_name: &model.display_name,
            architecture: llm.then(|| architecture(&model.key)),
            quantization: quantization(model.kind),
            size_bytes: if llm { 5_027_783_488 } else { 274_290_560 },
            params_string: None,
            loaded_instances: (model.instances.iter())
                .map(|loaded| Loaded { id: &loaded.id, config: config(loaded.context) })
                .collect(),
            max_context_length: model.max_context,
            format: "gguf",
            capabilities: llm.then(|| Capabilities {
                vision: model.vision,
                trained_for_tool_use: model.tool_use,
                reasoning: reasoning.map(|default| Reasoning { allowed_options: &model.reasoning, default }),
            }),
            description: llm.then_some(None),
            variants: &model.variants,
            selected_variant: model.variants.first(),
        }
    }
}

/// The part before the first `/`; sideloaded models have none.
pub(super) fn publisher(key: &str) -> &str {
    key.split_once('/').map_or("lmstudio-community", |(publisher, _)| publisher)
}

/// A family such as `qwen3`, guessed from the name.
pub(super) fn architecture(key: &str) -> &str {
    let name = key.split_once('/').map_or(key, |(_, name)| name);
    name.split('-').next().unwrap_or(name)
}

fn quantization(kind: Kind) -> Quantization {
    match kind {
        Kind::Llm => Quantization { name: "Q4_K_M", bits_per_weight: 4 },
        Kind::Embedding => Quantization { name: "F16", bits_per_weight: 16 },
    }
}
