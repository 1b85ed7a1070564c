//! One provider that is kept, as openclaw.json has it.

use adapters_fs::ModelSettings;

/// One provider that is kept.
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
