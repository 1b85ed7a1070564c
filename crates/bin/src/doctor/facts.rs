//! All facts that the doctor diagnoses.

use super::candidates::CandidateFacts;
use super::configuration::ConfigurationFacts;
use super::content::ContentFacts;
use super::daemon::DaemonFacts;
use super::gateway::GatewayFacts;
use super::host::HostFacts;
use super::listed::Listed;
use super::models::Offered;
use super::openclaw::OpenClawFacts;
use super::path_fault::User;
use super::server::ServerFacts;
use super::state::Place;

/// All facts.
pub(super) struct Facts {
    pub(super) configuration: ConfigurationFacts,
    /// Where the first server was looked for, while nobody has set one.
    pub(super) candidates: Option<CandidateFacts>,
    pub(super) servers: Vec<ServerArea>,
    pub(super) user: User,
    /// The state folder.
    pub(super) folder: Place,
    /// Whether it is OpenClaw's, and whose files are kept.
    pub(super) openclaws: crate::place::Place,
    /// Each model list, and its folder.
    pub(super) places: Vec<(Place, Place)>,
    pub(super) contents: Vec<ContentFacts>,
    pub(super) openclaw: OpenClawFacts,
    pub(super) config_file: Place,
    pub(super) gateway: GatewayFacts,
    pub(super) daemon: DaemonFacts,
    pub(super) host: HostFacts,
}

/// One server, and what it serves where it answers.
pub(super) struct ServerArea {
    pub(super) facts: ServerFacts,
    pub(super) listed: Option<Listed>,
    pub(super) offered: Vec<Offered>,
}
