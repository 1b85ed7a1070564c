//! Which findings there are of a server's models, by their values and the version of OpenClaw.

use domain::Price;

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
        prices: Prices::default(),
        kind: None,
    }
}

fn prices(input: Price) -> Prices {
    Prices { input: Some(input), ..Prices::default() }
}

fn worst(models: &[Offered], version: Option<(u16, u16, u16)>) -> Severity {
    let era = version.map(|(year, month, number)| Era::for_release(Release::new(year, month, number)));
    let found = diagnose(models, Some(HostKind::Linux), era);
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
        assert_eq!(worst(&[model("m", window, tokens)], version), severity, "{window} {tokens} {version:?}");
    }
}

#[test]
fn a_context_that_nobody_stated_is_not_known_to_be_enough() {
    let unknown = Offered { is_known: false, ..model("m", 128_000, 128_000) };
    let found = diagnose(&[unknown, model("n", 131_072, 64_000)], None, None);
    let context: Vec<_> = found.iter().filter(|finding| finding.check == "models.context").collect();
    assert_eq!(context.len(), 2, "{context:#?}");
    assert!(context[0].sentence.contains("the model has enough"), "{context:#?}");
    assert!(context[1].sentence.contains("of m is not known"), "{context:#?}");
    assert!(context[1].fix.as_ref().unwrap().line.as_ref().unwrap().contains("match = \"m\""));
}

#[test]
fn what_failed_and_what_costs_money_is_named() {
    let odd = Offered { failed: true, prices: prices(Price::Unclear), ..model("m", 131_072, 64_000) };
    let counted = Offered { prices: prices(Price::per_token(1e-6).unwrap()), ..model("n", 131_072, 64_000) };
    let found = diagnose(&[odd, counted], None, None);
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
    let found = diagnose(&models, Some(HostKind::Linux), Some(Era::for_release(Release::new(2026, 2, 12))));
    let lines: Vec<_> = found.iter().filter_map(|found| found.fix.as_ref()?.line.as_deref()).collect();
    assert_eq!(lines, ["lms load 'my model' --identifier my-model", "lms load a@q4 --identifier a-q4"]);
    assert_eq!(worst(&models[1..], NEW), Severity::Good);
}

#[test]
fn a_printed_rule_holds_all_that_its_sentence_speaks_of() {
    let names = ["a embed 1", "b embed 2", "c embed 3", "d embed 4", "e embed 5"];
    let models: Vec<Offered> = names.iter().map(|name| model(name, 20_000, 20_000)).collect();
    let found = diagnose(&models, None, None);
    assert_eq!(found.len(), 3, "{found:#?}");
    for finding in &found {
        let fix = finding.fix.as_ref().unwrap();
        assert!(finding.sentence.contains("and 2 more"), "{finding:?}");
        assert_eq!(fix.line.as_deref(), Some(format!("exclude = {names:?}").as_str()));
        assert!(!fix.say.contains("LM Studio"), "{finding:?}");
    }
    let tight: Vec<Offered> = ["a", "b"].map(|id| Offered { max: None, ..model(id, 20_000, 20_000) }).into();
    let line = diagnose(&tight, Some(HostKind::Linux), None).remove(0).fix.unwrap().line.unwrap();
    assert_eq!(line, "lms load a --context-length 32768\nlms load b --context-length 32768");
}

#[test]
fn what_does_not_chat_is_known_by_its_name_where_the_server_says_nothing() {
    let models = ["nomic-embed-text", "whisper-1", "qwen3-8b"].map(|id| model(id, 131_072, 131_072));
    let found = diagnose(&models, None, None);
    let found = found.iter().find(|finding| finding.check == "models.not-for-chat").unwrap();
    assert!(found.sentence.contains("whisper-1 (a transcription model)"), "{found:?}");
    let line = found.fix.as_ref().unwrap().line.as_deref();
    assert_eq!(line, Some(r#"exclude = ["nomic-embed-text", "whisper-1"]"#));
    let stated = models.map(|model| Offered { kind: Some(ModelKind::Chat), ..model });
    let found = diagnose(&stated, None, None);
    assert!(found.iter().all(|finding| finding.check != "models.not-for-chat"), "{found:?}");
}
