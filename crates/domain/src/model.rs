//! Models: which there are, what is known of each, what the user wishes, and how OpenClaw should know it.

mod catalog;
mod explain;
mod facts;
mod id;
mod listing;
mod metadata;
mod rules;

pub use catalog::{Catalog, Cost, Input, Model};
pub use explain::{Explained, ExplainedModel, Explanation, Fact, Fate, Reason, View};
pub use facts::{FactSheet, Facts, ModelFacts, ModelKind, display_name};
pub use id::{InvalidId, ModelId};
pub use listing::{Incomplete, Listing, Oddity, Unread};
pub use metadata::{
    DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS, Known, UNLOADED_CONTEXT_TOKENS, cannot_chat, describe,
    reasons_by_name,
};
pub use rules::{Glob, LeftOut, Override, Rules};
