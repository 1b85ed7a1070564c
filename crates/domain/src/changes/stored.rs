//! What OpenClaw's models file holds of our provider, as far as we own it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Cost, Input, Model, ModelId};

/// One row of our provider in the file. A field is `None` where the file has no value of the right type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredModel {
    /// The row's id, `None` where it has none that could be a model's.
    pub id: Option<ModelId>,
    /// The name shown to a person.
    pub name: Option<String>,
    /// Whether it thinks before it answers.
    pub reasoning: Option<bool>,
    /// What it accepts.
    pub input: Option<Input>,
    /// What it costs, `None` where any of the four prices is missing, or is none that lmsync writes.
    pub cost: Option<Cost>,
    /// The longest context that the model supports, in tokens.
    pub context_window: Option<u64>,
    /// The context to work with, in tokens.
    pub context_tokens: Option<u64>,
    /// The longest answer to ask for, in tokens.
    pub max_tokens: Option<u64>,
    /// Whether each key of [`crate::COMPAT`] has a value, ours or another.
    pub compat: bool,
}

impl From<&Model> for StoredModel {
    fn from(model: &Model) -> Self {
        Self {
            id: Some(model.id.clone()),
            name: Some(model.name.clone()),
            reasoning: Some(model.reasoning),
            input: Some(model.input),
            cost: Some(model.cost),
            context_window: Some(model.context_window),
            context_tokens: model.context_tokens,
            max_tokens: Some(model.max_tokens),
            compat: true,
        }
    }
}

/// Our provider in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredProvider {
    /// Where chat requests go.
    pub base_url: Option<String>,
    /// The key as written, which must be a marker and no secret.
    pub api_key: Option<String>,
    /// The protocol that the server speaks.
    pub api: Option<String>,
    /// The rows in the file's order, as they are: duplicates and rows without an id included.
    pub models: Vec<StoredModel>,
}

impl StoredProvider {
    /// The first row of each id.
    pub(crate) fn rows_by_id(&self) -> HashMap<&ModelId, &StoredModel> {
        let mut first = HashMap::with_capacity(self.models.len());
        for row in &self.models {
            if let Some(id) = &row.id {
                first.entry(id).or_insert(row);
            }
        }
        first
    }
}

/// The exact content that a file had when it was read: `None` for no file.
///
/// A write is made over a version and fails when the file has changed since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Version(pub Option<Arc<[u8]>>);

/// The content of the file, as it was read once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    /// The content that was read.
    pub version: Version,
    /// Our provider, `None` where the file has none.
    pub provider: Option<Arc<StoredProvider>>,
}

impl Stored {
    /// Whether there is a row of each of these ids.
    #[must_use]
    pub fn has_each<'a>(&self, mut ids: impl Iterator<Item = &'a ModelId>) -> bool {
        let rows = self.provider.as_deref().map(StoredProvider::rows_by_id).unwrap_or_default();
        ids.all(|id| rows.contains_key(id))
    }
}
