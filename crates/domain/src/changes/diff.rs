//! The difference between the rows that a file has and the catalog that it should have.

use std::collections::{HashMap, HashSet};

use crate::changes::stored::StoredModel;
use crate::model::{Catalog, Model, ModelId};

/// A field of a model's row that lmsync owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `name`
    Name,
    /// `reasoning`
    Reasoning,
    /// `input`
    Input,
    /// `cost`
    Cost,
    /// `contextWindow`
    ContextWindow,
    /// `contextTokens`
    ContextTokens,
    /// `maxTokens`
    MaxTokens,
    /// `compat`
    Compat,
    /// The row as a whole: its id stands more than once.
    Duplicate,
}

impl Field {
    /// Its key in a row.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Reasoning => "reasoning",
            Self::Input => "input",
            Self::Cost => "cost",
            Self::ContextWindow => "contextWindow",
            Self::ContextTokens => "contextTokens",
            Self::MaxTokens => "maxTokens",
            Self::Compat => "compat",
            Self::Duplicate => "duplicate row",
        }
    }
}

/// A model that the file has, but not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedModel {
    /// The row as the file has it.
    pub before: StoredModel,
    /// The model as it should be.
    pub after: Model,
    /// Which fields differ, in the file's usual order; never empty.
    pub fields: Vec<Field>,
}

/// What has to change in a list of rows. The order of rows is not part of it: a server that lists the same
/// models in another order has said nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Models that the file lacks, in the catalog's order.
    pub added: Vec<Model>,
    /// Models that the file has with other values, in the catalog's order.
    pub changed: Vec<ChangedModel>,
    /// Ids that the file has, and that are neither in the catalog nor held, in the file's order.
    pub removed: Vec<ModelId>,
    /// Rows without a usable id: they make OpenClaw refuse the whole file.
    pub invalid: usize,
}

impl Diff {
    /// Whether nothing has to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty() && self.invalid == 0
    }

    /// Adds the model where its row is not as it should be.
    fn compare(&mut self, row: &StoredModel, model: &Model, stands_twice: bool) {
        let mut fields = differing(row, model);
        if stands_twice {
            fields.push(Field::Duplicate);
        }
        if !fields.is_empty() {
            self.changed.push(ChangedModel { before: row.clone(), after: model.clone(), fields });
        }
    }
}

/// Compares the rows of a file with the catalog that they should show. Rows of `held` ids that the catalog has
/// not stay as they are, and are no difference.
///
/// Laws: `diff(rows_of(x), x, held)` is empty; applying `diff(rows, x, held)` to `rows` gives `x` in every owned
/// field, and the rows of held ids unchanged.
#[must_use]
pub fn diff(rows: &[StoredModel], wanted: &Catalog, held: &HashSet<&ModelId>) -> Diff {
    let mut stored: HashMap<&ModelId, &StoredModel> = HashMap::with_capacity(rows.len());
    let mut duplicates: HashSet<&ModelId> = HashSet::new();
    let mut diff = Diff::default();
    for row in rows {
        match &row.id {
            None => diff.invalid += 1,
            Some(id) => {
                if stored.contains_key(id) {
                    duplicates.insert(id);
                } else {
                    stored.insert(id, row);
                }
            }
        }
    }
    for model in wanted {
        match stored.remove(&model.id) {
            None => diff.added.push(model.clone()),
            Some(row) => diff.compare(row, model, duplicates.contains(&model.id)),
        }
    }
    if !stored.is_empty() {
        let mut once = HashSet::new();
        let gone = rows.iter().filter_map(|row| row.id.as_ref());
        let gone = gone.filter(|id| stored.contains_key(id) && !held.contains(id));
        diff.removed = gone.filter(|id| once.insert(*id)).cloned().collect();
    }
    diff
}

/// The owned fields in which a row is not what the model says. A model without `context_tokens` has nothing
/// to say about that field, so whatever the row has there stays.
pub(crate) fn differing(row: &StoredModel, model: &Model) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut check = |same: bool, field| {
        if !same {
            fields.push(field);
        }
    };
    check(row.name.as_deref() == Some(model.name.as_str()), Field::Name);
    check(row.reasoning == Some(model.reasoning), Field::Reasoning);
    check(row.input == Some(model.input), Field::Input);
    check(row.cost == Some(model.cost), Field::Cost);
    check(row.context_window == Some(model.context_window), Field::ContextWindow);
    check(model.context_tokens.is_none() || row.context_tokens == model.context_tokens, Field::ContextTokens);
    check(row.max_tokens == Some(model.max_tokens), Field::MaxTokens);
    check(row.compat, Field::Compat);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, describe};
    use proptest::prelude::*;

    fn id() -> impl Strategy<Value = ModelId> {
        "[a-f]{1,2}".prop_map(|text| ModelId::new(&text).unwrap())
    }

    fn model() -> impl Strategy<Value = Model> {
        (id(), "[a-c]", any::<bool>(), any::<bool>(), 1..4_u64, proptest::option::of(1..4_u64), 1..4_u64).prop_map(
            |(id, name, reasoning, image, context_window, context_tokens, max_tokens)| Model {
                name,
                reasoning,
                input: if image { Input::TextAndImage } else { Input::Text },
                context_window,
                context_tokens,
                max_tokens,
                ..describe(&id, None)
            },
        )
    }

    fn catalog() -> impl Strategy<Value = Catalog> {
        proptest::collection::vec(model(), 0..8).prop_map(|models| models.into_iter().collect())
    }

    /// Rows as a file may have them: right, wrong, incomplete, doubled, without an id.
    fn rows() -> impl Strategy<Value = Vec<StoredModel>> {
        let row = (model(), any::<[bool; 5]>()).prop_map(|(model, lacks)| {
            let mut row = StoredModel::from(&model);
            if lacks[0] {
                row.name = None;
            }
            if lacks[1] {
                row.cost = None;
            }
            if lacks[2] {
                row.compat = false;
            }
            if lacks[3] && lacks[4] {
                row.id = None;
            }
            row
        });
        proptest::collection::vec(row, 0..8)
    }

    fn rows_of(catalog: &Catalog) -> Vec<StoredModel> {
        catalog.iter().map(StoredModel::from).collect()
    }

    /// What a store does with a diff, in its plainest form.
    fn apply(rows: &[StoredModel], diff: &Diff) -> Vec<StoredModel> {
        let mut seen = HashSet::new();
        let mut result: Vec<StoredModel> = rows
            .iter()
            .filter(|row| row.id.as_ref().is_some_and(|id| !diff.removed.contains(id) && seen.insert(id.clone())))
            .map(|row| match diff.changed.iter().find(|changed| Some(&changed.after.id) == row.id.as_ref()) {
                None => row.clone(),
                Some(changed) => {
                    let after = StoredModel::from(&changed.after);
                    StoredModel { context_tokens: after.context_tokens.or(row.context_tokens), ..after }
                }
            })
            .collect();
        result.extend(diff.added.iter().map(StoredModel::from));
        result
    }

    proptest! {
        #[test]
        fn applying_the_difference_gives_the_catalog(rows in rows(), wanted in catalog()) {
            let applied = apply(&rows, &diff(&rows, &wanted, &HashSet::new()));
            prop_assert_eq!(applied.len(), wanted.len());
            for model in &wanted {
                let row = applied.iter().find(|row| row.id.as_ref() == Some(&model.id)).unwrap();
                prop_assert_eq!(differing(row, model), vec![]);
            }
            prop_assert!(diff(&applied, &wanted, &HashSet::new()).is_empty());
        }

        #[test]
        fn a_catalog_does_not_differ_from_itself(catalog in catalog()) {
            prop_assert!(diff(&rows_of(&catalog), &catalog, &HashSet::new()).is_empty());
        }

        #[test]
        fn order_and_duplicates_are_no_change(catalog in catalog(), seed in any::<u64>()) {
            let mut models: Vec<Model> = catalog.iter().cloned().collect();
            models.extend(catalog.iter().cloned());
            let by = |model: &Model| model.id.as_str().bytes().fold(seed, |h, b| h.rotate_left(7) ^ u64::from(b));
            models.sort_by_key(by);
            let shuffled: Catalog = models.into_iter().collect();
            prop_assert!(diff(&rows_of(&catalog), &shuffled, &HashSet::new()).is_empty());
        }

        #[test]
        fn nothing_is_both_added_and_removed(rows in rows(), wanted in catalog()) {
            let diff = diff(&rows, &wanted, &HashSet::new());
            for model in &diff.added {
                prop_assert!(!diff.removed.contains(&model.id));
                prop_assert!(rows.iter().all(|row| row.id.as_ref() != Some(&model.id)));
            }
        }
    }

    #[test]
    fn a_row_that_stands_twice_is_changed_once() {
        let model = describe(&ModelId::new("a").unwrap(), None);
        let row = StoredModel::from(&model);
        let diff = diff(&[row.clone(), row], &[model].into_iter().collect(), &HashSet::new());
        assert_eq!(diff.changed.len(), 1);
        assert_eq!(diff.changed[0].fields, [Field::Duplicate]);
    }
}
