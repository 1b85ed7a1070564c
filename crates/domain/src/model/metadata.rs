//! The metadata rules: the values of a model's row, from what its server says and from its id.

use super::explained::{Explained, ExplainedModel, Reason};
use super::keys::Fact;
use crate::changes::StoredModel;
use crate::model::catalog::{Input, Model};
use crate::model::facts::ModelFacts;
use crate::model::id::ModelId;
use crate::model::kind::ModelKind;
use crate::model::price::{Cost, Prices};
use crate::model::rules::LeftOut;

/// The context window, in tokens, where nothing better is known (OpenClaw's own default for a model).
pub const DEFAULT_CONTEXT_WINDOW: u64 = 128_000;

/// The longest answer to ask for, in tokens, where nothing better is known.
pub const DEFAULT_MAX_TOKENS: u64 = 8_192;

/// The context to work with, in tokens, of a model that is not loaded and supports more. OpenClaw asks LM Studio
/// to load a model with this much; its own discovery has the same limit.
pub const UNLOADED_CONTEXT_TOKENS: u64 = 64_000;

/// What is known of a model beyond its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// The server says this.
    Facts(&'a ModelFacts),
    /// The server has nothing to say of it.
    Silent,
    /// The server may have more to say, but could not be asked. What a store has stays.
    Unavailable,
}

impl<'a> Known<'a> {
    /// The facts, where there are any.
    #[must_use]
    pub fn facts(self) -> Option<&'a ModelFacts> {
        match self {
            Self::Facts(facts) => Some(facts),
            Self::Silent | Self::Unavailable => None,
        }
    }
}

/// Describes a model by what its server says of it (`None`: nothing) and by its id.
///
/// - `contextWindow`: the longest context that it supports, else the one that it runs with.
/// - `contextTokens`: the context that it is loaded with, else the supported one, of a server that loads on demand up
///   to [`UNLOADED_CONTEXT_TOKENS`]; never more than it supports.
/// - `maxTokens`: the longest answer that it gives, else [`DEFAULT_MAX_TOKENS`], or the context to work with where
///   that is less.
/// - `input`: images with vision.
/// - `cost`: the prices that it states, each as far as its unit is plain; else 0.
/// - `reasoning`: by [`reasons_by_name`], or where the server says so.
/// - `name`: the one for a person, else the id.
///
/// Where the server says nothing: [`DEFAULT_CONTEXT_WINDOW`], no `contextTokens`, text only.
#[must_use]
pub fn describe(id: &ModelId, facts: Option<&ModelFacts>) -> Model {
    automatic(id, facts.map_or(Known::Silent, Known::Facts), None).model()
}

/// Why a listed model cannot be offered for chat, whatever the user says: its id is a pattern, or the server says that
/// it is for something else. Nothing is guessed from a name, as names mislead both ways.
#[must_use]
pub fn cannot_chat(id: &ModelId, facts: Option<&ModelFacts>) -> Option<LeftOut> {
    if id.is_pattern() {
        return Some(LeftOut::Pattern);
    }
    facts.and_then(|facts| facts.kind).filter(|kind| *kind != ModelKind::Chat).map(LeftOut::NotForChat)
}

/// The name rule: a model whose id contains `reasoning`, `r1` or `think`, in any case, is one that reasons.
#[must_use]
pub fn reasons_by_name(id: &str) -> bool {
    let id = id.to_lowercase();
    ["reasoning", "r1", "think"].iter().any(|mark| id.contains(mark))
}

/// All that is said of a model without the user's own rules. `row` is what a store has of it.
pub(crate) fn automatic(id: &ModelId, known: Known<'_>, row: Option<&StoredModel>) -> ExplainedModel {
    match (known, row) {
        (Known::Facts(facts), _) => from_facts(id, facts),
        (Known::Unavailable, Some(row)) => from_row(id, row),
        (Known::Silent | Known::Unavailable, _) => from_facts(id, &ModelFacts::default()),
    }
}

fn from_facts(id: &ModelId, facts: &ModelFacts) -> ExplainedModel {
    let name = match &facts.name {
        Some(name) => Explained::new(name.to_string(), Reason::Server(facts.key(Fact::DisplayName))),
        None => Explained::new(id.as_str().to_owned(), Reason::Default),
    };
    let reasoning = match facts.reasoning {
        Some(reasons) if !reasons_by_name(id.as_str()) => {
            Explained::new(reasons, Reason::Server(facts.key(Fact::Reasoning)))
        }
        _ => Explained::new(reasons_by_name(id.as_str()), Reason::NameRule),
    };
    let input = match facts.vision {
        Some(true) => Explained::new(Input::TextAndImage, Reason::Server(facts.key(Fact::Vision))),
        Some(false) => Explained::new(Input::Text, Reason::Server(facts.key(Fact::Vision))),
        None => Explained::new(Input::Text, Reason::Default),
    };
    let cost = cost(facts);
    let context_window = context_window(facts);
    let context_tokens = context_tokens(facts);
    let max_tokens = max_tokens(facts, context_window.value, &context_tokens);
    ExplainedModel { id: id.clone(), name, reasoning, input, cost, context_window, context_tokens, max_tokens }
}

/// What the server states in a unit that is plain; nothing for the rest.
fn cost(facts: &ModelFacts) -> Explained<Cost> {
    let Prices { input, output, cache_read, cache_write } = facts.prices;
    let stated = [
        (Fact::InputPrice, input),
        (Fact::OutputPrice, output),
        (Fact::CacheReadPrice, cache_read),
        (Fact::CacheWritePrice, cache_write),
    ];
    let first = stated.into_iter().find(|(_, price)| price.is_some_and(|price| price.known().is_some()));
    let why = first.map_or(Reason::Default, |(fact, _)| Reason::Server(facts.key(fact)));
    Explained::new(Cost::from_prices(facts.prices), why)
}

fn context_window(facts: &ModelFacts) -> Explained<u64> {
    match (facts.max_context, facts.loaded_context) {
        (Some(max), _) => Explained::new(max, Reason::Server(facts.key(Fact::MaxContext))),
        // What it is loaded with, it supports; that it supports more, nobody says.
        (None, Some(loaded)) => Explained::new(loaded, Reason::Server(facts.key(Fact::LoadedContext))),
        (None, None) => Explained::new(DEFAULT_CONTEXT_WINDOW, Reason::Default),
    }
}

fn context_tokens(facts: &ModelFacts) -> Explained<Option<u64>> {
    let (fact, tokens, limit) = match (facts.loaded_context, facts.max_context) {
        (Some(loaded), max) => (Fact::LoadedContext, loaded, max.unwrap_or(loaded)),
        (None, Some(max)) if facts.key(Fact::MaxContext).own_api => (Fact::MaxContext, max, UNLOADED_CONTEXT_TOKENS),
        // A server that loads nothing on demand serves what it says.
        (None, Some(max)) => (Fact::MaxContext, max, max),
        (None, None) => return Explained::new(None, Reason::Default),
    };
    let key = facts.key(fact);
    let why = if tokens > limit { Reason::Capped { key, limit } } else { Reason::Server(key) };
    Explained::new(Some(tokens.min(limit)), why)
}

/// The longest answer to ask for. One as long as the whole context would leave no room for a question, so a server
/// that states such a number says nothing.
fn max_tokens(facts: &ModelFacts, window: u64, context_tokens: &Explained<Option<u64>>) -> Explained<u64> {
    let context = context_tokens.value.unwrap_or(window);
    match (facts.max_output, context_tokens.value) {
        (Some(tokens), _) if tokens < context => Explained::new(tokens, Reason::Server(facts.key(Fact::MaxOutput))),
        (_, Some(tokens)) if tokens < DEFAULT_MAX_TOKENS => Explained::new(tokens, context_tokens.why.clone()),
        _ => Explained::new(DEFAULT_MAX_TOKENS, Reason::Default),
    }
}

/// What a store has of a model, with the defaults where it has nothing of use.
fn from_row(id: &ModelId, row: &StoredModel) -> ExplainedModel {
    fn keep<T>(stored: Option<T>, value: &mut Explained<T>) {
        if let Some(stored) = stored {
            *value = Explained::new(stored, Reason::Stored);
        }
    }
    let mut model = from_facts(id, &ModelFacts::default());
    keep(row.name.clone().filter(|name| !name.is_empty()), &mut model.name);
    keep(row.reasoning, &mut model.reasoning);
    keep(row.input, &mut model.input);
    keep(row.cost, &mut model.cost);
    keep(row.context_window, &mut model.context_window);
    keep(row.context_tokens.map(Some), &mut model.context_tokens);
    keep(row.max_tokens, &mut model.max_tokens);
    model
}

#[cfg(test)]
mod tests;
