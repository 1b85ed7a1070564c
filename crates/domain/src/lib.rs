//! The pure core of lmsync: what a model is, what OpenClaw should be told about it, and what has to change.
//!
//! Nothing here does input or output, reads a clock or knows a file format. The edges are the traits in
//! [`ports`]; the adapters implement them.

mod activity;
mod changes;
mod model;
mod openclaw;
pub mod ports;
mod sync_state;
mod text;

pub use activity::{Activity, BusySource};
pub use changes::{
    API, API_KEY_MARKER, CHANGE_AT_MOST_EVERY, COMPAT, CONFIRM_AFTER, ChangedModel, Diff, EMPTY_AFTER, FactDebouncer,
    Field, HeldModel, HoldReason, Plan, Provider, Removals, Replaced, Row, Stored, StoredModel, StoredProvider,
    Verdict, Version, diff, plan,
};
pub use model::{
    Catalog, Cost, DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS, Dollars, Explained, ExplainedModel, Explanation, Fact,
    FactSheet, Facts, Fate, Glob, Incomplete, Input, InvalidId, Key, Keys, Known, LISTED, LM_STUDIO, LM_STUDIO_V0,
    LeftOut, Listing, Model, ModelFacts, ModelId, ModelKind, OLLAMA, Oddity, OriginTable, Origins, Override, Price,
    Prices, Proof, Reason, Rules, UNLOADED_CONTEXT_TOKENS, Unread, View, cannot_chat, describe, display_name,
    reasons_by_name,
};
pub use openclaw::{
    Added, Allowlist, ConfigSeen, ConfigSetting, ConfigText, ConfigVersion, DesiredEntry, Entry, EntryPlan, EntryRow,
    Made, RevertGuard, SkipReason, era, is_needed, may_change, plan_entry, withdraw,
};
pub use sync_state::{
    Advice, Assessment, Attention, GatewayNow, ListingNow, PickerNow, ServerNow, Situation, SyncState, assess,
};
pub use text::{
    Chain, KeyHeader, KeyHeaderError, Secret, acts_on_its_surroundings, by_number, count, escape_untrusted,
    escape_untrusted_json, escape_untrusted_lines, name_some,
};
