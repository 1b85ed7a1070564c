//! What each row says of its model, and why: the catalog and its explanation, made by the same rules.

use super::explained::ExplainedModel;
use super::metadata::automatic;
use crate::changes::{FactDebouncer, HeldModel, StoredModel, StoredProvider};
use crate::model::catalog::Catalog;
use crate::model::facts::ModelFacts;
use crate::model::id::ModelId;
use crate::model::listing::Listing;
use crate::model::metadata::{Known, cannot_chat};
use crate::model::origins::OriginTable;
use crate::model::rules::{LeftOut, Rules};

/// All that decides which of a server's models OpenClaw gets, and with which values.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the server lists.
    pub listing: &'a Listing,
    /// What it says of its models.
    pub facts: &'a FactDebouncer,
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
        Catalog::of_distinct(self.described(stored).map(ExplainedModel::model).collect())
    }

    /// The same, with where each value is from.
    #[must_use]
    pub fn catalog_with_origins(&self, stored: Option<&StoredProvider>) -> (Catalog, OriginTable) {
        let (mut models, mut origins) = (Vec::new(), OriginTable::default());
        for explained in self.described(stored) {
            let (model, from) = explained.split();
            models.push(model);
            origins.push(from);
        }
        (Catalog::of_distinct(models), origins)
    }

    fn described(&self, stored: Option<&StoredProvider>) -> impl Iterator<Item = ExplainedModel> {
        let rows = stored.map(StoredProvider::rows_by_id).unwrap_or_default();
        self.offered().map(move |id| self.describe(id, rows.get(id).copied()))
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
