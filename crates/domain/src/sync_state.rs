//! Whether OpenClaw shows what the servers list: one judgement for the status page, `lmsync status`, the metrics and
//! the doctor.

mod assessment;
mod situation;
mod state;

pub use assessment::{Advice, Assessment, assess};
pub use situation::{GatewayNow, ListingNow, PickerNow, ServerNow, Situation};
pub use state::{Attention, SyncState};
