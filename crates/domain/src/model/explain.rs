//! What each row says of its model, and why: the catalog and its explanation, made by the same rules.

use super::keys::Key;
use super::metadata::automatic;
use crate::{
    Catalog, Cost, Damper, Glob, HeldModel, Input, Known, LeftOut, Listing, Model, ModelFacts, ModelId,
    Rules, StoredModel, StoredProvider, cannot_chat,
};

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
    /// `contextWindow`, in tokens
    pub context_window: Explained<u64>,
    /// `contextTokens`, in tokens
    pub context_tokens: Explained<Option<u64>>,
    /// `maxTokens`, in tokens
    pub max_tokens: Explained<u64>,
}

impl ExplainedModel {
    /// The values without their reasons.
    #[must_use]
    pub fn model(self) -> Model {
        Model {
            id: self.id,
            name: self.name.value,
            reasoning: self.reasoning.value,
            input: self.input.value,
            cost: Cost::Free,
            context_window: self.context_window.value,
            context_tokens: self.context_tokens.value,
            max_tokens: self.max_tokens.value,
        }
    }

    fn overridden(mut self, rules: &Rules) -> Self {
        fn set<T>(field: &mut Explained<T>, said: Option<T>, why: &Reason) {
            if let Some(value) = said {
                *field = Explained::new(value, why.clone());
            }
        }
        for (index, said) in
            rules.overrides.iter().enumerate().filter(|(_, said)| said.glob.matches(&self.id))
        {
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

/// All that decides which of a server's models OpenClaw gets, and with which values.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the server lists.
    pub listing: &'a Listing,
    /// What it says of its models.
    pub facts: &'a Damper,
    /// What the user says.
    pub rules: &'a Rules,
    /// What is not listed and stays for now.
    pub held: &'a [HeldModel],
}

/// What becomes of one id, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The id.
    pub id: ModelId,
    /// Whether the server lists it.
    pub listed: bool,
    /// What the server says of it.
    pub facts: Option<ModelFacts>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// OpenClaw gets a row with these values.
    Offered(Box<ExplainedModel>),
    /// It is listed and not offered.
    LeftOut(LeftOut),
    /// It is no longer listed, and its row stays for now as it is.
    Held {
        /// Since when, and why.
        held: HeldModel,
        /// The row, where the store has one.
        row: Option<StoredModel>,
    },
    /// It is not listed, and not known.
    Unlisted,
}

impl View<'_> {
    /// What a store should offer, given what it has.
    #[must_use]
    pub fn catalog(&self, stored: Option<&StoredProvider>) -> Catalog {
        let rows = stored.map(StoredProvider::rows_by_id).unwrap_or_default();
        Catalog::of_distinct(
            self.offered().map(|id| self.describe(id, rows.get(id).copied()).model()).collect(),
        )
    }

    /// The listed models that are offered, in the server's order.
    pub fn offered(&self) -> impl Iterator<Item = &ModelId> {
        self.listing.ids().iter().filter(|id| self.leave_out(id).is_none())
    }

    /// The listed models that are not offered, and why, in the server's order.
    pub fn left_out(&self) -> impl Iterator<Item = (&ModelId, LeftOut)> {
        self.listing.ids().iter().filter_map(|id| Some((id, self.leave_out(id)?)))
    }

    /// Explains what becomes of an id in a store, given what it has.
    ///
    /// Law: the catalog has a model of that id exactly where it is [`Fate::Offered`], with the same values.
    #[must_use]
    pub fn explain(&self, id: &ModelId, stored: Option<&StoredProvider>) -> Explanation {
        let row = stored.and_then(|provider| provider.models.iter().find(|row| row.id.as_ref() == Some(id)));
        let listed = self.listing.ids().contains(id);
        let held = self.held.iter().find(|held| held.id == *id).filter(|_| !listed);
        let fate = match (held, self.leave_out(id)) {
            (Some(held), _) => Fate::Held { held: held.clone(), row: row.cloned() },
            (None, _) if !listed => Fate::Unlisted,
            (None, Some(why)) => Fate::LeftOut(why),
            (None, None) => Fate::Offered(Box::new(self.describe(id, row))),
        };
        Explanation { id: id.clone(), listed, facts: self.known(id).facts().cloned(), fate }
    }

    fn known(&self, id: &ModelId) -> Known<'_> {
        self.facts.known(id)
    }

    fn leave_out(&self, id: &ModelId) -> Option<LeftOut> {
        cannot_chat(id, self.known(id).facts()).or_else(|| self.rules.leave_out(id))
    }

    fn describe(&self, id: &ModelId, row: Option<&StoredModel>) -> ExplainedModel {
        automatic(id, self.known(id), row).overridden(self.rules)
    }
}

#[cfg(test)]
mod tests;
