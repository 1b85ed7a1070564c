//! Facts: what a server itself says of its models, beyond that it can serve them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::{ModelId, acts_on_its_surroundings};

/// The most characters of a model's name.
const MAX_NAME: usize = 200;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// It answers chat requests.
    Chat,
    /// It turns text into vectors, and answers nobody.
    Embedding,
}

/// What a server says of one model. `None` is a thing that it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelFacts {
    /// What it is for.
    pub kind: Option<ModelKind>,
    /// Its name for a person; see [`display_name`].
    pub name: Option<Arc<str>>,
    /// The longest context that it supports, in tokens; never 0.
    pub max_context: Option<u64>,
    /// The context that it is loaded with, in tokens; never 0. The smallest one where the server may give a request
    /// to several instances, `None` where it is not loaded.
    pub loaded_context: Option<u64>,
    /// Whether it can be shown images.
    pub vision: Option<bool>,
    /// Whether it can be told to think before it answers.
    pub reasoning: Option<bool>,
}

impl ModelFacts {
    /// Joins what is said of two models by the same name, such as two builds of one model under one key. Nobody
    /// knows which of them will answer, so only what both can do is promised: the smaller contexts (a context
    /// overstated is a failed request, one understated an early compaction), and a capability where neither
    /// denies it. It is for chat if either is, since leaving a model out takes certainty.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let kind = match (self.kind, other.kind) {
            (Some(ModelKind::Chat), _) | (_, Some(ModelKind::Chat)) => Some(ModelKind::Chat),
            (ours, theirs) => ours.or(theirs),
        };
        Self {
            kind,
            name: self.name.or(other.name),
            max_context: joined(self.max_context, other.max_context, u64::min),
            loaded_context: joined(self.loaded_context, other.loaded_context, u64::min),
            vision: joined(self.vision, other.vision, |ours, theirs| ours && theirs),
            reasoning: joined(self.reasoning, other.reasoning, |ours, theirs| ours && theirs),
        }
    }
}

fn joined<T>(ours: Option<T>, theirs: Option<T>, join: impl Fn(T, T) -> T) -> Option<T> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(join(ours, theirs)),
        (ours, theirs) => ours.or(theirs),
    }
}

/// The facts of all models of one server, to be looked up by any id under which it serves them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactSheet(HashMap<ModelId, Arc<ModelFacts>>);

impl FactSheet {
    /// Adds what is said of one model, under each of the ids by which it is served; joined with what is already
    /// there under that id.
    pub fn add(&mut self, ids: impl IntoIterator<Item = ModelId>, facts: ModelFacts) {
        let facts = Arc::new(facts);
        for id in ids {
            match self.0.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(Arc::clone(&facts));
                }
                Entry::Occupied(mut known) if !Arc::ptr_eq(known.get(), &facts) => {
                    let joined = ModelFacts::clone(known.get()).merged(ModelFacts::clone(&facts));
                    known.insert(Arc::new(joined));
                }
                Entry::Occupied(_) => {}
            }
        }
    }

    /// The facts of the model that is served by this id: its key, or the id of one of its loaded instances
    /// (`…:2`, or a name that the user gave it).
    #[must_use]
    pub fn get(&self, id: &ModelId) -> Option<&ModelFacts> {
        self.0.get(id).map(Arc::as_ref)
    }

    /// Each id and its facts, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&ModelId, &ModelFacts)> {
        self.0.iter().map(|(id, facts)| (id, facts.as_ref()))
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What asking a server for facts gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// It is an LM Studio, and says this.
    Known(FactSheet),
    /// It is another server, or one too old to say. Asking again makes sense only after it was away: LM Studio
    /// logs every question that it does not know as an error.
    NotOffered,
}

/// A model's name as a server wrote it, made fit to be shown: without characters that act on their
/// surroundings, with single spaces, at most 200 characters long. `None` where nothing is left.
#[must_use]
pub fn display_name(text: &str) -> Option<String> {
    let text = text.trim_start().chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let plain: String = text.filter(|&c| !acts_on_its_surroundings(c)).take(MAX_NAME).collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(text: &str) -> ModelId {
        ModelId::new(text).unwrap()
    }

    fn facts() -> impl Strategy<Value = ModelFacts> {
        let kind = prop::sample::select(vec![None, Some(ModelKind::Chat), Some(ModelKind::Embedding)]);
        let (max, loaded) = (proptest::option::of(1..5_u64), proptest::option::of(1..5_u64));
        (kind, max, loaded, any::<Option<bool>>(), any::<Option<bool>>()).prop_map(
            |(kind, max_context, loaded_context, vision, reasoning)| ModelFacts {
                kind,
                name: None,
                max_context,
                loaded_context,
                vision,
                reasoning,
            },
        )
    }

    #[test]
    fn of_two_models_by_one_id_only_what_both_can_do_is_promised() {
        let mut sheet = FactSheet::default();
        let small = ModelFacts { max_context: Some(4096), vision: Some(false), ..ModelFacts::default() };
        let large = ModelFacts {
            name: Some("M".into()),
            max_context: Some(131_072),
            vision: Some(true),
            reasoning: Some(true),
            ..ModelFacts::default()
        };
        sheet.add([id("m"), id("m"), id("m:2")], large.clone());
        sheet.add([id("m")], small);
        let joined = sheet.get(&id("m")).unwrap();
        assert_eq!(
            (joined.max_context, joined.vision, joined.reasoning),
            (Some(4096), Some(false), Some(true))
        );
        assert_eq!(joined.name.as_deref(), Some("M"));
        assert_eq!(sheet.get(&id("m:2")), Some(&large));
        assert_eq!(sheet.get(&id("n")), None);
    }

    #[test]
    fn a_name_cannot_act_on_what_shows_it() {
        assert_eq!(display_name("  Qwen3\n 8B\u{1b}[31m\u{202e} "), Some("Qwen3 8B[31m".into()));
        assert_eq!(display_name(&"é".repeat(300)), Some("é".repeat(200)));
        assert_eq!(display_name("\u{200b}\t\n"), None);
    }

    proptest! {
        #[test]
        fn merging_does_not_depend_on_order_or_repetition(a in facts(), b in facts(), c in facts()) {
            let merge = |a: &ModelFacts, b: &ModelFacts| a.clone().merged(b.clone());
            prop_assert_eq!(merge(&a, &b), merge(&b, &a));
            prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
            prop_assert_eq!(merge(&a, &a), a.clone());
            prop_assert_eq!(merge(&a, &ModelFacts::default()), a);
        }

        #[test]
        fn a_name_is_short_plain_and_stays_as_it_is(text in "(?s:.{0,300})") {
            if let Some(name) = display_name(&text) {
                prop_assert!(name.chars().count() <= MAX_NAME && !name.chars().any(acts_on_its_surroundings));
                prop_assert_eq!(display_name(&name), Some(name));
            }
        }
    }
}
