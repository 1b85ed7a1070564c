//! A listing: what a server answered when it was asked which models it can serve.

use std::collections::HashSet;

use crate::ModelId;

/// The ids of one answer, in the server's order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    ids: Vec<ModelId>,
    skipped: usize,
}

impl Listing {
    /// Takes the ids of an answer, of which `skipped` further entries had no usable id.
    #[must_use]
    pub fn new(ids: impl IntoIterator<Item = ModelId>, skipped: usize) -> Self {
        let mut seen = HashSet::new();
        Self { ids: ids.into_iter().filter(|id| seen.insert(id.clone())).collect(), skipped }
    }

    /// The ids, in the server's order, without duplicates.
    #[must_use]
    pub fn ids(&self) -> &[ModelId] {
        &self.ids
    }

    /// How many entries of the answer had no usable id.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }
}
