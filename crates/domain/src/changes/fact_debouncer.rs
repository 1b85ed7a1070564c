//! The memory of what a server says of its models, which lets no model's facts change more than once a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{FactSheet, Facts, Known, ModelFacts, ModelId};

/// How long after a change of a model's facts the next one has to wait. LM Studio may report another context
/// after a load (lmstudio-bug-tracker 2304), and a model that is loaded on demand and evicted again changes its
/// facts each time.
pub const CHANGE_AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// What is believed of each model, which follows what the server says with a delay where it flaps.
///
/// A first change lands at once. Another one of the same model lands when [`CHANGE_AT_MOST_EVERY`] is over since
/// then, with what was said last.
#[derive(Debug, Default)]
pub struct FactDebouncer(HashMap<ModelId, Memory>);

#[derive(Debug)]
struct Memory {
    /// What is believed; `None` where the server has nothing to say of the model.
    believed: Option<Arc<ModelFacts>>,
    /// When that last changed.
    changed: Option<Duration>,
    /// What was said last, where it differs.
    said: Option<Option<Arc<ModelFacts>>>,
}

impl FactDebouncer {
    /// Takes in what the server said at `now` of the models that it lists, `None` where it was not asked or
    /// could not answer. Tells after how long a change is due that has to wait.
    pub fn observe(&mut self, listed: &[ModelId], facts: Option<&Facts>, now: Duration) -> Option<Duration> {
        if let Some(facts) = facts {
            let nothing = FactSheet::default();
            let sheet = match facts {
                Facts::Known(sheet) => sheet,
                Facts::NotOffered => &nothing,
            };
            self.forget_others(listed, now);
            for id in listed {
                self.hear(id, sheet.share(id));
            }
        }
        self.0.values_mut().filter_map(|memory| memory.take_over(now)).min()
    }

    /// Takes in what the list alone said, where the server could not be asked for more: of the other models nothing is
    /// known, and what was believed of them stays.
    pub fn observe_listed(&mut self, listed: &[ModelId], said: &FactSheet, now: Duration) -> Option<Duration> {
        for id in listed {
            if let Some(facts) = said.share(id) {
                self.hear(id, Some(facts));
            }
        }
        self.observe(listed, None, now)
    }

    /// What is believed of a model.
    #[must_use]
    pub fn known(&self, id: &ModelId) -> Known<'_> {
        match self.0.get(id) {
            None => Known::Unavailable,
            Some(Memory { believed: None, .. }) => Known::Silent,
            Some(Memory { believed: Some(facts), .. }) => Known::Facts(facts),
        }
    }

    fn hear(&mut self, id: &ModelId, said: Option<Arc<ModelFacts>>) {
        let Some(memory) = self.0.get_mut(id) else {
            self.0.insert(id.clone(), Memory { believed: said, changed: None, said: None });
            return;
        };
        if memory.believed == said {
            // The same facts once, shared with the listing that said them last.
            (memory.believed, memory.said) = (said, None);
        } else {
            memory.said = Some(said);
        }
    }

    /// Forgets what is no longer listed, once it would not have to wait any more.
    fn forget_others(&mut self, listed: &[ModelId], now: Duration) {
        if self.0.is_empty() {
            return;
        }
        let listed: std::collections::HashSet<&ModelId> = listed.iter().collect();
        self.0.retain(|id, memory| listed.contains(id) || !memory.wait(now).is_zero());
    }
}

impl Memory {
    /// How long a change has to wait.
    fn wait(&self, now: Duration) -> Duration {
        self.changed.map_or(Duration::ZERO, |changed| (changed + CHANGE_AT_MOST_EVERY).saturating_sub(now))
    }

    /// Takes over what was said last, or returns how long that has to wait.
    fn take_over(&mut self, now: Duration) -> Option<Duration> {
        let wait = self.wait(now);
        if self.said.is_some() && !wait.is_zero() {
            return Some(wait);
        }
        if let Some(said) = self.said.take() {
            self.believed = said;
            self.changed = Some(now);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn id() -> ModelId {
        ModelId::new("m").unwrap()
    }

    fn facts(context: u64) -> ModelFacts {
        ModelFacts { loaded_context: Some(context), ..ModelFacts::default() }
    }

    fn sheet(context: u64) -> Facts {
        let mut sheet = FactSheet::default();
        sheet.add([id()], facts(context));
        Facts::Known(sheet)
    }

    #[test]
    fn a_first_change_lands_at_once_and_the_next_one_a_minute_later() {
        let mut fact_debouncer = FactDebouncer::default();
        let listed = [id()];
        assert_eq!(fact_debouncer.known(&id()), Known::Unavailable);
        assert_eq!(fact_debouncer.observe(&listed, Some(&sheet(1)), SECOND), None);
        assert_eq!(fact_debouncer.observe(&listed, Some(&sheet(2)), 2 * SECOND), None);
        assert_eq!(fact_debouncer.known(&id()), Known::Facts(&facts(2)));
        assert_eq!(fact_debouncer.observe(&listed, Some(&sheet(3)), 10 * SECOND), Some(52 * SECOND));
        assert_eq!(fact_debouncer.observe(&listed, Some(&sheet(4)), 11 * SECOND), Some(51 * SECOND));
        assert_eq!(fact_debouncer.known(&id()), Known::Facts(&facts(2)));
        assert_eq!(fact_debouncer.observe(&listed, None, 62 * SECOND), None);
        assert_eq!(fact_debouncer.known(&id()), Known::Facts(&facts(4)));
    }

    #[test]
    fn what_comes_back_within_the_minute_never_changed() {
        let mut fact_debouncer = FactDebouncer::default();
        let listed = [id()];
        for (second, context) in [(0, 1), (1, 2), (2, 1), (3, 2)] {
            fact_debouncer.observe(&listed, Some(&sheet(context)), second * SECOND);
        }
        assert_eq!(fact_debouncer.observe(&listed, None, 100 * SECOND), None);
        assert_eq!(fact_debouncer.known(&id()), Known::Facts(&facts(2)));
    }

    #[test]
    fn a_server_without_facts_is_silent_and_one_that_fails_changes_nothing() {
        let mut fact_debouncer = FactDebouncer::default();
        fact_debouncer.observe(&[id()], Some(&Facts::NotOffered), SECOND);
        assert_eq!(fact_debouncer.known(&id()), Known::Silent);
        fact_debouncer.observe(&[id()], None, SECOND);
        assert_eq!(fact_debouncer.known(&id()), Known::Silent);
    }

    #[test]
    fn a_model_that_is_gone_is_forgotten() {
        let mut fact_debouncer = FactDebouncer::default();
        fact_debouncer.observe(&[id()], Some(&sheet(1)), SECOND);
        fact_debouncer.observe(&[], Some(&sheet(1)), 2 * SECOND);
        assert_eq!(fact_debouncer.known(&id()), Known::Unavailable);
    }

    proptest! {
        #[test]
        fn changes_are_a_minute_apart_and_none_is_lost(
            said in proptest::collection::vec((0..40_u64, proptest::option::of(1..4_u64), any::<bool>()), 1..60),
        ) {
            let mut fact_debouncer = FactDebouncer::default();
            let (mut now, mut last_change, mut last_said) = (Duration::ZERO, None, None);
            for (gap, context, answers) in said {
                now += Duration::from_secs(gap);
                let facts = answers.then(|| context.map_or(Facts::NotOffered, sheet));
                let before = fact_debouncer.known(&id()).facts().cloned();
                let first = fact_debouncer.known(&id()) == Known::Unavailable;
                let wait = fact_debouncer.observe(&[id()], facts.as_ref(), now);
                let after = fact_debouncer.known(&id()).facts().cloned();
                if answers {
                    last_said = Some(context.map(super::tests::facts));
                }
                if before != after && !first {
                    prop_assert!(last_change.is_none_or(|last| now - last >= CHANGE_AT_MOST_EVERY));
                    last_change = Some(now);
                }
                match last_said.clone() {
                    None => prop_assert_eq!(fact_debouncer.known(&id()), Known::Unavailable),
                    Some(said) if said == after => prop_assert_eq!(wait, None),
                    Some(_) => {
                        let earliest = last_change.map(|last| last + CHANGE_AT_MOST_EVERY);
                        prop_assert_eq!(wait.map(|wait| now + wait), earliest);
                    }
                }
                prop_assert!(wait.is_none_or(|wait| !wait.is_zero()));
            }
        }
    }
}
