//! All facts that the doctor diagnoses.

use super::candidates::CandidateFacts;
use super::content::ContentFacts;
use super::daemon::DaemonFacts;
use super::gateway::GatewayFacts;
use super::host::HostFacts;
use super::openclaw::OpenClawFacts;
use super::path_fault::User;
use super::server::ServerFacts;
use super::state::OnDisk;
use crate::place::Place;

/// All facts.
pub(super) struct Facts {
    /// Where the first server was looked for, while nobody has set one.
    pub(super) candidates: Option<CandidateFacts>,
    pub(super) servers: Vec<ServerFacts>,
    pub(super) user: User,
    /// The state folder.
    pub(super) folder: OnDisk,
    /// Whether it is OpenClaw's, and whose files are kept.
    pub(super) place: Place,
    pub(super) files: Vec<FileFacts>,
    pub(super) openclaw: OpenClawFacts,
    pub(super) config_file: OnDisk,
    pub(super) gateway: GatewayFacts,
    pub(super) daemon: DaemonFacts,
    pub(super) host: HostFacts,
}

/// One model list.
pub(super) struct FileFacts {
    pub(super) file: OnDisk,
    /// The folder that it lies in.
    pub(super) folder: OnDisk,
    pub(super) content: ContentFacts,
}
