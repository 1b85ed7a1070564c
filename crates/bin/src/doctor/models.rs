//! The models one by one: which of them OpenClaw would refuse, or could not select.

use domain::era::{Era, Release};
use domain::{ModelKind, Prices, by_number, count, name_some};

use super::finding::{Check, Finding};
use super::lines;
use crate::host_kind::HostKind;

/// OpenClaw's prompt alone takes 16,000 to 19,000 tokens: below this, little of an answer fits.
const ROOM: u64 = 24_000;

/// What a model should be loaded with.
const ENOUGH: u64 = 32_768;

/// The first version that reads `contextTokens`: those before know `contextWindow` alone.
const TOKENS_SINCE: Release = Release::new(2026, 4, 15);

/// A model that OpenClaw is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) id: String,
    /// Its `contextWindow`.
    pub(crate) window: u64,
    /// How much of that counts: its `contextTokens`, else the same.
    pub(crate) tokens: u64,
    /// Whether somebody stated one of these, the server or the user; else they are lmsync's own default.
    pub(crate) is_known: bool,
    /// The most that the server says it supports.
    pub(crate) max: Option<u64>,
    /// Whether the server cannot serve it now, as it says.
    pub(crate) failed: bool,
    /// What its tokens cost, as the server says.
    pub(crate) prices: Prices,
    /// What it is for, as the server says.
    pub(crate) kind: Option<ModelKind>,
}

/// Diagnoses the models of one server for a version, as far as that is known; for LM Studio, with its own command as
/// it is typed on that system.
pub(crate) fn diagnose(models: &[Offered], lm_studio: Option<HostKind>, era: Option<&Era>) -> Vec<Finding> {
    if models.is_empty() {
        return Vec::new();
    }
    let (known, unknown): (Vec<&Offered>, Vec<&Offered>) = models.iter().partition(|model| model.is_known);
    let mut found = context(&known, lm_studio, era);
    found.extend(unknown_context(&unknown));
    found.extend(stated(models));
    found.extend(ids(models, lm_studio, era));
    found.extend(not_for_chat(models));
    found
}

/// The context below which every version refuses a model, and below which some do. Versions from 2026.9.5 on count
/// `contextTokens`; those before 2026.4.15 look at `contextWindow` alone and ask for 16,000. In between it is not
/// known since when.
fn least(era: Option<&Era>) -> (u64, u64) {
    match era {
        Some(era) if era.since >= Release::new(2026, 9, 5) => (4_000, 4_000),
        Some(era) if era.since < TOKENS_SINCE => (16_000, 16_000),
        _ => (4_000, 16_000),
    }
}

fn context(models: &[&Offered], lm_studio: Option<HostKind>, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: Check = Check("models.context");
    let (never, sometimes) = least(era);
    let reads_tokens = era.is_none_or(|era| era.since >= TOKENS_SINCE);
    let counted = |model: &Offered| if reads_tokens { model.tokens } else { model.window };
    let mut found = Vec::new();
    for model in models.iter().filter(|model| counted(model) < sometimes) {
        let (id, has) = (&model.id, counted(model));
        let finding = if has < never {
            let least = format!("{never} are the least");
            CHECK.failure(format!("OpenClaw refuses {id}: its context is {has} tokens, and {least}"))
        } else {
            CHECK.warning(format!("{id} has a context of {has} tokens, which some versions of OpenClaw refuse"))
        };
        found.push(more_context(finding, &[model], lm_studio));
    }
    let is_tight = |model: &&&Offered| counted(model) >= sometimes && model.tokens.min(model.window) < ROOM;
    let (loaded_tight, tight): (Vec<&Offered>, Vec<&Offered>) =
        models.iter().filter(is_tight).partition(|model| supports_more(model));
    for few in [&loaded_tight, &tight].into_iter().filter(|few| !few.is_empty()) {
        let (models, have) = (name_some(&ids_of(few)), by_number(few.len(), "has", "have"));
        let finding = CHECK.warning(format!(
            "little room for an answer: OpenClaw's own prompt takes up to 19,000 tokens, and {models} {have} a context \
             below {ROOM}"
        ));
        found.push(more_context(finding, few, lm_studio));
    }
    if found.is_empty() && !models.is_empty() {
        let models = match models.len() {
            1 => "the model has".to_owned(),
            number => format!("each of the {number} models has"),
        };
        found.push(CHECK.good(format!("{models} enough context for OpenClaw")));
    }
    found
}

fn ids_of<'a>(models: &[&'a Offered]) -> Vec<&'a str> {
    models.iter().map(|model| model.id.as_str()).collect()
}

/// Models whose context nobody stated. lmsync's own default is no finding that there is enough.
fn unknown_context(models: &[&Offered]) -> Option<Finding> {
    let window = models.first()?.window;
    let ids = ids_of(models);
    let sentence = format!(
        "the context of {} is not known: the server does not say, and OpenClaw is given {window} tokens by default",
        name_some(&ids)
    );
    let rule = |id: &&str| format!("[[override]]\nmatch = {id:?}\ncontext_window = {ENOUGH}");
    let rules: Vec<String> = ids.iter().map(rule).collect();
    let say = "write what the server runs each with, in lmsync.toml";
    Some(Check("models.context").warning(sentence).line(say, rules.join("\n")))
}

/// What the server says of its models that a person should know: which it cannot serve, and which cost money.
fn stated(models: &[Offered]) -> Vec<Finding> {
    const PRICE: Check = Check("models.price");
    let which = |is: fn(&Offered) -> bool| -> Vec<&str> {
        models.iter().filter(|model| is(model)).map(|model| model.id.as_str()).collect()
    };
    let are = |ids: &[&str]| format!("{} {}", name_some(ids), by_number(ids.len(), "is", "are"));
    let failed = which(|model| model.failed);
    let counted = which(|model| has_price(model) && !has_unclear_price(model));
    let unclear = which(|model| has_price(model) && has_unclear_price(model));
    let mut found = Vec::new();
    if !failed.is_empty() {
        let sentence = format!("the server says that it cannot serve {}", name_some(&failed));
        found.push(Check("models.failed").warning(sentence).fix("look at the server's own log"));
    }
    if !counted.is_empty() {
        let are = are(&counted);
        found.push(PRICE.good(format!("{are} not free: lmsync writes the prices that the server states")));
    }
    if !unclear.is_empty() {
        let sentence = format!(
            "{} not free, and the unit of a price that the server states cannot be told: OpenClaw counts 0 for it",
            are(&unclear)
        );
        found.push(PRICE.warning(sentence).fix("watch what they cost where the server shows it"));
    }
    found
}

fn has_price(model: &Offered) -> bool {
    model.prices.is_priced() == Some(true)
}

fn has_unclear_price(model: &Offered) -> bool {
    model.prices.stated().any(|price| price.known().is_none())
}

/// Whether a model could be loaded with more, as far as the server says.
fn supports_more(model: &Offered) -> bool {
    model.max.is_none_or(|max| max >= ENOUGH)
}

/// What helps models that have too little context; all or none of them support more.
fn more_context(finding: Finding, models: &[&Offered], lm_studio: Option<HostKind>) -> Finding {
    let it = by_number(models.len(), "it", "them");
    let ids = ids_of(models);
    if !models.iter().all(|model| supports_more(model)) {
        let they = by_number(models.len(), "it supports", "they support");
        return finding.line(format!("{they} no more: add to lmsync.toml"), excluding(&ids));
    }
    let Some(here) = lm_studio else {
        let say = format!("let the server load {it} with more context (an option of its own), or add to lmsync.toml");
        return finding.line(say, excluding(&ids));
    };
    let load = |id: &&str| format!("lms load {} --context-length {ENOUGH}", lines::word(here, id));
    finding.line(
        format!("load {it} with more context (or set that in LM Studio: My Models > its settings)"),
        ids.iter().map(load).collect::<Vec<_>>().join("\n"),
    )
}

/// The rule that leaves out exactly these.
fn excluding(ids: &[&str]) -> String {
    format!("exclude = {ids:?}")
}

fn ids(models: &[Offered], lm_studio: Option<HostKind>, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: Check = Check("models.ids");
    // 2026.2.12 takes what follows an `@` for the name of a credential, 2026.9.6 does not.
    let at_counts = era.is_none_or(|era| era.since < Release::new(2026, 9, 5));
    let at_breaks = era.is_some_and(|era| era.since < TOKENS_SINCE);
    let with = |is: fn(char) -> bool| -> Vec<&str> {
        models.iter().map(|model| model.id.as_str()).filter(|id| id.contains(is)).collect()
    };
    let (spaces, ats) = (with(char::is_whitespace), with(|c| c == '@'));
    let mut found = Vec::new();
    if !spaces.is_empty() {
        let (models, ids) = (count(spaces.len(), "model"), name_some(&spaces));
        let sentence = format!("{models} cannot be selected in a chat: a space ends the name in /model ({ids})");
        found.push(renamed(CHECK.warning(sentence), &spaces, lm_studio));
    }
    if !ats.is_empty() && at_counts {
        let who = if at_breaks { "this version of OpenClaw takes" } else { "early versions of OpenClaw take" };
        let sentence = format!("{who} what follows the @ in {} for the name of a credential", name_some(&ats));
        found.push(renamed(CHECK.warning(sentence), &ats, lm_studio));
    }
    if found.is_empty() {
        found.push(CHECK.good("every model's id can be selected in a chat"));
    }
    found
}

fn renamed(finding: Finding, ids: &[&str], lm_studio: Option<HostKind>) -> Finding {
    let it = by_number(ids.len(), "it", "them");
    let Some(here) = lm_studio else {
        let say = format!("let the server call {it} otherwise, or add to lmsync.toml");
        return finding.line(say, excluding(ids));
    };
    let load = |id: &&str| {
        let plain = id.replace(|c: char| c.is_whitespace() || c == '@', "-");
        format!("lms load {} --identifier {}", lines::word(here, id), lines::word(here, &plain))
    };
    let line = ids.iter().map(load).collect::<Vec<_>>().join("\n");
    finding.line(format!("load {it} under another name"), line)
}

/// Names those of which the server does not say what they are for, and whose names say that it is no chat.
fn not_for_chat(models: &[Offered]) -> Option<Finding> {
    let unstated = models.iter().filter(|model| model.kind.is_none());
    let suggested = unstated.filter_map(|model| Some((&*model.id, ModelKind::suggested_by(&model.id)?)));
    let (ids, named): (Vec<&str>, Vec<String>) =
        suggested.map(|(id, kind)| (id, format!("{id} ({})", kind.name()))).unzip();
    if ids.is_empty() {
        return None;
    }
    let they = format!("{} {}", count(ids.len(), "model"), by_number(ids.len(), "does", "do"));
    let sentence = format!("by name, {they} not chat, and the server does not say: {}", name_some(&named));
    let say = "leave out what does not chat: add to lmsync.toml";
    Some(Check("models.not-for-chat").warning(sentence).line(say, excluding(&ids)))
}

#[cfg(test)]
mod tests;
