//! The verdict: whether OpenClaw has what the servers list, in a word and a sentence.

use std::time::Duration;

use super::{PickerStatus, ServerStatus, Status};
use crate::Configured;

/// How things stand, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No pass has been made yet.
    Starting,
    /// OpenClaw has what the servers list.
    InSync,
    /// The files are true, and OpenClaw does not show what they hold.
    NotVisible,
    /// Inference keeps the next pass waiting.
    Paused,
    /// A server does not list its models, or a file cannot be made true.
    Failing,
    /// The loop does not turn any more.
    Stalled,
}

impl State {
    /// Its name in status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::InSync => "in-sync",
            Self::NotVisible => "not-visible",
            Self::Paused => "paused",
            Self::Failing => "failing",
            Self::Stalled => "stalled",
        }
    }
}

impl Status {
    /// How things stand, and a sentence about it. `patience` is how long the loop may take to turn.
    #[must_use]
    pub fn verdict(&self, now: Duration, patience: Duration) -> (State, String) {
        let silent = now.saturating_sub(self.turned.clock);
        if silent > patience {
            return (State::Stalled, format!("The loop has not turned for {} s.", silent.as_secs()));
        }
        if let Some(pause) = &self.pause {
            return (
                State::Paused,
                format!("Waiting while inference runs: {} ({}).", pause.reason, pause.source),
            );
        }
        if self.last_pass.is_none() {
            return (State::Starting, "The first pass is being made.".to_owned());
        }
        if let Some(why) = self.servers.iter().find_map(failing) {
            return (State::Failing, why);
        }
        if let Some(why) = self.servers.iter().find_map(invisible) {
            return (State::NotVisible, why);
        }
        (State::InSync, self.in_sync())
    }

    fn in_sync(&self) -> String {
        let found = || self.servers.iter().filter_map(|server| server.found.as_ref());
        let (listed, offered) = found()
            .fold((0, 0), |(listed, offered), found| (listed + found.listed, offered + found.offered.len()));
        let held: usize = found().map(|found| found.held.len()).sum();
        let mut sentence = match (listed, offered) {
            (0, _) => "The server lists no model".to_owned(),
            (1, 1) => "OpenClaw has the one model that is served".to_owned(),
            (listed, offered) if listed == offered => {
                format!("OpenClaw has all {listed} models that are served")
            }
            (listed, offered) => {
                let left_out = listed - offered;
                let are = if left_out == 1 { "is" } else { "are" };
                format!(
                    "OpenClaw has {offered} of the {listed} models that are served; {left_out} {are} left out"
                )
            }
        };
        let incomplete = found().find_map(|found| found.incomplete.as_ref());
        match held {
            _ if incomplete.is_some() => {
                let why = incomplete.map(ToString::to_string).unwrap_or_default();
                sentence.push_str(&format!("; nothing is removed: {why}"));
            }
            0 => {}
            1 => sentence.push_str("; one removal waits to be confirmed"),
            held => sentence.push_str(&format!("; {held} removals wait to be confirmed")),
        }
        if self.servers.iter().filter_map(|server| server.picker.as_ref()).any(is_awaited) {
            sentence.push_str("; its picker has not shown the last change yet");
        }
        sentence + "."
    }
}

/// The kinds of trouble in which the gateway answers, and its picker surely does not show what it should.
const HIDES: [&str; 3] = ["hidden", "restart", "unsupported"];

/// Whether a gateway answers, does not show what it should, and will be asked again.
fn is_awaited(picker: &PickerStatus) -> bool {
    let hides = match &picker.result {
        Ok(shown) => !shown.is_as_expected(),
        Err(trouble) => HIDES.contains(&trouble.kind),
    };
    picker.again && hides
}

/// Why a server's models are not in the files, where they are not.
fn failing(server: &ServerStatus) -> Option<String> {
    if let Some(trouble) = &server.trouble {
        let kept = if server.found.is_some() { " What OpenClaw knows stays." } else { "" };
        return Some(format!("{} does not list its models: {}.{kept}", server.provider, trouble.error));
    }
    let mut troubles = server.files.iter().filter_map(|file| file.trouble.as_ref());
    troubles.next().map(|trouble| format!("The model list cannot be updated: {}.", trouble.error))
}

/// Why OpenClaw does not show a server's models although the files are true, where that is so.
fn invisible(server: &ServerStatus) -> Option<String> {
    let picker = server.picker.as_ref().filter(|picker| !picker.again)?;
    let provider = &server.provider;
    let shown = match &picker.result {
        Ok(shown) => shown,
        Err(trouble) if HIDES.contains(&trouble.kind) => {
            let advice = trouble.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
            let why = &trouble.error;
            return Some(format!("OpenClaw's picker does not show all models of {provider}: {why}{advice}."));
        }
        Err(_) => return None,
    };
    match (shown.missing.len(), shown.lingering.len()) {
        (0, 0) if shown.unavailable => {
            let mut sentence = format!(
                "OpenClaw lists the models of {provider}, but has no key of its own for them: set LM_API_TOKEN in the \
                 gateway's environment, and restart it."
            );
            if let Some(Configured::Not { why, advice }) = &picker.configured {
                let other =
                    format!(" It could do without where lmsync writes openclaw.json: {why}; {advice}.");
                sentence.push_str(&other);
            }
            Some(sentence)
        }
        (0, 0) => None,
        (0, lingering) => Some(format!(
            "OpenClaw's picker still shows {lingering} of {provider}'s models that are gone from the file."
        )),
        (missing, _) => Some(format!(
            "OpenClaw's picker lacks {missing} of {provider}'s models that the file holds: is an allowlist in the \
             way, or another provider's entry wrong?"
        )),
    }
}
