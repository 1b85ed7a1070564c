//! Changes: what models.json holds, what has to change in it, and what is held back for now.

pub(crate) mod diff;
mod fact_debouncer;
mod plan;
mod removal;
mod stored;

pub use diff::{ChangedModel, Diff, Field, diff};
pub use fact_debouncer::{CHANGE_AT_MOST_EVERY, FactDebouncer};
pub use plan::{API, API_KEY_MARKER, COMPAT, Plan, Provider, Replaced, Row, plan};
pub use removal::{CONFIRM_AFTER, EMPTY_AFTER, HeldModel, HoldReason, Removals, Verdict};
pub use stored::{Stored, StoredModel, StoredProvider, Version};
