//! The use case of lmsync: configuration, one pass, and the loop that repeats it.

mod announcer;
mod clock;
pub mod config;
#[cfg(test)]
mod fakes;
mod gauge;
mod journal;
mod pass;
mod scheduler;
mod witnesses;

pub use announcer::{Change, announce};
pub use clock::TokioClock;
pub use gauge::NoGauge;
pub use journal::{Chain, Journal, advice};
pub use pass::{Mode, Outcome, PassError, Report, pass};
pub use scheduler::{Event, Ports, Rhythm, run};
pub use witnesses::Witnesses;
