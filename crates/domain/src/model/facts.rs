//! Facts: what a server itself says of its models, beyond that it can serve them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::keys::{Fact, Key};
use crate::model::id::ModelId;
use crate::model::kind::ModelKind;
use crate::model::price::{Price, Prices};
use crate::text::acts_on_its_surroundings;

/// The most characters of a model's name.
const MAX_NAME: usize = 200;

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
    /// The longest answer that it gives, in tokens; never 0.
    pub max_output: Option<u64>,
    /// Whether the server cannot serve it now.
    pub failed: Option<bool>,
    /// What its tokens cost.
    pub prices: Prices,
    /// Which keys say so; where none is noted, those of [`Fact::key`].
    pub keys: Keys,
}

/// The key that said each fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keys([Option<&'static Key>; Fact::COUNT]);

impl Keys {
    /// Notes which key says its fact.
    pub fn note(&mut self, key: &'static Key) {
        self.0[key.fact as usize] = Some(key);
    }

    fn get(&self, fact: Fact) -> Option<&'static Key> {
        self.0[fact as usize]
    }
}

impl ModelFacts {
    /// The key that says a fact.
    #[must_use]
    pub fn key(&self, fact: Fact) -> &'static Key {
        self.keys.get(fact).unwrap_or_else(|| fact.key())
    }

    /// Whether the server says enough of the model for no other question to be asked: how long its context is, or that
    /// it is not for chat.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        let chats = matches!(self.kind, None | Some(ModelKind::Chat));
        !chats || self.max_context.or(self.loaded_context).is_some()
    }

    /// Joins what is said of two models by the same name, such as two builds of one model under one key. Nobody
    /// knows which of them will answer, so only what both can do is promised: the smaller contexts (a context
    /// overstated is a failed request, one understated an early compaction), and a capability where neither
    /// denies it, the higher prices. It is for chat if either is, since leaving a model out takes certainty.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        self.joined(other, |ours, theirs| match (ours, theirs) {
            (ModelKind::Chat, _) | (_, ModelKind::Chat) => ModelKind::Chat,
            (ours, theirs) => ours.min(theirs),
        })
    }

    /// What the server's own API says, and of what that does not say, what its list does. Of two contexts that it
    /// runs with the smaller one counts.
    #[must_use]
    pub fn over(&self, list: &Self) -> Self {
        fn first<T: Clone>(ours: &Option<T>, theirs: &Option<T>) -> Option<T> {
            ours.clone().or_else(|| theirs.clone())
        }
        let loaded_context = joined(self.loaded_context, list.loaded_context, u64::min);
        let mut keys = self.keys;
        let ours: Vec<Fact> = self.said().map(|(fact, _)| fact).collect();
        for fact in list.said().map(|(fact, _)| fact).filter(|fact| !ours.contains(fact)) {
            keys.note(list.key(fact));
        }
        if loaded_context.is_some() && loaded_context != self.loaded_context {
            keys.note(list.key(Fact::LoadedContext));
        }
        Self {
            kind: self.kind.or(list.kind),
            name: first(&self.name, &list.name),
            max_context: self.max_context.or(list.max_context),
            loaded_context,
            vision: self.vision.or(list.vision),
            reasoning: self.reasoning.or(list.reasoning),
            max_output: self.max_output.or(list.max_output),
            failed: self.failed.or(list.failed),
            prices: self.prices.or(list.prices),
            keys,
        }
    }

    /// What a model that was made of another one (a LoRA) has from that: all that is not said of itself, but its name
    /// and whether it failed.
    #[must_use]
    pub fn inheriting(&self, parent: &Self) -> Self {
        self.over(&Self { name: None, failed: None, ..parent.clone() })
    }

    /// The facts that are said, each with a number that tells its value from another one.
    fn said(&self) -> impl Iterator<Item = (Fact, u64)> + '_ {
        let bit = |is: Option<bool>| is.map(u64::from);
        let price = |price: Option<Price>| price.map(Price::number);
        [
            (Fact::DisplayName, self.name.as_ref().map(|_| 0)),
            (Fact::MaxContext, self.max_context),
            (Fact::LoadedContext, self.loaded_context),
            (Fact::MaxOutput, self.max_output),
            (Fact::Vision, bit(self.vision)),
            (Fact::Reasoning, bit(self.reasoning)),
            (Fact::Kind, self.kind.map(|kind| kind as u64)),
            (Fact::Failed, bit(self.failed)),
            (Fact::InputPrice, price(self.prices.input)),
            (Fact::OutputPrice, price(self.prices.output)),
            (Fact::CacheReadPrice, price(self.prices.cache_read)),
            (Fact::CacheWritePrice, price(self.prices.cache_write)),
        ]
        .into_iter()
        .filter_map(|(fact, value)| Some((fact, value?)))
    }

    fn joined(self, other: Self, kinds: impl Fn(ModelKind, ModelKind) -> ModelKind) -> Self {
        let and = |ours: bool, theirs: bool| ours && theirs;
        let or = |ours: bool, theirs: bool| ours || theirs;
        let mut both = Self {
            kind: joined(self.kind, other.kind, kinds),
            name: self.name.clone().or(other.name.clone()),
            max_context: joined(self.max_context, other.max_context, u64::min),
            loaded_context: joined(self.loaded_context, other.loaded_context, u64::min),
            vision: joined(self.vision, other.vision, and),
            reasoning: joined(self.reasoning, other.reasoning, and),
            max_output: joined(self.max_output, other.max_output, u64::min),
            failed: joined(self.failed, other.failed, or),
            prices: self.prices.or_higher(other.prices),
            keys: Keys::default(),
        };
        // The key of the value that counts; of equal values the one that comes first in the order of keys.
        let (ours, theirs): (Vec<_>, Vec<_>) = (self.said().collect(), other.said().collect());
        let mut keys = Keys::default();
        for said in both.said() {
            let of = |facts: &Self, all: &[(Fact, u64)]| all.contains(&said).then(|| facts.keys.get(said.0)).flatten();
            keys.0[said.0 as usize] = match (of(&self, &ours), of(&other, &theirs)) {
                (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
                (ours, theirs) => ours.or(theirs),
            };
        }
        both.keys = keys;
        both
    }
}

fn joined<T>(ours: Option<T>, theirs: Option<T>, join: impl Fn(T, T) -> T) -> Option<T> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(join(ours, theirs)),
        (ours, theirs) => ours.or(theirs),
    }
}

/// The facts of all models of one server, to be looked up by any id under which it serves them. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactSheet(Arc<HashMap<ModelId, Arc<ModelFacts>>>);

impl FactSheet {
    /// Adds what is said of one model, under each of the ids by which it is served; joined with what is already
    /// there under that id.
    pub fn add(&mut self, ids: impl IntoIterator<Item = ModelId>, facts: ModelFacts) {
        let facts = Arc::new(facts);
        let sheet = Arc::make_mut(&mut self.0);
        for id in ids {
            match sheet.entry(id) {
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

    /// The same, to be kept.
    pub(crate) fn share(&self, id: &ModelId) -> Option<Arc<ModelFacts>> {
        self.0.get(id).cloned()
    }

    /// What this says, as a server's own API does, and for the rest what its list says.
    #[must_use]
    pub fn over(&self, list: &Self) -> Self {
        if list.is_empty() {
            return self.clone();
        }
        let mut both = HashMap::clone(&self.0);
        for (id, facts) in list.0.iter() {
            let own = both.get(id).map_or_else(|| Arc::clone(facts), |own| Arc::new(own.over(facts)));
            both.insert(id.clone(), own);
        }
        Self(Arc::new(both))
    }

    /// Gives a model what it does not say itself and another one does, of which it was made.
    pub fn inherit(&mut self, id: &ModelId, parent: &ModelId) {
        let Some(parent) = self.0.get(parent).filter(|_| id != parent).cloned() else { return };
        let sheet = Arc::make_mut(&mut self.0);
        let own = sheet.get(id).map(|own| own.inheriting(&parent));
        let own = own.unwrap_or_else(|| ModelFacts::default().inheriting(&parent));
        sheet.insert(id.clone(), Arc::new(own));
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
    use crate::LISTED;
    use proptest::prelude::*;

    fn id(text: &str) -> ModelId {
        ModelId::new(text).unwrap()
    }

    fn facts() -> impl Strategy<Value = ModelFacts> {
        let kind = prop::sample::select(vec![None, Some(ModelKind::Chat), Some(ModelKind::Embedding)]);
        let (max, loaded) = (proptest::option::of(1..5_u64), proptest::option::of(1..5_u64));
        (kind, max, loaded, any::<Option<bool>>(), any::<Option<bool>>()).prop_map(
            |(kind, max_context, loaded_context, vision, reasoning)| {
                let mut facts =
                    ModelFacts { kind, max_context, loaded_context, vision, reasoning, ..ModelFacts::default() };
                // Which key says what depends on the value, as it does in answers.
                let keys = LISTED.iter().filter(|key| key.fact == Fact::MaxContext);
                if let Some(key) = keys.cycle().nth(max_context.unwrap_or_default() as usize) {
                    facts.keys.0[Fact::MaxContext as usize] = max_context.map(|_| key);
                }
                facts
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
        assert_eq!((joined.max_context, joined.vision, joined.reasoning), (Some(4096), Some(false), Some(true)));
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
        fn the_servers_own_api_wins_and_the_list_fills_what_it_leaves_open(own in facts(), list in facts()) {
            let both = own.over(&list);
            prop_assert_eq!(both.max_context, own.max_context.or(list.max_context));
            prop_assert_eq!((both.kind, both.vision), (own.kind.or(list.kind), own.vision.or(list.vision)));
            let least = [own.loaded_context, list.loaded_context].into_iter().flatten().min();
            prop_assert_eq!(both.loaded_context, least);
            let from = if own.max_context.is_some() { &own } else { &list };
            prop_assert!(both.max_context.is_none() || both.key(Fact::MaxContext) == from.key(Fact::MaxContext));
            prop_assert_eq!(own.over(&ModelFacts::default()), own);
        }

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
