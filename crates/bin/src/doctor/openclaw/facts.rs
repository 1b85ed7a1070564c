//! What there is of openclaw.json.

use std::path::PathBuf;

use adapters_fs::{ConfigProblem, ModelSettings};

use crate::doctor::finding::Check;

/// Whether OpenClaw's configuration can be used.
pub(super) const CONFIG: Check = Check("openclaw.config");

/// What there is of openclaw.json.
pub(crate) struct OpenClawFacts {
    pub(crate) path: PathBuf,
    pub(crate) there: bool,
    /// Why it cannot be used; then nothing else is known of it.
    pub(crate) unusable: Option<String>,
    /// How many files it includes.
    pub(crate) included: usize,
    /// What in it does not do what it seems to.
    pub(crate) problems: Vec<ConfigProblem>,
    /// What it says of each provider that is kept.
    pub(crate) providers: Vec<ProviderFacts>,
}

/// One provider that is kept, as openclaw.json has it.
pub(crate) struct ProviderFacts {
    pub(crate) provider: String,
    pub(crate) settings: ModelSettings,
    /// What is written as its address.
    pub(crate) base_url: String,
    /// The models that OpenClaw is offered; nothing where the server did not say.
    pub(crate) offered: Option<Vec<String>>,
    /// The other providers that models.json files have, and their addresses.
    pub(crate) beside: Vec<(String, String)>,
}
