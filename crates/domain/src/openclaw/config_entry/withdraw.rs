//! Taking out again what lmsync has added.

use std::collections::BTreeSet;

use super::entry::{Added, ConfigSeen, Entry, EntryPlan, EntryRow};
use crate::changes::Diff;

/// Plans how to take out of the entry all that lmsync has added. A list that the user has put rows into stays for them,
/// and so does its entry, with all its settings.
#[must_use]
pub fn withdraw(seen: &ConfigSeen, provider: &str, added: &Added) -> EntryPlan {
    let plan =
        |entry, diff: Diff, writes, added| EntryPlan { provider: provider.to_owned(), entry, diff, writes, added };
    let nothing = Entry::Rows { rows: Vec::new(), base_url: None };
    let Some(has) = &seen.provider else { return plan(nothing, Diff::default(), false, Added::default()) };
    let mut diff = Diff::default();
    let (mut rows, mut once) = (Vec::new(), BTreeSet::new());
    for (index, row) in has.models.iter().enumerate() {
        match row.id.as_ref().filter(|id| added.rows.contains(*id)) {
            Some(id) if once.insert(id) => diff.removed.push(id.clone()),
            Some(_) => {}
            None => rows.push(EntryRow::Keep(index)),
        }
    }
    match added.made {
        Some(made) if rows.is_empty() => plan(Entry::Gone(made), diff, true, Added::default()),
        _ => {
            let writes = !diff.is_empty();
            plan(Entry::Rows { rows, base_url: None }, diff, writes, Added::default())
        }
    }
}
