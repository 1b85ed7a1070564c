//! A lookup by id among rows that are mostly asked for in their own order: a file's, by a server's list.

use std::collections::HashMap;

use crate::{ModelId, StoredModel};

/// The first row of each id. As long as ids are asked for in the order of the rows, each costs one comparison; the
/// first one that is not makes it a table.
#[derive(Debug)]
pub(crate) struct InOrder<'a> {
    rows: &'a [StoredModel],
    next: usize,
    table: Option<HashMap<&'a ModelId, &'a StoredModel>>,
}

impl<'a> InOrder<'a> {
    /// Looks among these rows.
    pub(crate) fn new(rows: &'a [StoredModel]) -> Self {
        Self { rows, next: 0, table: None }
    }

    /// The first row of that id. Each id may be asked for once.
    pub(crate) fn find(&mut self, id: &ModelId) -> Option<&'a StoredModel> {
        if self.table.is_none() {
            // The rows up to here were those of other ids, so this one is the first of its id, if it is one of it.
            let row = self.rows.get(self.next)?;
            if row.id.as_ref() == Some(id) {
                self.next += 1;
                return Some(row);
            }
        }
        self.table.get_or_insert_with(|| first_by_id(self.rows)).get(id).copied()
    }
}

fn first_by_id(rows: &[StoredModel]) -> HashMap<&ModelId, &StoredModel> {
    let mut table = HashMap::with_capacity(rows.len());
    for row in rows {
        if let Some(id) = &row.id {
            table.entry(id).or_insert(row);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn in_whatever_order_the_first_row_of_an_id_is_found(
            rows in proptest::collection::vec(proptest::option::of("[a-e]"), 0..8),
            asked in Just(vec!["a", "b", "c", "d", "e", "f"]).prop_shuffle(),
            sorted in any::<bool>(),
        ) {
            let mut rows: Vec<_> = rows
                .into_iter()
                .enumerate()
                .map(|(place, id)| StoredModel {
                    id: id.map(|id| ModelId::new(&id).unwrap()),
                    name: Some(place.to_string()),
                    ..StoredModel::default()
                })
                .collect();
            let mut asked = asked;
            if sorted {
                rows.sort_by(|a, b| a.id.cmp(&b.id));
                asked.sort_unstable();
            }
            let mut in_order = InOrder::new(&rows);
            for id in asked {
                let id = ModelId::new(id).unwrap();
                let first = rows.iter().find(|row| row.id.as_ref() == Some(&id));
                prop_assert_eq!(in_order.find(&id), first);
            }
        }
    }
}
