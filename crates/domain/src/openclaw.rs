//! OpenClaw: what each of its versions needs, what its configuration says of models, and what it undoes.

mod allowlist;
mod config_entry;
mod config_use;
pub mod era;
mod truce;

pub use allowlist::Allowlist;
pub use config_entry::{
    Added, ConfigSeen, ConfigVersion, Entry, EntryPlan, EntryRow, Made, Wanted, plan_entry, withdraw,
};
pub use config_use::{ConfigSetting, ConfigText, Left, is_needed, may_change};
pub use truce::Truce;
