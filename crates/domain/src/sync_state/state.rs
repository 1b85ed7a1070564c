//! The states that a person reads, from best to worst.

/// How things stand, in a word. The order is from best to worst: where several hold, the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncState {
    /// Every server lists models, every file has them, and the picker of the running gateway shows them.
    InSync,
    /// No pass has ended yet.
    Starting,
    /// The files are written, and no gateway runs that could show the models.
    WaitingForOpenclaw,
    /// The files are written, and neither OpenClaw nor its configuration is there.
    NoOpenclaw,
    /// The files are written, and lmsync is set not to ask the picker.
    NotChecked,
    /// The files are written, and the picker has not shown the last change yet.
    Updating,
    /// Inference keeps the next pass waiting.
    Paused,
    /// The files are written, and the gateway does not let lmsync ask its picker, or does not answer.
    CannotCheck,
    /// The files are written, and this version of OpenClaw reads them only when it starts.
    NeedsRestart,
    /// The picker still lists models that were removed.
    Lingering,
    /// A part of a server's listing could not be read or was not fetched, so nothing is removed.
    IncompleteListing,
    /// A server lists no model that OpenClaw could chat with.
    NoModels,
    /// Models are gone from a listing, and are removed once that is confirmed.
    Removing,
    /// Some servers do not list their models; others do.
    SomeServersDown,
    /// The picker does not show models that the files have.
    PickerLacksModels,
    /// A file lacks models, and nothing that runs here is about to write them.
    NotWritten,
    /// The picker shows the models, and OpenClaw has no key to use them with.
    NoKey,
    /// A file cannot be read or written.
    CannotWrite,
    /// No server lists its models.
    ServerDown,
    /// The daemon's loop hangs.
    Stalled,
}

/// How much a state is worth a person's attention, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// All is well.
    Good,
    /// Nothing is wrong, and something that is not running yet is waited for.
    Idle,
    /// Nothing is wrong, and it goes on by itself.
    Calm,
    /// A person should look at something.
    Warning,
    /// Something does not work.
    Failure,
}

impl SyncState {
    /// Every state, from best to worst.
    pub const ALL: [Self; 20] = [
        Self::InSync,
        Self::Starting,
        Self::WaitingForOpenclaw,
        Self::NoOpenclaw,
        Self::NotChecked,
        Self::Updating,
        Self::Paused,
        Self::CannotCheck,
        Self::NeedsRestart,
        Self::Lingering,
        Self::IncompleteListing,
        Self::NoModels,
        Self::Removing,
        Self::SomeServersDown,
        Self::PickerLacksModels,
        Self::NotWritten,
        Self::NoKey,
        Self::CannotWrite,
        Self::ServerDown,
        Self::Stalled,
    ];

    /// Its code: the same in JSON, metrics and on the page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Starting => "starting",
            Self::WaitingForOpenclaw => "waiting-for-openclaw",
            Self::NoOpenclaw => "no-openclaw",
            Self::NotChecked => "not-checked",
            Self::Updating => "updating",
            Self::Paused => "paused",
            Self::CannotCheck => "cannot-check",
            Self::NeedsRestart => "needs-restart",
            Self::Lingering => "lingering",
            Self::IncompleteListing => "incomplete-listing",
            Self::NoModels => "no-models",
            Self::Removing => "removing",
            Self::SomeServersDown => "some-servers-down",
            Self::PickerLacksModels => "picker-lacks-models",
            Self::NotWritten => "not-written",
            Self::NoKey => "no-key",
            Self::CannotWrite => "cannot-write",
            Self::ServerDown => "server-down",
            Self::Stalled => "stalled",
        }
    }

    /// How much attention it asks for.
    #[must_use]
    pub const fn attention(self) -> Attention {
        match self {
            Self::InSync => Attention::Good,
            Self::Starting | Self::WaitingForOpenclaw | Self::NoOpenclaw | Self::NotChecked => Attention::Idle,
            Self::Updating | Self::Paused => Attention::Calm,
            Self::CannotCheck
            | Self::NeedsRestart
            | Self::Lingering
            | Self::IncompleteListing
            | Self::NoModels
            | Self::Removing
            | Self::SomeServersDown => Attention::Warning,
            Self::PickerLacksModels
            | Self::NotWritten
            | Self::NoKey
            | Self::CannotWrite
            | Self::ServerDown
            | Self::Stalled => Attention::Failure,
        }
    }
}

impl Attention {
    /// Its name in JSON and on the page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Idle => "idle",
            Self::Calm => "calm",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_in_order_and_a_worse_state_never_asks_for_less_attention() {
        assert!(SyncState::ALL.is_sorted());
        assert_eq!(SyncState::ALL.len(), SyncState::Stalled as usize + 1);
        assert!(SyncState::ALL.map(SyncState::attention).is_sorted());
    }
}
