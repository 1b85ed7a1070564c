//! Steps: a gateway refuses to write a file of half its size, so a great removal is made in several changes.

use std::collections::HashSet;

use domain::{ConfigSeen, Entry, EntryPlan, EntryRow};
use json_text::Layout;

use super::edit::{Target, edit};

/// A file below this may shrink to any size.
const SMALL: usize = 512;

/// How much of its size a larger file keeps at each step, in per cent. The gateway asks for 50, and counts what it
/// adds itself.
const KEEPS: usize = 52;

/// The change to make now.
pub(super) struct Step {
    pub(super) patch: String,
    pub(super) whole: String,
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
        return Step { patch: last.patch, whole: last.whole, is_last: true };
    }
    let rows = over.provider.as_ref().map_or(0, |provider| provider.models.len());
    let stays: HashSet<usize> = match &plan.entry {
        Entry::Gone(_) => HashSet::new(),
        Entry::Rows { rows, .. } => rows.iter().filter_map(index).collect(),
    };
    let goes: Vec<usize> = (0..rows).filter(|index| !stays.contains(index)).collect();
    // From the furthest to the nearest.
    for removed in (0..=goes.len()).rev() {
        let left: Vec<usize> = (0..rows).filter(|index| !goes[..removed].contains(index)).collect();
        let empties = left.is_empty() && matches!(plan.entry, Entry::Rows { .. });
        let fewer = (removed > 0 && !empties).then_some(Target::Rows(&left));
        for target in [bare(text, plan, &left, &goes, needs), fewer].into_iter().flatten() {
            let edited = edit(text, &plan.provider, &target);
            let becomes = size(&edited.whole);
            if becomes < has && becomes >= needs {
                return Step { patch: edited.patch, whole: edited.whole, is_last: false };
            }
        }
    }
    // Nothing in between: the gateway may take it all the same.
    Step { patch: last.patch, whole: last.whole, is_last: true }
}

/// Where one row is left, and it goes: what still names it, and is as long as it needs to be.
fn bare(
    text: &str,
    plan: &EntryPlan,
    left: &[usize],
    goes: &[usize],
    needs: usize,
) -> Option<Target<'static>> {
    let [index] = left else { return None };
    if !goes.contains(index) {
        return None;
    }
    let least = size(&edit(text, &plan.provider, &Target::Bare(*index, 0)).whole);
    Some(Target::Bare(*index, needs.saturating_sub(least)))
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
        let models =
            (0..count).map(|n| describe(&ModelId::new(&format!("model-{n}")).unwrap(), None)).collect();
        DesiredEntry {
            provider: "lmstudio".into(),
            base_url: "http://127.0.0.1:1234/v1".into(),
            models,
            held: vec![],
        }
    }

    /// Carries out what `plan` says of each configuration in turn; gives the last one, and how many changes it took.
    fn carry_out(text: &str, plan: impl Fn(&ConfigSeen) -> EntryPlan) -> (String, usize) {
        let (mut text, mut changes) = (text.to_owned(), 0);
        loop {
            let seen = seen(&text);
            let step = next(&plan(&seen), &seen);
            let (has, becomes) = (size(&text), size(&step.whole));
            assert!(has < SMALL || becomes * 2 >= has, "{has} to {becomes}");
            changes += 1;
            text = step.whole;
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
    fn a_list_that_becomes_empty_keeps_its_entry() {
        let first = plan_entry(&seen(BEFORE), &desired(2), &Added::default());
        let (full, _) = carry_out(BEFORE, |_| first.clone());
        let (empty, _) = carry_out(&full, |seen| plan_entry(seen, &desired(0), &first.added));
        assert_eq!(seen(&empty).provider.unwrap().models, []);
    }
}
