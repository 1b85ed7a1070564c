//! What becomes of an id, as `docs/schemas/explain.json` has it.

use domain::{Explanation, Fate, LeftOut, ModelFacts, ModelKind};
use serde_json::{Map, Value, json};

use super::find::{Finding, Said};
use super::reasons::{because, hold, left_out};
use super::text::fields;
use crate::commands::sync::hold_reason;

/// What is known at one server, for one file.
pub(super) fn place(finding: &Finding) -> Value {
    let Finding { provider, file, agent: _, said } = finding;
    match said {
        Said::Unread(error) => json!({ "provider": provider, "file": file, "error": error }),
        Said::Unasked { error, in_file, daemon } => {
            let daemon = daemon.as_ref().map(|model| json!({ "state": model["state"], "why": model["why"] }));
            json!({ "provider": provider, "file": file, "error": error, "inFile": in_file, "daemon": daemon })
        }
        Said::Explained { explanation, in_file } => explained(provider, file, explanation, *in_file),
    }
}

fn explained(provider: &str, file: &str, explanation: &Explanation, in_file: bool) -> Value {
    let Explanation { id: _, listed, facts, fate } = explanation;
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
    set("provider", json!(provider));
    set("file", json!(file));
    set("listed", json!(listed));
    set("inFile", json!(in_file));
    set("offered", json!(matches!(fate, Fate::Offered(_))));
    if let Some(facts) = facts {
        set("server", facts_json(facts));
    }
    let reason = match fate {
        Fate::Offered(_) => None,
        Fate::LeftOut(LeftOut::NotForChat(_)) => Some("not-for-chat"),
        Fate::LeftOut(LeftOut::Pattern) => Some("pattern"),
        Fate::LeftOut(LeftOut::ExcludedBy(_)) => Some("excluded"),
        Fate::LeftOut(LeftOut::NotIncluded) => Some("not-included"),
        Fate::Held { held, .. } => Some(hold_reason(held.reason)),
        Fate::Unlisted => Some("not-listed"),
    };
    set("reason", json!(reason));
    match fate {
        Fate::Offered(model) => {
            let field = |(name, value, why)| (String::from(name), json!({ "value": value, "why": because(why) }));
            set("fields", Value::Object(fields(model).map(field).into_iter().collect()))
        }
        Fate::LeftOut(why) => set("leftOut", json!(left_out(why))),
        Fate::Held { held, .. } => set("held", json!(hold(held.reason))),
        Fate::Unlisted => None,
    };
    Value::Object(object)
}

/// A kind, as programs read it.
fn kind_code(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embedding",
        ModelKind::Reranking => "reranking",
        ModelKind::Image => "image",
        ModelKind::Video => "video",
        ModelKind::Speech => "speech",
        ModelKind::Transcription => "transcription",
        ModelKind::Moderation => "moderation",
        ModelKind::Other => "other",
    }
}

fn facts_json(facts: &ModelFacts) -> Value {
    json!({
        "kind": facts.kind.map(kind_code),
        "name": facts.name.as_deref(),
        "maxContext": facts.max_context,
        "loadedContext": facts.loaded_context,
        "vision": facts.vision,
        "reasoning": facts.reasoning,
        "maxOutput": facts.max_output,
        "failed": facts.failed,
        "priced": facts.prices.is_priced(),
    })
}
