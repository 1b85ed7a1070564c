//! Where the values of many models are from. Most models of a server share that, so it is kept once for all of them.

use super::explained::Origins;

/// How many of the latest sets a new one is compared with.
const COMPARED: usize = 16;

/// The origins of each model of a catalog, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OriginTable {
    sets: Vec<Origins>,
    of: Vec<usize>,
}

impl OriginTable {
    /// The sets of origins that there are.
    #[must_use]
    pub fn sets(&self) -> &[Origins] {
        &self.sets
    }

    /// Which of the sets the model at that place of the catalog has.
    #[must_use]
    pub fn set_of(&self, model: usize) -> Option<usize> {
        self.of.get(model).copied()
    }

    /// Adds the next model's. A set that stands further back than [`COMPARED`] is kept twice: a search of all would be
    /// slow where a user has a rule for each of many models.
    pub(crate) fn push(&mut self, origins: Origins) {
        let recent = self.sets.iter().enumerate().rev().take(COMPARED);
        let known = recent.filter(|(_, set)| **set == origins).map(|(index, _)| index).next();
        self.of.push(known.unwrap_or(self.sets.len()));
        if known.is_none() {
            self.sets.push(origins);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::explained::Reason;

    fn origins(name: Reason) -> Origins {
        let [reasoning, input, cost, context_window, context_tokens, max_tokens] = [const { Reason::Default }; 6];
        Origins { name, reasoning, input, cost, context_window, context_tokens, max_tokens }
    }

    #[test]
    fn models_with_the_same_origins_share_a_set() {
        let mut table = OriginTable::default();
        for name in [Reason::Default, Reason::Stored, Reason::Default] {
            table.push(origins(name));
        }
        assert_eq!([0, 1, 2, 3].map(|model| table.set_of(model)), [Some(0), Some(1), Some(0), None]);
        assert_eq!(table.sets(), [origins(Reason::Default), origins(Reason::Stored)]);
    }
}
