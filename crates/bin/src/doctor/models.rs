//! The models one by one: which of them OpenClaw would refuse, or could not select.

use domain::era::{Era, Release};
use domain::{ModelKind, Prices};

use super::finding::{Finding, count, some};
use super::lines;
use crate::host_kind::System;

/// OpenClaw's prompt alone takes 16,000 to 19,000 tokens: below this, little of an answer fits.
const ROOM: u64 = 24_000;

/// What a model should be loaded with.
const ENOUGH: u64 = 32_768;

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
    /// Whether its tokens cost money, as the server says.
    pub(crate) price: Pricing,
    /// What it is for, as the server says.
    pub(crate) kind: Option<ModelKind>,
}

/// What OpenClaw makes of the prices that a server states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pricing {
    /// None is stated, or it is free.
    Free,
    /// It counts them.
    Counted,
    /// One of them has a unit that cannot be told, and it counts 0 for that.
    Unclear,
}

impl Pricing {
    pub(crate) fn of(prices: Prices) -> Self {
        match prices.is_priced() {
            Some(true) if prices.stated().all(|price| price.known().is_some()) => Self::Counted,
            Some(true) => Self::Unclear,
            Some(false) | None => Self::Free,
        }
    }
}

/// Judges the models of one provider for a version, as far as that is known.
pub(crate) fn diagnose(
    provider: &str,
    models: &[Offered],
    lm_studio: bool,
    (era, system): (Option<&Era>, System),
) -> Vec<Finding> {
    // How LM Studio's own command is typed there.
    let lm_studio = lm_studio.then_some(system);
    if models.is_empty() {
        return Vec::new();
    }
    let (known, unknown): (Vec<&Offered>, Vec<&Offered>) = models.iter().partition(|model| model.is_known);
    let mut found = context(&known, lm_studio, era);
    found.extend(not_known(&unknown));
    found.extend(stated(models));
    found.extend(ids(models, lm_studio, era));
    found.extend(not_for_chat(models));
    found.into_iter().map(|finding| finding.about(provider)).collect()
}

/// The smallest context that OpenClaw takes a model with: 16,000 tokens in 2026.2.12, 4,000 in 2026.9.6; it is not
/// known since when.
fn least(era: Option<&Era>) -> (u64, u64) {
    match era {
        Some(era) if era.since >= Release::new(2026, 9, 5) => (4_000, 4_000),
        Some(era) if era.since < Release::new(2026, 4, 15) => (16_000, 16_000),
        _ => (4_000, 16_000),
    }
}

/// Whether a version reads `contextTokens`: the early ones know `contextWindow` alone.
fn counted(model: &Offered, era: Option<&Era>) -> u64 {
    let early = era.is_some_and(|era| era.since < Release::new(2026, 4, 15));
    if early { model.window } else { model.tokens }
}

fn context(models: &[&Offered], lm_studio: Option<System>, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: &str = "models.context";
    let (never, sometimes) = least(era);
    let mut found = Vec::new();
    for model in models.iter().filter(|model| counted(model, era) < sometimes) {
        let Offered { id, .. } = model;
        let has = counted(model, era);
        let finding = if has < never {
            Finding::failure(
                CHECK,
                format!("OpenClaw refuses {id}: its context is {has} tokens, and {never} are the least"),
            )
        } else {
            Finding::warning(
                CHECK,
                format!("{id} has a context of {has} tokens, which some versions of OpenClaw refuse"),
            )
        };
        found.push(more_context(finding, &[model], lm_studio));
    }
    let (tight, tightest): (Vec<&Offered>, Vec<&Offered>) = models
        .iter()
        .copied()
        .filter(|model| counted(model, era) >= sometimes && model.tokens.min(model.window) < ROOM)
        .partition(|model| supports_more(model));
    for few in [&tight, &tightest].into_iter().filter(|few| !few.is_empty()) {
        let ids: Vec<&str> = few.iter().map(|model| model.id.as_str()).collect();
        let sentence = format!(
            "little room for an answer: OpenClaw's own prompt takes up to 19,000 tokens, and {} {} a context below {ROOM}",
            some(&ids),
            if ids.len() == 1 { "has" } else { "have" },
        );
        found.push(more_context(Finding::warning(CHECK, sentence), few, lm_studio));
    }
    if found.is_empty() && !models.is_empty() {
        found.push(Finding::good(CHECK, format!("{} enough context for OpenClaw", have(models.len()))));
    }
    found
}

/// Models whose context nobody stated. lmsync's own default is no finding that there is enough.
fn not_known(models: &[&Offered]) -> Option<Finding> {
    let first = models.first()?;
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    let sentence = format!(
        "the context of {} is not known: the server does not say, and OpenClaw is given {} tokens by default",
        some(&ids),
        first.window,
    );
    let rule = |id: &&str| format!("[[override]]\nmatch = {id:?}\ncontext_window = {ENOUGH}");
    let rules: Vec<String> = ids.iter().map(rule).collect();
    Some(
        Finding::warning("models.context", sentence)
            .line("write what the server runs each with, in lmsync.toml", rules.join("\n")),
    )
}

/// What the server says of its models that a person should know: which it cannot serve, and which cost money.
fn stated(models: &[Offered]) -> Vec<Finding> {
    let of = |is: fn(&Offered) -> bool| -> Vec<&str> {
        models.iter().filter(|model| is(model)).map(|model| model.id.as_str()).collect()
    };
    let failed = of(|model| model.failed);
    let (counted, unclear) =
        (of(|model| model.price == Pricing::Counted), of(|model| model.price == Pricing::Unclear));
    let mut found = Vec::new();
    if !failed.is_empty() {
        let sentence = format!("the server says that it cannot serve {}", some(&failed));
        found.push(Finding::warning("models.failed", sentence).fix("look at the server's own log"));
    }
    if !counted.is_empty() {
        let sentence = format!("{} not free: lmsync writes the prices that the server states", are(&counted));
        found.push(Finding::good("models.price", sentence));
    }
    if !unclear.is_empty() {
        let sentence = format!(
            "{} not free, and the unit of a price that the server states cannot be told: OpenClaw counts 0 for it",
            are(&unclear),
        );
        found.push(
            Finding::warning("models.price", sentence).fix("watch what they cost where the server shows it"),
        );
    }
    found
}

fn are(ids: &[&str]) -> String {
    format!("{} {}", some(ids), if ids.len() == 1 { "is" } else { "are" })
}

fn have(number: usize) -> String {
    if number == 1 { "the model has".to_owned() } else { format!("each of the {number} models has") }
}

/// Whether a model could be loaded with more, as far as the server says.
fn supports_more(model: &Offered) -> bool {
    model.max.is_none_or(|max| max >= ENOUGH)
}

/// What helps models that have too little context; all or none of them support more.
fn more_context(finding: Finding, models: &[&Offered], lm_studio: Option<System>) -> Finding {
    let (it, supports) = if models.len() == 1 { ("it", "supports") } else { ("them", "support") };
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    if !models.iter().all(|model| supports_more(model)) {
        let they = if models.len() == 1 { "it" } else { "they" };
        return finding.line(format!("{they} {supports} no more: add to lmsync.toml"), excluding(&ids));
    }
    let Some(system) = lm_studio else {
        let say = format!(
            "let the server load {it} with more context (an option of its own), or add to lmsync.toml"
        );
        return finding.line(say, excluding(&ids));
    };
    let load = |id: &&str| format!("lms load {} --context-length {ENOUGH}", lines::word(system, id));
    finding.line(
        format!("load {it} with more context (or set that in LM Studio: My Models > its settings)"),
        ids.iter().map(load).collect::<Vec<_>>().join("\n"),
    )
}

/// The rule that leaves out exactly these.
fn excluding(ids: &[&str]) -> String {
    format!("exclude = {ids:?}")
}

fn ids(models: &[Offered], lm_studio: Option<System>, era: Option<&Era>) -> Vec<Finding> {
    const CHECK: &str = "models.ids";
    // 2026.2.12 takes what follows an `@` for the name of a credential, 2026.9.6 does not.
    let at_counts = era.is_none_or(|era| era.since < Release::new(2026, 9, 5));
    let at_breaks = era.is_some_and(|era| era.since < Release::new(2026, 4, 15));
    let of = |is: fn(char) -> bool| -> Vec<&str> {
        models.iter().map(|model| model.id.as_str()).filter(|id| id.contains(is)).collect()
    };
    let (spaces, ats) = (of(char::is_whitespace), of(|c| c == '@'));
    let mut found = Vec::new();
    if !spaces.is_empty() {
        let sentence = format!(
            "{} cannot be selected in a chat: a space ends the name in /model ({})",
            count(spaces.len(), "model"),
            some(&spaces)
        );
        found.push(renamed(Finding::warning(CHECK, sentence), &spaces, lm_studio));
    }
    if !ats.is_empty() && at_counts {
        let who =
            if at_breaks { "this version of OpenClaw takes" } else { "early versions of OpenClaw take" };
        let sentence = format!("{who} what follows the @ in {} for the name of a credential", some(&ats));
        found.push(renamed(Finding::warning(CHECK, sentence), &ats, lm_studio));
    }
    if found.is_empty() {
        found.push(Finding::good(CHECK, "every model's id can be selected in a chat"));
    }
    found
}

fn renamed(finding: Finding, ids: &[&str], lm_studio: Option<System>) -> Finding {
    let it = if ids.len() == 1 { "it" } else { "them" };
    let Some(system) = lm_studio else {
        return finding
            .line(format!("let the server call {it} otherwise, or add to lmsync.toml"), excluding(ids));
    };
    let load = |id: &&str| {
        let plain: String = id.chars().map(|c| if c.is_whitespace() || c == '@' { '-' } else { c }).collect();
        format!("lms load {} --identifier {}", lines::word(system, id), lines::word(system, &plain))
    };
    let line = ids.iter().map(load).collect::<Vec<_>>().join("\n");
    finding.line(format!("load {it} under another name"), line)
}

/// Names those of which the server does not say what they are for, and whose names say that it is no chat.
fn not_for_chat(models: &[Offered]) -> Option<Finding> {
    let suggested: Vec<(&str, ModelKind)> = models
        .iter()
        .filter(|model| model.kind.is_none())
        .filter_map(|model| Some((model.id.as_str(), ModelKind::suggested_by(&model.id)?)))
        .collect();
    let named: Vec<String> = suggested.iter().map(|(id, kind)| format!("{id} ({})", kind.name())).collect();
    let ids: Vec<&str> = suggested.iter().map(|(id, _)| *id).collect();
    (!ids.is_empty()).then(|| {
        let they = if ids.len() == 1 { "1 model does" } else { &format!("{} models do", ids.len()) };
        Finding::warning(
            "models.not-for-chat",
            format!("by name, {they} not chat, and the server does not say: {}", some(&named)),
        )
        .line("leave out what does not chat: add to lmsync.toml", excluding(&ids))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    fn model(id: &str, window: u64, tokens: u64) -> Offered {
        Offered {
            id: id.into(),
            window,
            tokens,
            is_known: true,
            max: Some(window),
            failed: false,
            price: Pricing::Free,
            kind: None,
        }
    }

    fn worst(models: &[Offered], version: Option<(u16, u16, u16)>) -> Severity {
        let era = version.map(|(year, month, number)| Era::for_release(Release::new(year, month, number)));
        let found = diagnose("lmstudio", models, true, (era, System::Linux));
        found.into_iter().map(|finding| finding.severity).max().unwrap()
    }

    const OLD: Option<(u16, u16, u16)> = Some((2026, 2, 12));
    const NEW: Option<(u16, u16, u16)> = Some((2026, 9, 6));

    #[test]
    fn the_least_context_depends_on_the_version() {
        for (window, tokens, version, severity) in [
            (131_072, 64_000, OLD, Severity::Good),
            (131_072, 64_000, NEW, Severity::Good),
            (8_192, 8_192, OLD, Severity::Failure),
            (8_192, 8_192, NEW, Severity::Warning),
            (8_192, 8_192, None, Severity::Warning),
            // The early version does not read what a model is loaded with.
            (131_072, 2_048, OLD, Severity::Warning),
            (131_072, 2_048, NEW, Severity::Failure),
            (2_048, 2_048, None, Severity::Failure),
        ] {
            assert_eq!(
                worst(&[model("m", window, tokens)], version),
                severity,
                "{window} {tokens} {version:?}"
            );
        }
    }

    #[test]
    fn a_context_that_nobody_stated_is_not_known_to_be_enough() {
        let unknown = Offered { is_known: false, ..model("m", 128_000, 128_000) };
        let found = diagnose("x", &[unknown, model("n", 131_072, 64_000)], false, (None, System::Linux));
        let context: Vec<_> = found.iter().filter(|finding| finding.check == "models.context").collect();
        assert_eq!(context.len(), 2, "{context:#?}");
        assert!(context[0].sentence.contains("the model has enough"), "{context:#?}");
        assert!(context[1].sentence.contains("of m is not known"), "{context:#?}");
        assert!(context[1].fix.as_ref().unwrap().line.as_ref().unwrap().contains("match = \"m\""));
    }

    #[test]
    fn what_failed_and_what_costs_money_is_named() {
        let odd = Offered { failed: true, price: Pricing::Unclear, ..model("m", 131_072, 64_000) };
        let counted = Offered { price: Pricing::Counted, ..model("n", 131_072, 64_000) };
        let found = diagnose("x", &[odd, counted], false, (None, System::Linux));
        let said = |check: &str| {
            let of = found.iter().filter(|finding| finding.check == check);
            of.map(|finding| finding.sentence.as_str()).collect::<Vec<_>>().join("; ")
        };
        assert!(said("models.failed").contains("cannot serve m"), "{found:#?}");
        let prices = said("models.price");
        assert!(prices.contains("n is not free: lmsync writes"), "{prices}");
        assert!(prices.contains("m is not free, and the unit"), "{prices}");
    }

    #[test]
    fn ids_that_cannot_be_selected_are_told_with_another_name() {
        let models = [model("my model", 131_072, 64_000), model("a@q4", 131_072, 64_000)];
        let found = diagnose(
            "lmstudio",
            &models,
            true,
            (Some(Era::for_release(Release::new(2026, 2, 12))), System::Linux),
        );
        let lines: Vec<_> = found.iter().filter_map(|found| found.fix.as_ref()?.line.as_deref()).collect();
        assert_eq!(lines, ["lms load 'my model' --identifier my-model", "lms load a@q4 --identifier a-q4"]);
        assert_eq!(worst(&models[1..], NEW), Severity::Good);
    }

    #[test]
    fn a_printed_rule_holds_all_that_its_sentence_speaks_of() {
        let names = ["a embed 1", "b embed 2", "c embed 3", "d embed 4", "e embed 5"];
        let models: Vec<Offered> = names.iter().map(|name| model(name, 20_000, 20_000)).collect();
        let found = diagnose("x", &models, false, (None, System::Linux));
        assert_eq!(found.len(), 3, "{found:#?}");
        for finding in &found {
            let fix = finding.fix.as_ref().unwrap();
            assert!(finding.sentence.contains("and 2 more"), "{finding:?}");
            assert_eq!(fix.line.as_deref(), Some(format!("exclude = {names:?}").as_str()));
            assert!(!fix.say.contains("LM Studio"), "{finding:?}");
        }
        let tight: Vec<Offered> =
            ["a", "b"].map(|id| Offered { max: None, ..model(id, 20_000, 20_000) }).into();
        let line = diagnose("x", &tight, true, (None, System::Linux)).remove(0).fix.unwrap().line.unwrap();
        assert_eq!(line, "lms load a --context-length 32768\nlms load b --context-length 32768");
    }

    #[test]
    fn what_does_not_chat_is_known_by_its_name_where_the_server_says_nothing() {
        let models = ["nomic-embed-text", "whisper-1", "qwen3-8b"].map(|id| model(id, 131_072, 131_072));
        let found = diagnose("x", &models, false, (None, System::Linux));
        let found = found.iter().find(|finding| finding.check == "models.not-for-chat").unwrap();
        assert!(found.sentence.contains("whisper-1 (a transcription model)"), "{found:?}");
        let line = found.fix.as_ref().unwrap().line.as_deref();
        assert_eq!(line, Some(r#"exclude = ["nomic-embed-text", "whisper-1"]"#));
        let stated = models.map(|model| Offered { kind: Some(ModelKind::Chat), ..model });
        let found = diagnose("x", &stated, false, (None, System::Linux));
        assert!(found.iter().all(|finding| finding.check != "models.not-for-chat"), "{found:?}");
    }
}
