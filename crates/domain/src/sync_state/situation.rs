//! What the assessment is made from: plain facts about the servers, the files and the picker.

use std::time::Duration;

use crate::model::ModelId;

/// All that is known now.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// For how long the daemon's loop has not turned, where that is too long.
    pub hangs: Option<Duration>,
    /// What runs, where inference keeps the next pass waiting.
    pub pause: Option<&'a str>,
    /// What is known of the gateway.
    pub gateway: GatewayNow<'a>,
    /// The servers; none before the first pass has ended.
    pub servers: &'a [ServerNow<'a>],
}

/// What is known of OpenClaw's gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayNow<'a> {
    /// It was not asked yet.
    Unknown,
    /// It answers, and lets lmsync read.
    Runs,
    /// None runs, and neither OpenClaw nor its configuration is there.
    NoOpenclaw,
    /// None runs, or it is only starting.
    Away,
    /// It does not let lmsync in, or does not answer as a gateway does.
    Refuses {
        /// Why.
        why: &'a str,
        /// What helps.
        advice: Option<&'a str>,
    },
}

/// What is known of one server and of OpenClaw's use of it.
#[derive(Debug, Clone, Copy)]
pub struct ServerNow<'a> {
    /// The key below `providers`.
    pub provider: &'a str,
    /// What it lists.
    pub listing: ListingNow<'a>,
    /// How long its list has to be empty until it is believed, where removals wait for that.
    pub empty_after: Option<Duration>,
    /// Why one of the agents' files does not have its models, where one does not.
    pub file_trouble: Option<&'a str>,
    /// How many models a file lacks although it can be written.
    pub unwritten: usize,
    /// What the picker shows of it.
    pub picker: PickerNow<'a>,
}

/// What a server lists.
#[derive(Debug, Clone, Copy)]
pub enum ListingNow<'a> {
    /// It was not asked yet.
    Unasked,
    /// It does not list its models.
    Down {
        /// Why.
        why: &'a str,
        /// What helps.
        advice: Option<&'a str>,
        /// Whether OpenClaw still has what it listed before.
        known: bool,
    },
    /// It lists models.
    Models {
        /// How many it lists.
        listed: usize,
        /// How many of them OpenClaw is offered.
        offered: usize,
        /// How many of them are for something else than chat, as the server says.
        not_for_chat: usize,
        /// How many that it no longer lists are removed once that is confirmed.
        removing: usize,
        /// Why it is not known whether this is all of its list, where it is not.
        incomplete: Option<&'a str>,
    },
}

/// What the running gateway's picker shows of one server's models.
#[derive(Debug, Clone, Copy)]
pub enum PickerNow<'a> {
    /// lmsync is set not to ask it.
    Off,
    /// It was not asked since the last change.
    Unasked,
    /// It answered.
    Shows {
        /// How many models of the server it lists.
        models: usize,
        /// Offered models that it does not list.
        missing: &'a [ModelId],
        /// Removed models that it still lists.
        lingering: &'a [ModelId],
        /// Whether OpenClaw has a key to use them with.
        usable: bool,
        /// Whether it is asked again soon about the same change.
        again: bool,
        /// Why lmsync does not provide the key, and what helps, where that is known.
        keyless: Option<(&'a str, &'a str)>,
        /// Whether this version takes a key from `auth-profiles.json`, and none from the gateway's environment.
        wants_profile: bool,
    },
    /// Something keeps models out of it: an allowlist, or what this version of OpenClaw does.
    Hides {
        /// Why.
        why: &'a str,
        /// What helps.
        advice: Option<&'a str>,
    },
    /// This version shows the change only after a restart.
    NeedsRestart {
        /// Why.
        why: &'a str,
    },
    /// It could not be asked.
    Fails {
        /// Why.
        why: &'a str,
        /// What helps.
        advice: Option<&'a str>,
    },
}
