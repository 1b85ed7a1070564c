//! Texts: those of strangers, those that are secret and how they are sent, and errors on one line.

mod chain;
mod key_header;
mod secret;
mod tame;

pub use chain::Chain;
pub use key_header::{KeyHeader, KeyHeaderError};
pub use secret::Secret;
pub use tame::{acts_on_its_surroundings, tame, tame_json, tame_lines};
