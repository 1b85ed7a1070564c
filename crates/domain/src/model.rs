//! Models: which there are, what is known of each, what the user wishes, and how OpenClaw should know it.

mod catalog;
mod explain;
mod explained;
mod facts;
mod id;
mod keys;
mod kind;
mod listing;
mod metadata;
mod origins;
mod price;
mod rules;

pub use catalog::{Catalog, Input, Model};
pub use explain::{Explanation, Fate, View};
pub use explained::{Explained, ExplainedModel, Origins, Reason};
pub use facts::{FactSheet, Facts, Keys, ModelFacts, display_name};
pub use id::{InvalidId, ModelId};
pub use keys::{Fact, Key, LISTED, LM_STUDIO, LM_STUDIO_V0, OLLAMA, Proof};
pub use kind::ModelKind;
pub use listing::{Incomplete, Listing, Oddity, Unread};
pub use metadata::{
    DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS, Known, UNLOADED_CONTEXT_TOKENS, cannot_chat, describe, reasons_by_name,
};
pub use origins::OriginTable;
pub use price::{Cost, Dollars, Price, Prices};
pub use rules::{Glob, LeftOut, Override, Rules};
