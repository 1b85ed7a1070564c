//! One row of our provider: what it says of a model, and the text of the row with a model's values in it.

use std::borrow::Cow;

use domain::{COMPAT, Cost, Input, Model, ModelId, StoredModel};
use serde_json::Value;

use super::cursor::Cursor;
use super::layout::Layout;
use super::shape::{Member, is_key, unquoted};

/// The keys of a row that lmsync owns, in the order in which a new row has them.
const KEYS: [&str; 9] =
    ["id", "name", "reasoning", "input", "cost", "contextWindow", "contextTokens", "maxTokens", "compat"];

/// The four prices, all of which OpenClaw requires.
const PRICES: [(&str, &str); 4] = [("input", "0"), ("output", "0"), ("cacheRead", "0"), ("cacheWrite", "0")];

/// A row taken apart: its members, and which of them are ours. Used again and again, to allocate once.
#[derive(Default)]
pub(super) struct Row<'a> {
    members: Vec<Member<'a>>,
    /// By the order of [`KEYS`]: the place of the last member of that name.
    own: [Option<usize>; KEYS.len()],
}

impl<'a> Row<'a> {
    /// Takes a row apart. One that is no object has no members.
    pub(super) fn read(&mut self, raw: &'a str) {
        self.members.clear();
        self.own = [None; KEYS.len()];
        Cursor::new(raw).members(|cursor, key| {
            if let Some(own) = KEYS.iter().position(|name| is_key(key, name)) {
                self.own[own] = Some(self.members.len());
            }
            self.members.push(Member { key, value: cursor.value() });
        });
    }

    /// The id, as text.
    pub(super) fn id(&self) -> Option<Cow<'a, str>> {
        self.get("id").and_then(text)
    }

    /// What the row says, as far as we own it.
    pub(super) fn view(&self) -> StoredModel {
        StoredModel {
            id: self.id().and_then(|id| ModelId::new(&id).ok()),
            name: self.name().map(Cow::into_owned),
            reasoning: self.reasoning(),
            input: self.input(),
            cost: self.cost(),
            context_window: self.get("contextWindow").and_then(positive),
            context_tokens: self.get("contextTokens").and_then(positive),
            max_tokens: self.get("maxTokens").and_then(positive),
            compat: self.compat(),
        }
    }

    /// Writes the row with the model's values: what differs is set, what is missing is appended, the rest
    /// stays as it is.
    pub(super) fn put(&self, model: &Model, out: &mut Layout) {
        out.put("{");
        for (at, member) in self.members.iter().enumerate() {
            let own = self.own.iter().position(|own| *own == Some(at));
            let value = own.and_then(|own| self.correction(KEYS[own], model));
            out.next();
            out.put(member.key);
            out.put(":");
            out.put(value.as_deref().unwrap_or(member.value));
        }
        for (name, _) in KEYS.iter().zip(&self.own).filter(|(_, own)| own.is_none()) {
            if let Some(value) = self.correction(name, model) {
                out.next();
                out.put(&quoted(name));
                out.put(":");
                out.put(&value);
            }
        }
        out.put("}");
    }

    /// The JSON that the key should have, `None` where it is right already.
    fn correction(&self, key: &str, model: &Model) -> Option<Cow<'static, str>> {
        let number = |wanted: u64| {
            let differs = self.get(key).and_then(positive) != Some(wanted);
            differs.then(|| wanted.to_string().into())
        };
        match key {
            "id" => {
                (self.id().as_deref() != Some(model.id.as_str())).then(|| quoted(model.id.as_str()).into())
            }
            "name" => (self.name().as_deref() != Some(&model.name)).then(|| quoted(&model.name).into()),
            "reasoning" => (self.reasoning() != Some(model.reasoning))
                .then_some(Cow::Borrowed(if model.reasoning { "true" } else { "false" })),
            "input" => (self.input() != Some(model.input)).then_some(Cow::Borrowed(match model.input {
                Input::Text => r#"["text"]"#,
                Input::TextAndImage => r#"["text","image"]"#,
            })),
            "cost" => match model.cost {
                Cost::Free if self.cost() == Some(Cost::Free) => None,
                Cost::Free => Some(merged(self.get(key), &PRICES, is_zero).into()),
            },
            "contextWindow" => number(model.context_window),
            "contextTokens" => model.context_tokens.and_then(number),
            "maxTokens" => number(model.max_tokens),
            "compat" => (!self.compat()).then(|| merged(self.get(key), &COMPAT, |_| true).into()),
            _ => None,
        }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        let own = KEYS.iter().position(|name| *name == key)?;
        self.own[own].map(|at| self.members[at].value)
    }

    fn name(&self) -> Option<Cow<'a, str>> {
        self.get("name").and_then(text)
    }

    fn reasoning(&self) -> Option<bool> {
        match self.get("reasoning")? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Text must be among the inputs, and nothing that [`Input`] has no name for.
    fn input(&self) -> Option<Input> {
        let raw = self.get("input")?;
        let (mut texts, mut images, mut others) = (0, 0, 0);
        Cursor::new(raw).elements(|cursor| match text(cursor.value()).as_deref() {
            Some("text") => texts += 1,
            Some("image") => images += 1,
            _ => others += 1,
        });
        match (texts, images, others) {
            (1.., 0, 0) => Some(Input::Text),
            (1.., _, 0) => Some(Input::TextAndImage),
            _ => None,
        }
    }

    fn cost(&self) -> Option<Cost> {
        holds(self.get("cost")?, &PRICES, is_zero).then_some(Cost::Free)
    }

    /// A key that is there counts whatever its value, `null` too: somebody put it there.
    fn compat(&self) -> bool {
        self.get("compat").is_some_and(|raw| holds(raw, &COMPAT, |_| true))
    }
}

/// Whether an object has each of these keys with a value that will do. Of several members of one name the
/// last one counts.
fn holds(raw: &str, wanted: &[(&str, &str)], will_do: impl Fn(&str) -> bool) -> bool {
    let mut right = 0_u32;
    Cursor::new(raw).members(|cursor, key| {
        let value = cursor.value();
        if let Some(at) = wanted.iter().position(|(name, _)| is_key(key, name)) {
            right = right & !(1 << at) | u32::from(will_do(value)) << at;
        }
    });
    right.count_ones() as usize == wanted.len()
}

/// An object with each of these keys: made from the one that is there, if there is one, whose other members
/// stay and whose own values stay where they will do.
fn merged(raw: Option<&str>, wanted: &[(&str, &str)], will_do: impl Fn(&str) -> bool) -> String {
    let mut members = Vec::new();
    Cursor::new(raw.unwrap_or_default())
        .members(|cursor, key| members.push(Member { key, value: cursor.value() }));
    let mut result = String::from("{");
    let mut put = |key: &str, value: &str| {
        if result.len() > 1 {
            result.push(',');
        }
        result.push_str(key);
        result.push(':');
        result.push_str(value);
    };
    let last = |name: &str| members.iter().rposition(|member| is_key(member.key, name));
    let places: Vec<Option<usize>> = wanted.iter().map(|(name, _)| last(name)).collect();
    for (at, member) in members.iter().enumerate() {
        let ours = places.iter().position(|place| *place == Some(at)).filter(|_| !will_do(member.value));
        put(member.key, ours.map_or(member.value, |ours| wanted[ours].1));
    }
    for ((name, value), _) in wanted.iter().zip(&places).filter(|(_, place)| place.is_none()) {
        put(&quoted(name), value);
    }
    result.push('}');
    result
}

/// The text of a JSON string; `None` for any other value, and for a string that is no Unicode text.
pub(super) fn text(raw: &str) -> Option<Cow<'_, str>> {
    match unquoted(raw) {
        Some(plain) => Some(Cow::Borrowed(plain)),
        None => serde_json::from_str(raw).ok().map(Cow::Owned),
    }
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A positive whole number, however it is written (`128000`, `128000.0`, `1.28e5`).
fn positive(raw: &str) -> Option<u64> {
    /// Up to here every whole number is itself in JavaScript.
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    let number = match raw.parse::<u64>() {
        Ok(number) => number,
        Err(_) => {
            let number =
                number(raw).filter(|number| number.fract() == 0.0 && (1.0..=MAX_SAFE).contains(number))?;
            number as u64
        }
    };
    (number > 0).then_some(number)
}

fn is_zero(raw: &str) -> bool {
    number(raw) == Some(0.0)
}

fn number(raw: &str) -> Option<f64> {
    if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        raw.parse().ok()
    } else {
        None
    }
}
