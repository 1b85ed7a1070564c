//! Which profile counts for a gateway.

use super::profile::Era;
use super::release::Release;
use super::table::ERAS;

/// What a gateway can be told by that does not say its version: which of the methods that matter it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// `models.authStatus`, at the latest from 2026.4.15 on.
    pub auth_status: bool,
    /// `gateway.restart.preflight`, from 2026.5.4 on.
    pub preflight: bool,
    /// `gateway.suspend.prepare`, from 2026.8.1 on.
    pub suspend: bool,
}

impl Era {
    /// The era of a gateway: by its version where that is one, else by what it can do (2026.2.12 calls itself
    /// `dev`). A version newer than all that are known is of the newest era, one older than all of the oldest.
    #[must_use]
    pub fn for_gateway(version: &str, can: Abilities) -> &'static Self {
        let release = Release::parse(version).unwrap_or(match can {
            Abilities { suspend: true, .. } => Release::NEWEST,
            Abilities { preflight: true, .. } => Release::new(2026, 7, 1),
            Abilities { auth_status: true, .. } => Release::new(2026, 4, 15),
            Abilities { .. } => Release::OLDEST,
        });
        Self::for_release(release)
    }

    /// The era of a version.
    #[must_use]
    pub fn for_release(release: Release) -> &'static Self {
        let begun = ERAS.iter().rev().find(|era| era.since <= release);
        begun.unwrap_or(&ERAS[0])
    }

    /// The versions that it counts for, for a person.
    #[must_use]
    pub fn name(&self) -> String {
        let next = ERAS.iter().find(|era| era.since > self.since);
        match next {
            Some(next) => format!("{} to before {}", self.since, next.since),
            None => format!("{} and later", self.since),
        }
    }
}
