//! The pure core of lmsync: what a model is, what OpenClaw should be told about it, and what has to change.
//!
//! Nothing here does input or output, reads a clock or knows a file format. The edges are the traits in
//! [`ports`]; the adapters implement them.

mod activity;
mod allowlist;
mod catalog;
mod config_entry;
mod config_use;
mod damper;
mod diff;
pub mod era;
mod explain;
mod facts;
mod id;
mod in_order;
mod listing;
mod metadata;
mod plan;
pub mod ports;
mod removal;
mod rules;
mod secret;
mod stored;
mod tame;
mod truce;

pub use activity::{Activity, BusySource};
pub use allowlist::Allowlist;
pub use catalog::{Catalog, Cost, Input, Model};
pub use config_entry::{
    Added, ConfigSeen, ConfigVersion, Entry, EntryPlan, EntryRow, Made, Wanted, plan_entry, withdraw,
};
pub use config_use::{ConfigSetting, ConfigText, Left, is_needed, may_change};
pub use damper::{CHANGE_AT_MOST_EVERY, Damper};
pub use diff::{ChangedModel, Diff, Field, diff};
pub use explain::{Explained, ExplainedModel, Explanation, Fact, Fate, Reason, View};
pub use facts::{FactSheet, Facts, ModelFacts, ModelKind, display_name};
pub use id::{InvalidId, ModelId};
pub use in_order::InOrder;
pub use listing::Listing;
pub use metadata::{
    DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS, Known, UNLOADED_CONTEXT_TOKENS, describe, is_offered,
    reasons_by_name,
};
pub use plan::{API, API_KEY_MARKER, COMPAT, Plan, Provider, Row, plan};
pub use removal::{CONFIRM_AFTER, EMPTY_AFTER, HeldModel, HoldReason, Removals, Verdict};
pub use rules::{Glob, LeftOut, Override, Rules};
pub use secret::Secret;
pub use stored::{Stored, StoredModel, StoredProvider, Version};
pub use tame::{acts_on_its_surroundings, tame, tame_json, tame_lines};
pub use truce::Truce;
