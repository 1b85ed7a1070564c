//! What there is of the running gateway.

use std::path::PathBuf;

use adapters_fs::{AuthProfile, ProviderEntry};
use adapters_http::{GatewaySeen, GatewayTrouble};
use domain::era::Era;
use domain::ports::{GatewayError, Running, Shown};

use crate::doctor::finding::Check;
use crate::host_kind::HostKind;

/// Whether lmsync reaches it.
pub(super) const REACHED: Check = Check("gateway.reachable");

/// What there is of it.
pub(crate) struct GatewayFacts {
    pub(crate) here: HostKind,
    pub(crate) address: String,
    pub(crate) seen: Result<GatewaySeen, GatewayTrouble>,
    /// The OpenClaw that would run, where the gateway itself says nothing.
    pub(crate) installed: Option<Running>,
    pub(crate) pickers: Vec<PickerFacts>,
    /// openclaw.json
    pub(crate) config_file: PathBuf,
    /// The agent's auth-profiles.json.
    pub(crate) auth_file: PathBuf,
}

/// What its picker shows of one provider.
pub(crate) struct PickerFacts {
    pub(crate) provider: String,
    /// How many models OpenClaw's file holds for it.
    pub(crate) kept: usize,
    /// The name of that file, which the version decides.
    pub(crate) kept_in: &'static str,
    pub(crate) shown: Result<Shown, GatewayError>,
    pub(crate) profile: AuthProfile,
    /// What is written as its address.
    pub(crate) base_url: String,
    /// The provider's entry in openclaw.json.
    pub(crate) entry: Option<ProviderEntry>,
    /// Whether the server asks for a key that a person has set.
    pub(crate) own_key: bool,
}

impl GatewayFacts {
    /// The era of OpenClaw, as far as anything tells it.
    pub(crate) fn era(&self) -> Option<&'static Era> {
        match &self.seen {
            Ok(seen) => Some(seen.era),
            Err(_) => self.installed.as_ref().map(|installed| installed.era),
        }
    }
}
