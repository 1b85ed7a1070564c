//! Changes: what models.json holds, what has to change in it, and what is held back for now.

mod damper;
pub(crate) mod diff;
mod plan;
mod removal;
mod stored;

pub use damper::{CHANGE_AT_MOST_EVERY, Damper};
pub use diff::{ChangedModel, Diff, Field, diff};
pub use plan::{API, API_KEY_MARKER, COMPAT, Plan, Provider, Replaced, Row, plan};
pub use removal::{CONFIRM_AFTER, EMPTY_AFTER, HeldModel, HoldReason, Removals, Verdict};
pub use stored::{Stored, StoredModel, StoredProvider, Version};
