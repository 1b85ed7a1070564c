//! What the daemon knows of itself and its neighbours: a plain value, folded from what the loop and the notifier
//! send.

mod assessed;
mod fold;
mod moment;
mod openclaw;
mod pass;
mod server;
mod timeline;

pub use self::fold::Status;
pub use self::moment::Moment;
pub use self::openclaw::{GatewayLink, OpenclawStatus};
pub use self::pass::{Counters, LastPass, PassOutcome, Pause};
pub use self::server::{FileStatus, PickerStatus, ServerStatus};
pub use self::timeline::{ChangeEntry, Episode, Span};

#[cfg(test)]
mod tests;
