//! What the daemon knows of one server, of the files that hold its models, and of the picker that shows them.

use std::sync::Arc;
use std::time::Duration;

use domain::ModelId;
use domain::ports::Shown;

use super::moment::Moment;
use crate::event::{FileResult, Found, ServerPass, Trouble};
use crate::picker_answer::{Configured, PickerAnswer, PickerTrouble};

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerStatus {
    /// The key below `providers`.
    pub provider: String,
    /// Its address, as it is asked.
    pub address: String,
    /// Why it does not list its models now, where it does not.
    pub trouble: Option<Trouble>,
    /// Since when it answers, or does not.
    pub since: Moment,
    /// When it last listed its models; `None` where it never has.
    pub listed: Option<Moment>,
    /// When it last did not, and why.
    pub last_trouble: Option<(Moment, Trouble)>,
    /// What it last listed, and what followed; `None` where it never has.
    pub found: Option<Arc<Found>>,
    /// Each file, as of its last listing.
    pub files: Vec<FileStatus>,
    /// What the running gateway's picker last showed; `None` where it was not asked yet.
    pub picker: Option<PickerStatus>,
    /// When the server listed the latest change that the picker was not asked about yet; `None` where there is none.
    pub unasked_since: Option<Duration>,
}

/// What is known of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStatus {
    /// The file, for a person.
    pub name: String,
    /// Why it is not true now, where it is not.
    pub trouble: Option<Trouble>,
    /// Since when it is true, or is not.
    pub since: Moment,
    /// Models that are offered and that it does not have.
    pub lacks: Vec<ModelId>,
}

/// What is known of the picker, as far as one server's models go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerStatus {
    /// When it was asked last.
    pub at: Moment,
    /// What it showed, or why it does not show what it should.
    pub result: Result<Shown, PickerTrouble>,
    /// How long after the server listed the change.
    pub since_listed: Duration,
    /// Whether it will be asked again.
    pub again: bool,
    /// What OpenClaw's own configuration came to, where that was read.
    pub configured: Option<Configured>,
    /// Whether this version takes a key from `auth-profiles.json`, and none from the gateway's environment.
    pub wants_profile: bool,
}

impl ServerStatus {
    pub(super) fn new(pass: &ServerPass, now: Moment) -> Self {
        let ServerPass { provider, address, .. } = pass;
        Self {
            provider: provider.clone(),
            address: address.clone(),
            trouble: None,
            since: now,
            listed: None,
            last_trouble: None,
            found: None,
            files: Vec::new(),
            picker: None,
            unasked_since: Some(Duration::ZERO),
        }
    }

    pub(super) fn passed(&mut self, pass: &ServerPass, now: Moment) {
        self.address.clone_from(&pass.address);
        let trouble = pass.result.as_ref().err().cloned();
        if kind(trouble.as_ref()) != kind(self.trouble.as_ref()) {
            self.since = now;
        }
        self.last_trouble = trouble.clone().map(|trouble| (now, trouble)).or(self.last_trouble.take());
        self.trouble = trouble;
        let Ok(found) = &pass.result else { return };
        self.listed = Some(now);
        let mut had = std::mem::take(&mut self.files);
        for result in &found.files {
            let known = had.iter().position(|file| file.name == result.name);
            let mut file = known.map_or_else(|| FileStatus::new(result, now), |index| had.swap_remove(index));
            file.read(result, now);
            self.files.push(file);
        }
        self.found = Some(Arc::clone(found));
    }

    pub(super) fn asked(&mut self, answer: &PickerAnswer, now: Moment) {
        self.picker = Some(PickerStatus::new(answer, now));
        // A later change may have come while it was asked about this one.
        if self.unasked_since.is_some_and(|since| since <= answer.listed_at) {
            self.unasked_since = None;
        }
    }
}

impl FileStatus {
    fn new(file: &FileResult, now: Moment) -> Self {
        Self { name: file.name.clone(), trouble: None, since: now, lacks: Vec::new() }
    }

    fn read(&mut self, file: &FileResult, now: Moment) {
        let trouble = file.result.as_ref().err().cloned();
        if kind(trouble.as_ref()) != kind(self.trouble.as_ref()) {
            self.since = now;
        }
        self.trouble = trouble;
        self.lacks.clone_from(&file.lacks);
    }
}

impl PickerStatus {
    pub(super) fn new(answer: &PickerAnswer, now: Moment) -> Self {
        let PickerAnswer { provider: _, result, listed_at: _, since_listed, again, configured, wants_profile } =
            answer.clone();
        Self { at: now, result, since_listed, again, configured, wants_profile }
    }

    /// Whether it shows what it should.
    #[must_use]
    pub fn shows_all(&self) -> bool {
        self.result.as_ref().is_ok_and(Shown::is_as_expected)
    }
}

fn kind(trouble: Option<&Trouble>) -> Option<&'static str> {
    trouble.map(|trouble| trouble.kind)
}
