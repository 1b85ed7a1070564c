//! A lookup by id among rows that are mostly asked for in their own order: a file's, by a server's list.

use std::collections::HashMap;

/// The first row of each id. As long as ids are asked for in the order of the rows, each costs one comparison; the
/// first one that is not makes it a table.
#[derive(Debug)]
pub struct InOrder<'a, T> {
    rows: &'a [T],
    id: fn(&'a T) -> Option<&'a str>,
    next: usize,
    table: Option<HashMap<&'a str, &'a T>>,
}

impl<'a, T> InOrder<'a, T> {
    /// Looks among these rows, each of which may have an id.
    #[must_use]
    pub fn new(rows: &'a [T], id: fn(&'a T) -> Option<&'a str>) -> Self {
        Self { rows, id, next: 0, table: None }
    }

    /// The first row of that id. Each id may be asked for once.
    pub fn find(&mut self, id: &str) -> Option<&'a T> {
        if self.table.is_none() {
            // The rows up to here were those of other ids, so this one is the first of its id, if it is one of it.
            let row = self.rows.get(self.next)?;
            if (self.id)(row) == Some(id) {
                self.next += 1;
                return Some(row);
            }
        }
        self.table.get_or_insert_with(|| first_by_id(self.rows, self.id)).get(id).copied()
    }
}

fn first_by_id<'a, T>(rows: &'a [T], id: fn(&'a T) -> Option<&'a str>) -> HashMap<&'a str, &'a T> {
    let mut table = HashMap::with_capacity(rows.len());
    for row in rows {
        if let Some(id) = id(row) {
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
            let (mut rows, mut asked) = (rows, asked);
            if sorted {
                rows.sort();
                asked.sort_unstable();
            }
            let mut in_order = InOrder::new(&rows, |row| row.as_deref());
            for id in asked {
                let first = rows.iter().position(|row| row.as_deref() == Some(id));
                let found = in_order.find(id).map(|row| rows.iter().position(|other| std::ptr::eq(other, row)).unwrap());
                prop_assert_eq!(found, first);
            }
        }
    }
}
