//! Catalog and explanation, by examples and laws.

use proptest::prelude::*;

use super::*;
use crate::model::{Cost, Explained, Glob, Input, Reason};
use crate::{Fact, FactSheet, Facts, HoldReason, ModelKind, Override};

const IDS: [&str; 6] = ["a", "b", "a/think", "b/x", "ab:2", "c"];

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

fn some_id() -> impl Strategy<Value = ModelId> {
    prop::sample::select(&IDS[..]).prop_map(id)
}

fn globs() -> impl Strategy<Value = Vec<Glob>> {
    let glob = prop::sample::select(vec!["*", "a*", "?", "*/x", "b", "nothing"]).prop_map(Glob::new);
    proptest::collection::vec(glob, 0..3)
}

fn numbers() -> impl Strategy<Value = [Option<u64>; 3]> {
    proptest::array::uniform3(proptest::option::of(1..200_000_u64))
}

fn an_input() -> impl Strategy<Value = Input> {
    prop::sample::select(vec![Input::Text, Input::TextAndImage])
}

prop_compose! {
    fn an_override()(
        glob in prop::sample::select(vec!["*", "a*", "?", "b"]),
        name in proptest::option::of("[A-C]"),
        [context_window, context_tokens, max_tokens] in numbers(),
        reasoning in any::<Option<bool>>(),
        input in proptest::option::of(an_input()),
    ) -> Override {
        let glob = Glob::new(glob);
        Override { glob, name, context_window, context_tokens, max_tokens, reasoning, input }
    }
}

prop_compose! {
    fn rules()(
        include in globs(), exclude in globs(), overrides in proptest::collection::vec(an_override(), 0..4),
    ) -> Rules {
        Rules { include, exclude, overrides }
    }
}

prop_compose! {
    fn facts()(
        kind in prop::sample::select(vec![None, Some(ModelKind::Chat), Some(ModelKind::Embedding)]),
        name in proptest::option::of("[M-O]"),
        [max_context, loaded_context, _] in numbers(),
        vision in any::<Option<bool>>(),
        reasoning in any::<Option<bool>>(),
    ) -> ModelFacts {
        let name = name.map(Into::into);
        ModelFacts { kind, name, max_context, loaded_context, vision, reasoning, ..ModelFacts::default() }
    }
}

fn listing() -> impl Strategy<Value = Listing> {
    proptest::collection::vec(some_id(), 0..6).prop_map(Listing::new)
}

/// A memory of facts: of none, of a server without any, of some models.
fn fact_debouncer() -> impl Strategy<Value = FactDebouncer> {
    let sheet = proptest::collection::vec((some_id(), facts()), 0..6).prop_map(|facts| {
        let mut sheet = FactSheet::default();
        for (id, facts) in facts {
            sheet.add([id], facts);
        }
        Facts::Known(sheet)
    });
    let said = prop_oneof![1 => Just(None), 1 => Just(Some(Facts::NotOffered)), 6 => sheet.prop_map(Some)];
    said.prop_map(|said| {
        let mut fact_debouncer = FactDebouncer::default();
        fact_debouncer.observe(&IDS.map(id), said.as_ref(), std::time::Duration::ZERO);
        fact_debouncer
    })
}

fn stored() -> impl Strategy<Value = Option<StoredProvider>> {
    let row = (proptest::option::of(some_id()), proptest::option::of(1..9_u64));
    let row = row.prop_map(|(id, context_window)| StoredModel { id, context_window, ..StoredModel::default() });
    let rows = proptest::collection::vec(row, 0..6);
    proptest::option::of(rows.prop_map(|models| StoredProvider { models, ..StoredProvider::default() }))
}

fn held() -> impl Strategy<Value = Vec<HeldModel>> {
    let held = |id| HeldModel { id, since: std::time::Duration::ZERO, reason: HoldReason::Unconfirmed };
    proptest::collection::vec(some_id().prop_map(held), 0..3)
}

/// Whether two explanations of a model agree in each field, in the order of [`Override`]'s fields.
fn agreeing(a: &ExplainedModel, b: &ExplainedModel) -> [bool; 6] {
    [
        a.name == b.name,
        a.context_window == b.context_window,
        a.context_tokens == b.context_tokens,
        a.max_tokens == b.max_tokens,
        a.reasoning == b.reasoning,
        a.input == b.input,
    ]
}

fn said(said: &Override) -> [bool; 6] {
    [
        said.name.is_some(),
        said.context_window.is_some(),
        said.context_tokens.is_some(),
        said.max_tokens.is_some(),
        said.reasoning.is_some(),
        said.input.is_some(),
    ]
}

proptest! {
    #[test]
    fn the_catalog_and_its_explanation_agree(
        listing in listing(), facts in fact_debouncer(), rules in rules(), held in held(), stored in stored(),
    ) {
        let view = View { listing: &listing, facts: &facts, rules: &rules, held: &held };
        let catalog = view.catalog(stored.as_ref());
        for id in IDS.map(id) {
            let told = catalog.iter().find(|model| model.id == id);
            let explanation = view.explain(&id, stored.as_ref());
            prop_assert_eq!(explanation.listed, listing.ids().contains(&id));
            match explanation.fate {
                Fate::Offered(model) => {
                    let offered = model.model();
                    prop_assert_eq!(Some(&offered), told);
                }
                fate => {
                    prop_assert_eq!(told, None);
                    prop_assert_eq!(matches!(fate, Fate::LeftOut(_)), explanation.listed);
                    prop_assert!(!matches!(fate, Fate::Unlisted if held.iter().any(|held| held.id == id)));
                }
            }
        }
    }

    #[test]
    fn inclusion_and_exclusion_invent_nothing(
        listing in listing(), facts in fact_debouncer(), rules in rules(), stored in stored(),
    ) {
        let view = View { listing: &listing, facts: &facts, rules: &rules, held: &[] };
        let offered: Vec<ModelId> = view.catalog(stored.as_ref()).into_iter().map(|model| model.id).collect();
        let expected = listing.ids().iter().filter(|id| {
            let included = rules.include.is_empty() || rules.include.iter().any(|glob| glob.matches(id));
            let excluded = rules.exclude.iter().any(|glob| glob.matches(id));
            included && !excluded && cannot_chat(id, facts.known(id).facts()).is_none()
        });
        prop_assert_eq!(offered, expected.cloned().collect::<Vec<_>>());
    }

    #[test]
    fn an_override_changes_only_its_fields(
        model in some_id(), facts in fact_debouncer(), rules in rules(), added in an_override(), stored in stored(),
    ) {
        let row = stored.iter().flat_map(|provider| &provider.models).find(|row| row.id.as_ref() == Some(&model));
        let listing = Listing::default();
        let describe = |rules| View { listing: &listing, facts: &facts, rules, held: &[] }.describe(&model, row);
        let before = describe(&rules);
        let mut more = rules.clone();
        more.overrides.push(added.clone());
        let after = describe(&more);
        let matches = added.glob.matches(&model);
        prop_assert_eq!(agreeing(&before, &after), said(&added).map(|said| !(said && matches)));
        if matches {
            prop_assert_eq!(&after.name.value, added.name.as_ref().unwrap_or(&before.name.value));
            prop_assert_eq!(after.context_window.value, added.context_window.unwrap_or(before.context_window.value));
            prop_assert_eq!(after.context_tokens.value, added.context_tokens.or(before.context_tokens.value));
            prop_assert_eq!(after.max_tokens.value, added.max_tokens.unwrap_or(before.max_tokens.value));
            prop_assert_eq!(after.reasoning.value, added.reasoning.unwrap_or(before.reasoning.value));
            prop_assert_eq!(after.input.value, added.input.unwrap_or(before.input.value));
        }
    }
}

#[test]
fn each_value_is_told_with_where_it_is_from() {
    let mut sheet = FactSheet::default();
    let facts = ModelFacts {
        name: Some("Qwen3 8B".into()),
        max_context: Some(131_072),
        vision: Some(false),
        ..ModelFacts::default()
    };
    sheet.add([id("qwen/qwen3-8b")], facts.clone());
    let listing = Listing::new([id("qwen/qwen3-8b")]);
    let mut fact_debouncer = FactDebouncer::default();
    fact_debouncer.observe(listing.ids(), Some(&Facts::Known(sheet)), std::time::Duration::ZERO);
    let said = Override { max_tokens: Some(4_096), ..Override::new(Glob::new("qwen/*")) };
    let rules = Rules { overrides: vec![Override::new(Glob::new("*")), said], ..Rules::default() };
    let view = View { listing: &listing, facts: &fact_debouncer, rules: &rules, held: &[] };
    let explanation = view.explain(&id("qwen/qwen3-8b"), None);
    let by_the_user = Reason::Override { index: 1, glob: Glob::new("qwen/*") };
    let expected = ExplainedModel {
        id: id("qwen/qwen3-8b"),
        name: Explained::new("Qwen3 8B".into(), Reason::Server(Fact::DisplayName.key())),
        reasoning: Explained::new(false, Reason::NameRule),
        input: Explained::new(Input::Text, Reason::Server(Fact::Vision.key())),
        cost: Explained::new(Cost::default(), Reason::Default),
        context_window: Explained::new(131_072, Reason::Server(Fact::MaxContext.key())),
        context_tokens: Explained::new(Some(64_000), Reason::Capped { key: Fact::MaxContext.key(), limit: 64_000 }),
        max_tokens: Explained::new(4_096, by_the_user),
    };
    assert_eq!(explanation.fate, Fate::Offered(Box::new(expected)));
    assert_eq!(explanation.facts, Some(facts));
}

#[test]
fn a_held_model_is_told_as_its_row_has_it() {
    let row = StoredModel { id: Some(id("a")), name: Some("A".into()), ..StoredModel::default() };
    let stored = StoredProvider { models: vec![row.clone()], ..StoredProvider::default() };
    let held = HeldModel { id: id("a"), since: std::time::Duration::ZERO, reason: HoldReason::ListEmpty };
    let (listing, facts, rules) = (Listing::default(), FactDebouncer::default(), Rules::default());
    let view = View { listing: &listing, facts: &facts, rules: &rules, held: std::slice::from_ref(&held) };
    assert_eq!(view.explain(&id("a"), Some(&stored)).fate, Fate::Held { held: held.clone(), row: Some(row) });
    assert_eq!(view.explain(&id("b"), Some(&stored)).fate, Fate::Unlisted);
}
