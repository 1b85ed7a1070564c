//! Tests of what a change leaves alone, and of what it takes out again.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::changes::{API, StoredProvider};
use crate::era::ERAS;
use crate::model::ModelId;
use crate::{StoredModel, describe};

fn id(text: &str) -> ModelId {
    ModelId::new(text).unwrap()
}

fn desired(ids: &[&str]) -> DesiredEntry {
    DesiredEntry {
        provider: "lmstudio".into(),
        base_url: "http://h:1234/v1".into(),
        models: ids.iter().map(|text| describe(&id(text), None)).collect(),
        held: Vec::new(),
    }
}

fn seen(provider: Option<StoredProvider>) -> ConfigSeen {
    let (lists, parents) = (provider.is_some(), (provider.is_some(), provider.is_some()));
    let version = ConfigVersion::default();
    ConfigSeen {
        version,
        openclaw: "2026.9.6".into(),
        era: ERAS.last().unwrap(),
        provider,
        elsewhere: false,
        lists,
        parents,
    }
}

/// What a gateway has after it carried a plan out.
fn carried_out(before: &ConfigSeen, plan: &EntryPlan) -> ConfigSeen {
    let Entry::Rows { rows, base_url } = &plan.entry else { return seen(None) };
    let has = before.provider.clone();
    if !plan.writes {
        return before.clone();
    }
    let old = has.clone().unwrap_or_default();
    let row = |row: &EntryRow| match row {
        EntryRow::Keep(index) => old.models[*index].clone(),
        EntryRow::Set(_, model) => StoredModel::from(model),
    };
    let settings = match base_url {
        Some(url) => (Some(url.clone()), Some("__OPENCLAW_REDACTED__".to_owned()), Some(API.to_owned())),
        None => (old.base_url.clone(), old.api_key.clone(), old.api.clone()),
    };
    let models = rows.iter().map(row).collect();
    seen(Some(StoredProvider { base_url: settings.0, api_key: settings.1, api: settings.2, models }))
}

fn users(ids: &[&str]) -> StoredProvider {
    let row = |text: &&str| StoredModel { id: Some(id(text)), name: Some("mine".into()), ..StoredModel::default() };
    StoredProvider {
        base_url: Some("http://mine/v1".into()),
        api_key: Some("__OPENCLAW_REDACTED__".into()),
        api: Some(API.into()),
        models: ids.iter().map(row).collect(),
    }
}

#[test]
fn an_entry_that_is_not_there_is_made_and_taken_out_whole() {
    let before = seen(None);
    let plan = plan_entry(&before, &desired(&["a", "b"]), &Added::default());
    assert_eq!(plan.added.made, Some(Made::Models));
    assert_eq!(plan.diff.added.len(), 2);
    let now = carried_out(&before, &plan);
    assert!(!plan_entry(&now, &desired(&["a", "b"]), &plan.added).writes);
    assert_eq!(withdraw(&now, "lmstudio", &plan.added).entry, Entry::Gone(Made::Models));
}

#[test]
fn nothing_to_offer_makes_no_entry() {
    assert!(!plan_entry(&seen(None), &desired(&[]), &Added::default()).writes);
}

#[test]
fn rows_and_settings_of_the_user_stay_as_they_are() {
    let before = seen(Some(users(&["x", "a"])));
    let plan = plan_entry(&before, &desired(&["a", "b"]), &Added::default());
    let model = describe(&id("b"), None);
    let rows = vec![EntryRow::Keep(0), EntryRow::Keep(1), EntryRow::Set(None, model)];
    assert_eq!(plan.entry, Entry::Rows { rows, base_url: None });
    assert_eq!(plan.added, Added { made: None, rows: [id("b")].into() });

    let now = carried_out(&before, &plan);
    let plan = plan_entry(&now, &desired(&[]), &plan.added);
    assert_eq!(plan.diff.removed, [id("b")]);
    assert_eq!(carried_out(&now, &plan), before);
}

#[test]
fn a_list_in_an_entry_of_the_user_goes_and_the_entry_stays_as_it_is() {
    let before = ConfigSeen { lists: false, ..seen(Some(users(&[]))) };
    let plan = plan_entry(&before, &desired(&["a"]), &Added::default());
    assert_eq!(plan.added, Added { made: Some(Made::List), rows: [id("a")].into() });
    assert!(matches!(&plan.entry, Entry::Rows { base_url: None, .. }), "{:?}", plan.entry);
    let now = carried_out(&before, &plan);
    assert_eq!(withdraw(&now, "lmstudio", &plan.added).entry, Entry::Gone(Made::List));
    // Nothing of it is written where it stands elsewhere than desired: the address is the user's.
    assert!(!plan_entry(&now, &desired(&["a"]), &plan.added).writes);
}

#[test]
fn a_row_that_the_user_put_into_our_entry_keeps_it_there() {
    let before = seen(None);
    let plan = plan_entry(&before, &desired(&["a"]), &Added::default());
    let mut now = carried_out(&before, &plan);
    if let Some(provider) = &mut now.provider {
        provider.models.extend(users(&["x"]).models);
    }
    let plan = withdraw(&now, "lmstudio", &plan.added);
    assert_eq!(plan.entry, Entry::Rows { rows: vec![EntryRow::Keep(1)], base_url: None });
}

#[test]
fn a_row_that_waits_to_be_confirmed_as_gone_stays() {
    let before = seen(None);
    let plan = plan_entry(&before, &desired(&["a", "b"]), &Added::default());
    let now = carried_out(&before, &plan);
    let waits = DesiredEntry { held: vec![id("b")], ..desired(&["a"]) };
    assert!(!plan_entry(&now, &waits, &plan.added).writes);
}

fn ids() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-e]", 0..6)
}

proptest! {
    /// Whatever is listed one after the other, what the user wrote is there at the end, and nothing of ours is.
    #[test]
    fn what_was_added_is_taken_out_and_nothing_else(
        own in proptest::option::of(ids()),
        lists in proptest::collection::vec(ids(), 1..5),
    ) {
        let texts = |ids: &[String]| ids.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let provider = own.map(|ids| users(&texts(&ids).iter().map(String::as_str).collect::<Vec<_>>()));
        let before = seen(provider);
        let (mut now, mut added) = (before.clone(), Added::default());
        for list in lists {
            let desired = desired(&list.iter().map(String::as_str).collect::<Vec<_>>());
            let plan = plan_entry(&now, &desired, &added);
            now = carried_out(&now, &plan);
            added = plan.added;
            prop_assert!(!plan_entry(&now, &desired, &added).writes);
            let rows = now.provider.iter().flat_map(|has| &has.models);
            let has: HashSet<_> = rows.filter_map(|row| row.id.clone()).collect();
            prop_assert!(desired.models.iter().all(|model| has.contains(&model.id)));
        }
        let plan = withdraw(&now, "lmstudio", &added);
        let after = if plan.writes { carried_out(&now, &plan) } else { now };
        prop_assert_eq!(after, before);
    }
}
