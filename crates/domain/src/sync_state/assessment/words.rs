//! The headline of a state, and the sentences with numbers.

use std::time::Duration;

use crate::sync_state::situation::{ListingNow, ServerNow};
use crate::sync_state::state::SyncState;
use crate::text::{by_number, count};

pub(super) fn title(state: SyncState, models: usize, down: usize, servers: usize) -> String {
    match state {
        SyncState::InSync => "In sync".to_owned(),
        SyncState::Starting => "Starting".to_owned(),
        SyncState::WaitingForOpenclaw => "Waiting for OpenClaw".to_owned(),
        SyncState::NoOpenclaw => "No OpenClaw here".to_owned(),
        SyncState::NotChecked => "Written, not checked".to_owned(),
        SyncState::Updating => "Updating OpenClaw".to_owned(),
        SyncState::Paused => "Paused".to_owned(),
        SyncState::CannotCheck => "Cannot check OpenClaw".to_owned(),
        SyncState::NeedsRestart => "OpenClaw needs a restart".to_owned(),
        SyncState::Lingering => format!("OpenClaw still lists {}", count(models, "removed model")),
        SyncState::IncompleteListing => "Incomplete listing".to_owned(),
        SyncState::NoModels => "No models served".to_owned(),
        SyncState::Removing => format!("Removing {}", count(models, "model")),
        SyncState::SomeServersDown => {
            format!("{down} of {servers} servers {} down", by_number(down, "is", "are"))
        }
        SyncState::PickerLacksModels if models == 0 => "Not visible in OpenClaw".to_owned(),
        SyncState::PickerLacksModels => format!("OpenClaw lacks {}", count(models, "model")),
        SyncState::NotWritten => format!("{} not written yet", count(models, "model")),
        SyncState::NoKey => "Listed without a key".to_owned(),
        SyncState::CannotWrite => "Cannot update the model list".to_owned(),
        SyncState::ServerDown if servers == 1 => "Server is down".to_owned(),
        SyncState::ServerDown => format!("All {servers} servers are down"),
        SyncState::Stalled => "Stalled".to_owned(),
    }
}

pub(super) fn in_sync(servers: &[ServerNow<'_>]) -> String {
    let (listed, offered) = totals(servers);
    match (listed, offered) {
        (1, 1) => "OpenClaw shows the one model that is served.".to_owned(),
        (listed, offered) if listed == offered => {
            format!("OpenClaw shows all {listed} models that are served.")
        }
        (listed, offered) => {
            let left_out = listed - offered;
            let are = by_number(left_out, "is", "are");
            format!("OpenClaw shows {offered} of the {listed} models that are served; {left_out} {are} left out.")
        }
    }
}

pub(super) fn written(servers: &[ServerNow<'_>]) -> String {
    let (_, offered) = totals(servers);
    format!("{} {} written.", count(offered, "model"), by_number(offered, "is", "are"))
}

fn totals(servers: &[ServerNow<'_>]) -> (usize, usize) {
    servers.iter().fold((0, 0), |(all, some), server| match server.listing {
        ListingNow::Models { listed, offered, .. } => (all + listed, some + offered),
        ListingNow::Unasked | ListingNow::Down { .. } => (all, some),
    })
}

/// A duration as a setting has it: `20s`.
pub(super) fn duration(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}
