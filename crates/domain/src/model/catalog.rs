//! The catalog: the models that OpenClaw should offer, each fully described.

use std::collections::HashSet;

use crate::model::id::ModelId;
use crate::model::price::Cost;

/// What a model accepts as input, beside text, which all accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Text only.
    Text,
    /// Text and images.
    TextAndImage,
}

/// One model as OpenClaw should know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id by which a chat request names it.
    pub id: ModelId,
    /// The name shown to a person.
    pub name: String,
    /// Whether it thinks before it answers.
    pub reasoning: bool,
    /// What it accepts.
    pub input: Input,
    /// What it costs.
    pub cost: Cost,
    /// The longest context that the model supports, in tokens.
    pub context_window: u64,
    /// The context to work with, in tokens, where it is known to differ from the window.
    pub context_tokens: Option<u64>,
    /// The longest answer to ask for, in tokens.
    pub max_tokens: u64,
}

/// Models in the server's order, each id once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog(Vec<Model>);

impl Catalog {
    /// Takes models of which no two have the same id.
    pub(crate) fn of_distinct(models: Vec<Model>) -> Self {
        Self(models)
    }

    /// The number of models.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The models in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Model> {
        self.0.iter()
    }
}

impl FromIterator<Model> for Catalog {
    /// Collects models; of several with the same id the first one stays.
    fn from_iter<I: IntoIterator<Item = Model>>(models: I) -> Self {
        let mut seen = HashSet::new();
        Self(models.into_iter().filter(|model| seen.insert(model.id.clone())).collect())
    }
}

impl<'a> IntoIterator for &'a Catalog {
    type Item = &'a Model;
    type IntoIter = std::slice::Iter<'a, Model>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Catalog {
    type Item = Model;
    type IntoIter = std::vec::IntoIter<Model>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
