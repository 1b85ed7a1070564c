//! A model's values, each with its reason.

use super::keys::Key;
use crate::model::catalog::{Input, Model};
use crate::model::id::ModelId;
use crate::model::price::Cost;
use crate::model::rules::{Glob, Rules};

/// A value, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained<T> {
    /// The value.
    pub value: T,
    /// Where it is from.
    pub why: Reason,
}

impl<T> Explained<T> {
    pub(crate) fn new(value: T, why: Reason) -> Self {
        Self { value, why }
    }
}

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing else was said; the name is then the id.
    Default,
    /// The model's id contains, or does not contain, a mark of [`crate::reasons_by_name`].
    NameRule,
    /// The server says so, by this key.
    Server(&'static Key),
    /// The server says more; this much is used of it.
    Capped {
        /// By which key it says so.
        key: &'static Key,
        /// How much of it is used, in tokens.
        limit: u64,
    },
    /// The server cannot be asked now; this is what was written before.
    Stored,
    /// The user says so.
    Override {
        /// Which of the user's entries, counted from 0.
        index: usize,
        /// Its pattern.
        glob: Glob,
    },
}

/// A model, each of its values with where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedModel {
    /// The model's id.
    pub id: ModelId,
    /// `name`
    pub name: Explained<String>,
    /// `reasoning`
    pub reasoning: Explained<bool>,
    /// `input`
    pub input: Explained<Input>,
    /// `cost`, in dollars per million tokens
    pub cost: Explained<Cost>,
    /// `contextWindow`, in tokens
    pub context_window: Explained<u64>,
    /// `contextTokens`, in tokens
    pub context_tokens: Explained<Option<u64>>,
    /// `maxTokens`, in tokens
    pub max_tokens: Explained<u64>,
}

/// Where each value of a model is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    /// `name`
    pub name: Reason,
    /// `reasoning`
    pub reasoning: Reason,
    /// `input`
    pub input: Reason,
    /// `cost`
    pub cost: Reason,
    /// `contextWindow`
    pub context_window: Reason,
    /// `contextTokens`
    pub context_tokens: Reason,
    /// `maxTokens`
    pub max_tokens: Reason,
}

impl ExplainedModel {
    /// The values without their reasons.
    #[must_use]
    pub fn model(self) -> Model {
        self.split().0
    }

    /// The values, and their reasons.
    #[must_use]
    pub fn split(self) -> (Model, Origins) {
        let Self { id, name, reasoning, input, cost, context_window, context_tokens, max_tokens } = self;
        let origins = Origins {
            name: name.why,
            reasoning: reasoning.why,
            input: input.why,
            cost: cost.why,
            context_window: context_window.why,
            context_tokens: context_tokens.why,
            max_tokens: max_tokens.why,
        };
        let model = Model {
            id,
            name: name.value,
            reasoning: reasoning.value,
            input: input.value,
            cost: cost.value,
            context_window: context_window.value,
            context_tokens: context_tokens.value,
            max_tokens: max_tokens.value,
        };
        (model, origins)
    }

    /// With what the user's rules say in its place.
    pub(crate) fn overridden(mut self, rules: &Rules) -> Self {
        fn set<T>(field: &mut Explained<T>, said: Option<T>, why: &Reason) {
            if let Some(value) = said {
                *field = Explained::new(value, why.clone());
            }
        }
        for (index, said) in rules.overrides.iter().enumerate().filter(|(_, said)| said.glob.matches(&self.id)) {
            let why = Reason::Override { index, glob: said.glob.clone() };
            set(&mut self.name, said.name.clone(), &why);
            set(&mut self.reasoning, said.reasoning, &why);
            set(&mut self.input, said.input, &why);
            set(&mut self.context_window, said.context_window, &why);
            set(&mut self.context_tokens, said.context_tokens.map(Some), &why);
            set(&mut self.max_tokens, said.max_tokens, &why);
        }
        self
    }
}
