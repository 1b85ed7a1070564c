//! The use case of lmsync: one pass, and the loop that repeats it.

mod activity_sources;
mod advice;
mod announced;
mod change;
mod clock;
mod config_target;
mod event;
#[cfg(test)]
mod fakes;
mod names;
mod no_activity_source;
mod notifier;
mod picker_answer;
mod picker_log;
mod picker_verdict;
mod scheduler;
mod server;
mod server_log;
mod showing;
mod state_log;
mod status;
mod stores;

pub use activity_sources::ActivitySources;
pub use advice::advice;
pub use change::{Change, ChangedIds};
pub use clock::TokioClock;
pub use config_target::{ConfigTarget, LiveSetting, NOTICED, TargetError, TargetOutcome};
pub use event::{Event, FileResult, Found, Pass, ServerPass, Trouble};
pub use names::NameList;
pub use no_activity_source::NoActivitySource;
pub use notifier::notify;
pub use picker_answer::{Configured, PickerAnswer, PickerTrouble, PickerTroubleKind};
pub use scheduler::{Ports, Rhythm, own_pace, run};
pub use server::{Base, Mode, Outcome, Profile, Report, Server, StoreReport};
pub use status::{
    ChangeEntry, Counters, Episode, FileStatus, GatewayLink, LastPass, Moment, OpenclawStatus, PassOutcome, Pause,
    PickerStatus, ServerStatus, Span, Status,
};
pub use stores::load;
