//! The eras of OpenClaw: how its versions differ in all that lmsync depends on, as one table, and which row counts.

mod choice;
mod profile;
mod release;
mod table;

pub use choice::Abilities;
pub use profile::{AuthProfiles, Credential, Era, Fate, Identity, Shows, Signal};
pub use release::Release;
pub use table::ERAS;

#[cfg(test)]
mod tests;
