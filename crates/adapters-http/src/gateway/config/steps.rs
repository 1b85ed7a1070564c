//! Steps: a gateway refuses to write a file of half its size, so a great removal is made in several changes.

use std::collections::HashSet;

use domain::{ConfigSeen, Entry, EntryPlan, EntryRow};
use json_text::Layout;

use super::edit::{Edited, Target, edit};

/// A file below this may shrink to any size.
const SMALL: usize = 512;

/// How much of its size a larger file keeps at each step, in per cent. The gateway asks for 50, and counts what it
/// adds itself.
const KEEPS: usize = 52;

/// The change to make now.
pub(super) struct Step {
    pub(super) change: Edited,
    /// Whether the plan is true after it.
    pub(super) is_last: bool,
}

/// The furthest step towards the plan that the gateway takes at once.
pub(super) fn next(plan: &EntryPlan, over: &ConfigSeen) -> Step {
    let text = &over.version.text;
    let has = size(text);
    let needs = if has < SMALL { 0 } else { (has * KEEPS).div_ceil(100) };
    let last = edit(text, &plan.provider, &Target::Entry(&plan.entry));
    if size(&last.whole) >= needs {
        return Step { change: last, is_last: true };
    }
    let rows = over.provider.as_ref().map_or(0, |provider| provider.models.len());
    let stays: HashSet<usize> = match &plan.entry {
        Entry::Gone(_) => HashSet::new(),
        Entry::Rows { rows, .. } => rows.iter().filter_map(index).collect(),
    };
    let goes: Vec<usize> = (0..rows).filter(|index| !stays.contains(index)).collect();
    let keeps_entry = matches!(plan.entry, Entry::Rows { .. });
    let most = if keeps_entry && goes.len() == rows { rows.saturating_sub(1) } else { goes.len() };
    let without = |removed: usize| {
        let left: Vec<usize> = (0..rows).filter(|index| goes[..removed].binary_search(index).is_err()).collect();
        edit(text, &plan.provider, &Target::Rows(&left))
    };
    // Each row that goes makes the file smaller.
    let (mut enough, mut too_many) = (0, most + 1);
    while too_many - enough > 1 {
        let removed = enough + (too_many - enough) / 2;
        if size(&without(removed).whole) >= needs {
            enough = removed;
        } else {
            too_many = removed;
        }
    }
    let last_alone = (goes.len() == rows && enough < rows).then(|| rows.checked_sub(1)).flatten();
    let alone = last_alone.map(|index| alone(text, &plan.provider, index, needs));
    let fewer = (enough > 0).then(|| without(enough));
    for edited in [alone, fewer].into_iter().flatten() {
        let becomes = size(&edited.whole);
        if becomes < has && becomes >= needs {
            return Step { change: edited, is_last: false };
        }
    }
    // Nothing in between: the gateway may take it all the same.
    Step { change: last, is_last: true }
}

/// The entry with that row alone: what still names it, and is as long as it needs to be.
fn alone(text: &str, provider: &str, index: usize, needs: usize) -> Edited {
    let least = size(&edit(text, provider, &Target::Bare(index, 0)).whole);
    edit(text, provider, &Target::Bare(index, needs.saturating_sub(least)))
}

fn index(row: &EntryRow) -> Option<usize> {
    match row {
        EntryRow::Keep(index) | EntryRow::Set(Some(index), _) => Some(*index),
        EntryRow::Set(None, _) => None,
    }
}

/// The size of the file as the gateway writes it: two spaces a level, and a line's end.
fn size(text: &str) -> usize {
    let mut layout = Layout::new(text.len() * 2, usize::MAX);
    layout.put(text);
    layout.finish().map_or(usize::MAX, |whole| whole.len())
}

#[cfg(test)]
mod tests {
    use domain::era::ERAS;
    use domain::{Added, ConfigVersion, DesiredEntry, Made, ModelId, describe, plan_entry, withdraw};

    use super::super::view;
    use super::*;

    fn seen(text: &str) -> ConfigSeen {
        let view::View { provider, lists, parents } = view::read(text, "lmstudio");
        let version = ConfigVersion { hash: String::new(), text: text.into() };
        ConfigSeen {
            version,
            openclaw: String::new(),
            era: ERAS.last().unwrap(),
            provider,
            elsewhere: false,
            lists,
            parents,
        }
    }

    fn desired(count: usize) -> DesiredEntry {
        let models = (0..count).map(|n| describe(&ModelId::new(&format!("model-{n}")).unwrap(), None)).collect();
        DesiredEntry { provider: "lmstudio".into(), base_url: "http://127.0.0.1:1234/v1".into(), models, held: vec![] }
    }

    /// Carries out what `plan` says of each configuration in turn; gives the last one, and how many changes it took.
    fn carry_out(text: &str, plan: impl Fn(&ConfigSeen) -> EntryPlan) -> (String, usize) {
        let (mut text, mut changes) = (text.to_owned(), 0);
        loop {
            let seen = seen(&text);
            let step = next(&plan(&seen), &seen);
            let (has, becomes) = (size(&text), size(&step.change.whole));
            assert!(has < SMALL || becomes * 2 >= has, "{has} to {becomes}");
            changes += 1;
            text = step.change.whole;
            if step.is_last {
                return (text, changes);
            }
            assert!(changes < 50);
        }
    }

    const BEFORE: &str = concat!(
        r#"{"gateway":{"mode":"local","port":18789,"#,
        r#""auth":{"mode":"token","token":"__OPENCLAW_REDACTED__"}}}"#
    );

    #[test]
    fn no_step_halves_the_file() {
        for count in [1, 2, 3, 10, 40] {
            let first = plan_entry(&seen(BEFORE), &desired(count), &Added::default());
            let (full, changes) = carry_out(BEFORE, |_| first.clone());
            assert_eq!(changes, 1);
            let (fewer, _) = carry_out(&full, |seen| plan_entry(seen, &desired(1), &first.added));
            assert_eq!(seen(&fewer).provider.unwrap().models.len(), 1);
            let (gone, changes) = carry_out(&full, |seen| withdraw(seen, "lmstudio", &first.added));
            assert_eq!(gone, BEFORE);
            assert!(changes < 12, "{count}: {changes}");
            assert_eq!(first.added.made, Some(Made::Models));
        }
    }

    #[test]
    fn thousands_of_rows_go_in_a_few_steps() {
        let first = plan_entry(&seen(BEFORE), &desired(3_000), &Added::default());
        let (full, _) = carry_out(BEFORE, |_| first.clone());
        let (fewer, changes) = carry_out(&full, |seen| plan_entry(seen, &desired(1), &first.added));
        assert_eq!(seen(&fewer).provider.unwrap().models.len(), 1);
        assert!(changes < 15, "{changes}");
    }

    #[test]
    fn a_list_that_becomes_empty_keeps_its_entry() {
        let first = plan_entry(&seen(BEFORE), &desired(2), &Added::default());
        let (full, _) = carry_out(BEFORE, |_| first.clone());
        let (empty, _) = carry_out(&full, |seen| plan_entry(seen, &desired(0), &first.added));
        assert_eq!(seen(&empty).provider.unwrap().models, []);
    }
}
