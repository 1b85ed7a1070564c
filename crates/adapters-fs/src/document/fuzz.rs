//! The laws of an edit for any bytes: tried by the fuzzer, by a short test, and in no other build. What is not ours in
//! a document is found by other means than the crate's own.

use std::collections::HashMap;
use std::fmt;

use domain::{Catalog, Input, Model, ModelId, Plan, Provider, Stored, Version, describe, plan};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{edit, view};

pub(super) const OURS: &str = "lmstudio";
pub(super) const SETTINGS: [&str; 3] = ["baseUrl", "apiKey", "api"];
pub(super) const OWNED: [&str; 9] =
    ["id", "name", "reasoning", "input", "cost", "contextWindow", "contextTokens", "maxTokens", "compat"];

/// A document, after four bytes that choose what is planned for it. It is refused, or edited so that all that is
/// foreign is still there, that nothing is left to plan, and that the same edit again changes nothing.
pub fn models_json(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first_chunk() else { return };
    if view(text, OURS).is_err() {
        return;
    }
    let wanted = wanted(*choice);
    let edited = edit(text, OURS, &planned(text, wanted.clone())).expect("what can be viewed can be edited");
    assert_eq!(foreign(text, &wanted.models), foreign(&edited, &wanted.models));
    let nothing = planned(&edited, wanted);
    assert!(nothing.is_empty(), "{nothing:?}");
    assert_eq!(edit(&edited, OURS, &nothing).as_ref(), Ok(&edited), "the same edit again");
}

/// Some of four models, each as four bits have it.
fn wanted([which, tokens, name, url]: [u8; 4]) -> Provider {
    let models = ["a", "b", "c", "d"].into_iter().enumerate().filter_map(|(bit, id)| {
        let has = |byte: u8, shift: usize| byte >> (bit + shift) & 1 == 1;
        let id = ModelId::new(id).ok()?;
        let mut model = Model {
            reasoning: has(which, 4),
            context_window: 1 + u64::from(tokens & 3),
            context_tokens: has(tokens, 2).then_some(2),
            input: if has(name, 4) { Input::TextAndImage } else { Input::Text },
            ..describe(&id, None)
        };
        if has(name, 0) {
            model.name = "\"\\\u{1}\u{202e}é".to_owned();
        }
        has(which, 0).then_some(model)
    });
    Provider { base_url: format!("http://h{url}/v1"), models: models.collect() }
}

/// An object read by other means than the crate's own: keys and values as written, white space aside.
#[derive(Default)]
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((key.get().to_owned(), compact(value.get())));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Members {
    fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The value of the last member of that name, which is the one that counts.
    fn effective(&self, name: &str) -> Option<&str> {
        self.place(name).map(|at| self.0[at].1.as_str())
    }

    fn place(&self, name: &str) -> Option<usize> {
        let is = |key: &str| serde_json::from_str::<String>(key).is_ok_and(|key| key == name);
        self.0.iter().rposition(|(key, _)| is(key))
    }

    /// Every member but those that count for one of these names.
    fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        let ours: Vec<usize> = names.iter().filter_map(|name| self.place(name)).collect();
        let rest = self.0.iter().enumerate().filter(|(at, _)| !ours.contains(at));
        rest.map(|(_, member)| member.clone()).collect()
    }
}

/// The text without the white space between its tokens.
fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let drop = !inside && c.is_ascii_whitespace();
        inside ^= *c == '"' && !escaped;
        escaped = inside && *c == '\\' && !escaped;
        !drop
    };
    text.chars().filter(keep).collect()
}

/// Everything in a document that is not ours: beside our provider, beside our settings, and in each row that
/// stays beside our fields.
#[derive(Debug, PartialEq)]
pub(super) struct Foreign {
    root: Vec<(String, String)>,
    providers: Vec<(String, String)>,
    ours: Vec<(String, String)>,
    rows: HashMap<String, Vec<(String, String)>>,
}

pub(super) fn foreign(text: &[u8], wanted: &Catalog) -> Foreign {
    let root = Members::parse(std::str::from_utf8(text).expect("JSON is UTF-8"));
    let providers = root.effective("providers").map(Members::parse).unwrap_or_default();
    let ours = providers.effective(OURS).map(Members::parse).unwrap_or_default();
    let rows: Vec<&RawValue> =
        ours.effective("models").and_then(|rows| serde_json::from_str(rows).ok()).unwrap_or_default();
    let mut by_id = HashMap::new();
    for row in rows {
        let row = Members::parse(row.get());
        let id = row.effective("id").and_then(|id| serde_json::from_str::<String>(id).ok());
        if let Some(id) = id.filter(|id| wanted.iter().any(|model| model.id.as_str() == id)) {
            by_id.entry(id).or_insert_with(|| row.without(&OWNED));
        }
    }
    // A row that is new has nothing foreign, and one that had nothing foreign need not have been there.
    by_id.retain(|_, members| !members.is_empty());
    Foreign {
        root: root.without(&["providers"]),
        providers: providers.without(&[OURS]),
        ours: ours.without(&[&SETTINGS[..], &["models"]].concat()),
        rows: by_id,
    }
}

/// The plan that makes a text, which can be viewed, into what is wanted.
pub(super) fn planned(text: &[u8], wanted: Provider) -> Plan {
    let provider = view(text, OURS).expect("it was viewed before").map(std::sync::Arc::new);
    plan(&Stored { version: Version::default(), provider }, wanted, [])
}
