//! Texts: those of strangers, those that are secret and how they are sent, errors on one line, and numbers in
//! sentences.

mod chain;
mod escape_untrusted;
mod key_header;
mod numbers;
mod secret;

pub use chain::Chain;
pub use escape_untrusted::{acts_on_its_surroundings, escape_untrusted, escape_untrusted_json, escape_untrusted_lines};
pub use key_header::{KeyHeader, KeyHeaderError};
pub use numbers::{by_number, count, name_some};
pub use secret::Secret;
