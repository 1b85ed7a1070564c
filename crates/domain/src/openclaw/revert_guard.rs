//! Stops rewriting a file that OpenClaw keeps reverting, as some versions do at every turn.

use std::collections::HashSet;

use crate::changes::Plan;
use crate::model::ModelId;
use crate::openclaw::era::Era;

/// What is remembered of one store, to know whether another writer undoes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevertGuard {
    /// What it had when it was last true.
    had: HashSet<ModelId>,
    /// How often something of that was taken out.
    undone: usize,
}

impl RevertGuard {
    /// Takes note that the store is true, and has these rows.
    pub fn note_true<'a>(&mut self, rows: impl IntoIterator<Item = &'a ModelId>) {
        self.had = rows.into_iter().cloned().collect();
    }

    /// Whether a plan should not be carried out, since the running gateway would only undo it again.
    pub fn gives_up(&mut self, plan: &Plan, era: Option<&Era>) -> bool {
        let Some(limit) = era.and_then(Era::undone_until_left) else {
            self.undone = 0;
            return false;
        };
        if plan.diff.added.iter().any(|model| self.had.contains(&model.id)) {
            self.undone += 1;
            self.had.clear();
        }
        !plan.is_empty() && self.undone >= limit
    }

    /// Whether the plan of the last pass was not carried out.
    #[must_use]
    pub fn has_given_up(&self) -> bool {
        self.undone > 0 && self.had.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::era::Release;
    use crate::{Provider, Stored, describe, plan};

    fn wanting(ids: &[&str]) -> Plan {
        let models = ids.iter().map(|text| describe(&ModelId::new(text).unwrap(), None)).collect();
        plan(&Stored::default(), Provider { base_url: "http://h/v1".into(), models }, [])
    }

    fn era(month: u16) -> Option<&'static Era> {
        Some(Era::for_release(Release::new(2026, month, 7)))
    }

    /// Writes what a gateway of that era then takes out, so often; returns how often it was written.
    fn writes(era: Option<&'static Era>, turns: usize) -> usize {
        let (mut revert_guard, plan, mut writes) = (RevertGuard::default(), wanting(&["a", "b"]), 0);
        for _ in 0..turns {
            if !revert_guard.gives_up(&plan, era) {
                writes += 1;
                revert_guard.note_true(plan.rows.iter().map(crate::Row::id));
            }
        }
        writes
    }

    #[test]
    fn what_the_version_undoes_is_written_once() {
        assert_eq!(writes(era(7), 50), 1);
        assert_eq!(writes(era(5), 50), 1);
        assert_eq!(writes(era(3), 50), 3);
        assert_eq!(writes(era(9), 50), 50);
        assert_eq!(writes(None, 50), 50);
    }

    #[test]
    fn more_models_are_no_undoing() {
        let mut revert_guard = RevertGuard::default();
        revert_guard.note_true(&[ModelId::new("a").unwrap()]);
        assert!(!revert_guard.gives_up(&wanting(&["b"]), era(7)));
        assert!(revert_guard.gives_up(&wanting(&["a", "b"]), era(7)));
        assert!(revert_guard.has_given_up());
        assert!(!revert_guard.gives_up(&wanting(&["a", "b"]), era(9)));
    }
}
