//! A model that LM Studio has loaded.

/// A loaded model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) reference: String,
    /// Its name, made fit to be shown.
    pub(super) shown: String,
}
