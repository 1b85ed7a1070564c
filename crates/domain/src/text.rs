//! Texts: those of strangers, those that are secret, and errors on one line.

mod chain;
mod secret;
mod tame;

pub use chain::Chain;
pub use secret::Secret;
pub use tame::{acts_on_its_surroundings, tame, tame_json, tame_lines};
