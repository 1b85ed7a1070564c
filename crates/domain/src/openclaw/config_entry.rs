//! Our provider's entry in openclaw.json, and the changes that bring it up to date.
//!
//! The file is the user's. lmsync adds rows, remembers which, and changes and removes those alone.

mod entry;
mod plan;
mod withdraw;

pub use entry::{Added, ConfigSeen, ConfigVersion, DesiredEntry, Entry, EntryPlan, EntryRow, Made};
pub use plan::plan_entry;
pub use withdraw::withdraw;

#[cfg(test)]
mod tests;
