//! The status, assessed: the facts of `domain::assess`, taken from what the daemon knows.

use std::time::Duration;

use domain::{Assessment, HoldReason, LeftOut, ListingNow, PickerNow, ServerNow, Situation, assess};

use super::fold::Status;
use super::openclaw::{GatewayLink, OpenclawStatus};
use crate::event::Found;
use crate::picker_answer::{Configured, PickerTroubleKind};
use crate::status::server::{PickerStatus, ServerStatus};

impl Status {
    /// How things stand now. `patience` is how long the loop may take to turn.
    #[must_use]
    pub fn assess(&self, now: Duration, patience: Duration) -> Assessment {
        let silent = now.saturating_sub(self.turned.clock);
        let pause = self.pause.as_ref().map(|pause| format!("{} ({})", pause.reason, pause.source));
        let openclaw = &self.openclaw;
        let incomplete =
            self.servers.iter().map(|server| Some(server.found.as_ref()?.incomplete.as_ref()?.to_string()));
        let incomplete: Vec<Option<String>> = incomplete.collect();
        let known = self.servers.iter().zip(&incomplete);
        let servers: Vec<ServerNow<'_>> =
            known.map(|(server, incomplete)| server_now(server, incomplete.as_deref(), openclaw)).collect();
        assess(&Situation {
            hangs: (silent > patience).then_some(silent),
            pause: pause.as_deref(),
            gateway: openclaw.gateway(),
            servers: &servers,
        })
    }

    /// When the first models are removed unless they are listed again, on the clock; `None` where that cannot be said,
    /// because nothing is to be removed, or checks wait.
    #[must_use]
    pub fn removes_at(&self) -> Option<Duration> {
        let up = self.servers.iter().filter(|server| server.trouble.is_none() && self.pause.is_none());
        up.filter_map(|server| server.found.as_ref()?.removes_at).min()
    }
}

fn server_now<'a>(server: &'a ServerStatus, incomplete: Option<&'a str>, openclaw: &OpenclawStatus) -> ServerNow<'a> {
    let mut troubles = server.files.iter().filter_map(|file| file.trouble.as_ref());
    ServerNow {
        provider: &server.provider,
        listing: listing_now(server, incomplete),
        empty_after: server.found.as_ref().filter(|found| waits_for_empty(found)).map(|found| found.empty_after),
        file_trouble: troubles.next().map(|trouble| &*trouble.error),
        unwritten: 0,
        picker: match &server.picker {
            _ if openclaw.picker_is_off => PickerNow::Off,
            Some(picker) if server.unasked_since.is_none() => picker_now(picker, &openclaw.link),
            _ => PickerNow::Unasked,
        },
    }
}

/// Whether removals wait until the list was empty for long enough.
fn waits_for_empty(found: &Found) -> bool {
    found.held.iter().any(|held| held.reason == HoldReason::ListEmpty)
}

fn listing_now<'a>(server: &'a ServerStatus, incomplete: Option<&'a str>) -> ListingNow<'a> {
    match (&server.trouble, &server.found) {
        (Some(trouble), found) => {
            ListingNow::Down { why: &trouble.error, advice: trouble.advice, known: found.is_some() }
        }
        (None, None) => ListingNow::Unasked,
        (None, Some(found)) => {
            let not_for_chat = found.left_out.iter().filter(|(_, why)| matches!(why, LeftOut::NotForChat(_)));
            ListingNow::Models {
                listed: found.listed,
                offered: found.offered.len(),
                not_for_chat: not_for_chat.count(),
                removing: if found.removes_at.is_some() { found.held.len() } else { 0 },
                incomplete,
            }
        }
    }
}

fn picker_now<'a>(picker: &'a PickerStatus, link: &GatewayLink) -> PickerNow<'a> {
    let trouble = match &picker.result {
        Ok(shown) => {
            let keyless = match &picker.configured {
                Some(Configured::Not { why, advice }) => Some((&**why, *advice)),
                _ => None,
            };
            return PickerNow::Shows {
                models: shown.models,
                missing: &shown.missing,
                lingering: &shown.lingering,
                usable: !shown.unavailable,
                again: picker.again,
                keyless,
                wants_profile: picker.wants_profile,
            };
        }
        Err(trouble) => trouble,
    };
    let (why, advice) = (&*trouble.error, trouble.advice);
    match trouble.kind {
        // It runs by now and lets lmsync read, and is asked soon.
        PickerTroubleKind::Unreachable | PickerTroubleKind::Forbidden if *link == GatewayLink::Open => {
            PickerNow::Unasked
        }
        PickerTroubleKind::Hidden | PickerTroubleKind::Unsupported if picker.again => PickerNow::Unasked,
        PickerTroubleKind::Unreachable | PickerTroubleKind::Forbidden | PickerTroubleKind::Failed => {
            PickerNow::Fails { why, advice }
        }
        PickerTroubleKind::Hidden | PickerTroubleKind::Unsupported => PickerNow::Hides { why, advice },
        PickerTroubleKind::Restart => PickerNow::NeedsRestart { why },
    }
}
