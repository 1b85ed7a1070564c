//! One row of our provider: what it says of a model, and the text of the row with a model's values in it.

use std::borrow::Cow;

use domain::{COMPAT, Cost, Dollars, Input, Model, ModelId, StoredModel};

use crate::cursor::Cursor;
use crate::object::Object;
use crate::string::{Member, is_key, quoted, text};

/// A key of a row that lmsync owns, in the order in which a new row has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Name,
    Reasoning,
    Input,
    Cost,
    ContextWindow,
    ContextTokens,
    MaxTokens,
    Compat,
}

const KEYS: [(Key, &str); 9] = [
    (Key::Id, "id"),
    (Key::Name, "name"),
    (Key::Reasoning, "reasoning"),
    (Key::Input, "input"),
    (Key::Cost, "cost"),
    (Key::ContextWindow, "contextWindow"),
    (Key::ContextTokens, "contextTokens"),
    (Key::MaxTokens, "maxTokens"),
    (Key::Compat, "compat"),
];

/// Room for the members that a row usually has.
const MEMBERS: usize = 16;

/// A row taken apart: its members, and which of them are ours.
#[derive(Debug, Default)]
pub struct Row<'a> {
    members: Vec<Member<'a>>,
    /// By [`Key`]: the place of the last member of that name.
    own: [Option<usize>; KEYS.len()],
}

impl<'a> Row<'a> {
    /// Takes a row apart.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        Self::read(&mut Cursor::new(text))
    }

    /// Steps over a row and takes it apart. One that is no object has no members.
    pub fn read(cursor: &mut Cursor<'a>) -> Self {
        let mut row = Self::default();
        if cursor.peek() != b'{' {
            cursor.value();
            return row;
        }
        row.members.reserve(MEMBERS);
        cursor.members(|cursor, key| {
            let name = text(key).unwrap_or_default();
            if let Some((own, _)) = KEYS.iter().find(|(_, own)| *own == name) {
                row.own[*own as usize] = Some(row.members.len());
            }
            row.members.push(Member { key, value: cursor.value() });
        });
        row
    }

    /// What the row says, as far as we own it.
    #[must_use]
    pub fn view(&self) -> StoredModel {
        StoredModel {
            id: self.text(Key::Id).and_then(|id| ModelId::new(&id).ok()),
            name: self.text(Key::Name).map(Cow::into_owned),
            reasoning: self.reasoning(),
            input: self.input(),
            cost: self.cost(),
            context_window: self.positive(Key::ContextWindow),
            context_tokens: self.positive(Key::ContextTokens),
            max_tokens: self.positive(Key::MaxTokens),
            compat: self.compat(),
        }
    }

    /// Appends the row with the model's values: what differs is set, what is missing is appended, the rest stays as
    /// it is.
    pub fn write(&self, model: &Model, out: &mut String) {
        out.push('{');
        let begin = out.len();
        let mut put = |key: &str, value: &str| {
            let comma = if out.len() == begin { "" } else { "," };
            [comma, key, ":", value].into_iter().for_each(|part| out.push_str(part));
        };
        for (at, member) in self.members.iter().enumerate() {
            let own = KEYS.iter().find(|(own, _)| self.own[*own as usize] == Some(at));
            let value = own.and_then(|(own, _)| self.correction(*own, model));
            put(member.key, value.as_deref().unwrap_or(member.value));
        }
        for (key, name) in KEYS.iter().filter(|(own, _)| self.own[*own as usize].is_none()) {
            if let Some(value) = self.correction(*key, model) {
                put(&quoted(name), &value);
            }
        }
        out.push('}');
    }

    /// The JSON that the key should have, `None` where it is right already.
    fn correction(&self, key: Key, model: &Model) -> Option<Cow<'static, str>> {
        let string = |wanted: &str| {
            let differs = self.text(key).as_deref() != Some(wanted);
            differs.then(|| quoted(wanted).into())
        };
        let number = |wanted: u64| {
            let differs = self.positive(key) != Some(wanted);
            differs.then(|| wanted.to_string().into())
        };
        match key {
            Key::Id => string(model.id.as_str()),
            Key::Name => string(&model.name),
            Key::Reasoning => (self.reasoning() != Some(model.reasoning))
                .then_some(Cow::Borrowed(if model.reasoning { "true" } else { "false" })),
            Key::Input => (self.input() != Some(model.input)).then_some(Cow::Borrowed(match model.input {
                Input::Text => r#"["text"]"#,
                Input::TextAndImage => r#"["text","image"]"#,
            })),
            Key::Cost => (self.cost() != Some(model.cost)).then(|| cost_in(self.get(key), model.cost).into()),
            Key::ContextWindow => number(model.context_window),
            Key::ContextTokens => model.context_tokens.and_then(number),
            Key::MaxTokens => number(model.max_tokens),
            Key::Compat => (!self.compat()).then(|| merged(self.get(key), &COMPAT, |_, _| true).into()),
        }
    }

    fn get(&self, key: Key) -> Option<&'a str> {
        self.own[key as usize].map(|at| self.members[at].value)
    }

    fn text(&self, key: Key) -> Option<Cow<'a, str>> {
        self.get(key).and_then(text)
    }

    fn positive(&self, key: Key) -> Option<u64> {
        self.get(key).and_then(positive)
    }

    fn reasoning(&self) -> Option<bool> {
        match self.get(Key::Reasoning)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Text must be among the inputs, and nothing that [`Input`] has no name for.
    fn input(&self) -> Option<Input> {
        let (mut texts, mut images, mut others) = (0, 0, 0);
        Cursor::new(self.get(Key::Input)?).elements(|cursor| match text(cursor.value()).as_deref() {
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
        let mut prices = [None; 4];
        let names = Cost::default().named();
        Cursor::new(self.get(Key::Cost)?).members(|cursor, key| {
            let value = cursor.value();
            let key = text(key).unwrap_or_default();
            if let Some(at) = names.iter().position(|(name, _)| *name == key) {
                prices[at] = dollars(value);
            }
        });
        let [input, output, cache_read, cache_write] = prices;
        Some(Cost { input: input?, output: output?, cache_read: cache_read?, cache_write: cache_write? })
    }

    /// A key that is there counts whatever its value, `null` too: somebody put it there.
    fn compat(&self) -> bool {
        self.get(Key::Compat).is_some_and(|raw| holds(raw, &COMPAT))
    }
}

/// A row as it is: its id, if that is a text, and the whole of it.
pub type IdAndRow<'a> = (Option<Cow<'a, str>>, &'a str);

/// Steps over a row and gives its id, if that is a text, and the whole row.
pub fn id_and_row<'a>(cursor: &mut Cursor<'a>) -> IdAndRow<'a> {
    let start = cursor.start();
    let mut id = None;
    if cursor.peek() == b'{' {
        cursor.members(|cursor, key| {
            let value = cursor.value();
            if is_key(key, "id") {
                id = text(value);
            }
        });
    } else {
        cursor.value();
    }
    (id, cursor.since(start))
}

/// Whether an object has each of these keys, whatever their values.
fn holds(raw: &str, wanted: &[(&str, &str)]) -> bool {
    let object = Object::parse(raw);
    wanted.iter().all(|(name, _)| object.get(name).is_some())
}

/// An object with each of these keys: made from the one that is there, if there is one, whose other members
/// stay and whose own values stay where they will do.
fn merged(raw: Option<&str>, wanted: &[(&str, &str)], will_do: impl Fn(usize, &str) -> bool) -> String {
    let mut object = Object::parse(raw.unwrap_or_default());
    for (at, &(name, value)) in wanted.iter().enumerate() {
        if !object.get(name).is_some_and(|has| will_do(at, has)) {
            object.set(name, value);
        }
    }
    object.to_string()
}

/// A positive whole number, however it is written (`128000`, `128000.0`, `1.28e5`).
fn positive(raw: &str) -> Option<u64> {
    /// Up to here every whole number is itself in JavaScript.
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    let number = match raw.parse::<u64>() {
        Ok(number) => number,
        Err(_) => {
            let number = number(raw).filter(|number| number.fract() == 0.0 && (1.0..=MAX_SAFE).contains(number))?;
            number as u64
        }
    };
    (number > 0).then_some(number)
}

/// The prices as an object, over the one that is there.
fn cost_in(raw: Option<&str>, cost: Cost) -> String {
    let amounts = cost.named().map(|(name, amount)| (name, amount, amount.to_string()));
    let wanted = amounts.each_ref().map(|(name, _, text)| (*name, text.as_str()));
    merged(raw, &wanted, |at, raw| dollars(raw) == Some(amounts[at].1))
}

fn dollars(raw: &str) -> Option<Dollars> {
    number(raw).and_then(Dollars::per_million)
}

fn number(raw: &str) -> Option<f64> {
    if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) { raw.parse().ok() } else { None }
}
