//! The use case of lmsync: one pass, and the loop that repeats it.

mod advice;
mod announcer;
mod change;
mod clock;
mod event;
#[cfg(test)]
mod fakes;
mod gauge;
mod journal;
mod names;
mod picker_answer;
mod picker_log;
mod picker_verdict;
mod scheduler;
mod second_target;
mod server;
mod server_journal;
mod showing;
mod status;
mod stores;
mod witnesses;

pub use advice::advice;
pub use announcer::announce;
pub use change::Change;
pub use clock::TokioClock;
pub use domain::Chain;
pub use event::{Event, FileLook, Found, Pass, ServerPass, Trouble, Written};
pub use gauge::NoGauge;
pub use picker_answer::{Configured, PickerAnswer, PickerTrouble, PickerTroubleKind};
pub use scheduler::{Ports, Rhythm, own_pace, run};
pub use second_target::{LiveSetting, NOTICED, SecondTarget, Settled, TargetError};
pub use server::{Base, Mode, Outcome, Profile, Report, Server, StoreReport};
pub use showing::settle;
pub use status::{
    ChangeEntry, Counters, Episode, FileStatus, GatewayLink, LastPass, Moment, OpenclawStatus, PassOutcome,
    Pause, PickerStatus, ServerStatus, Span, Status,
};
pub use stores::load;
pub use witnesses::Witnesses;
