//! OpenClaw: what each of its versions needs, what its configuration says of models, and what it undoes.

mod allowlist;
mod config_entry;
mod config_use;
pub mod era;
mod revert_guard;

pub use allowlist::Allowlist;
pub use config_entry::{
    Added, ConfigSeen, ConfigVersion, DesiredEntry, Entry, EntryPlan, EntryRow, Made, plan_entry, withdraw,
};
pub use config_use::{ConfigSetting, ConfigText, SkipReason, is_needed, may_change};
pub use revert_guard::RevertGuard;
