//! What becomes of an id, for a person: what holds for several files or servers is said once.

use domain::{ExplainedModel, Fate, ModelFacts, ModelId, ModelKind, Reason};
use serde_json::{Value, json};

use super::find::{Finding, Said};
use super::reasons::{because, hold, input_names, left_out};
use crate::changes::prices;
use crate::terminal::{self, Screen};

pub(super) fn describe(id: &ModelId, findings: &[Finding]) -> String {
    let screen = Screen::now();
    let line = |label: &str, text: &str| screen.wrapped(format!("  {label:<10}"), 12, text);
    let same = findings.iter().map(|finding| ((finding.provider.as_str(), body(&finding.said, screen)), finding));
    let same = gather(same).into_iter().map(|((provider, body), findings)| {
        let agents: Option<Vec<&str>> = findings.iter().map(|finding| finding.agent.as_deref()).collect();
        let places = match agents {
            Some(agents) if agents.len() > 1 => line("agents", &agents.join(", ")),
            _ => findings.iter().map(|finding| line("file", &finding.file)).collect(),
        };
        ((body, places), provider)
    });
    let mut text = format!("{id}\n");
    for (index, ((body, places), providers)) in gather(same).into_iter().enumerate() {
        let between = if index > 0 { "\n" } else { "" };
        text.push_str(&format!("{between}{}{places}{body}", line("provider", &providers.join(", "))));
    }
    text
}

/// Puts together what has the same key, in the order in which the keys come.
fn gather<K: PartialEq, V>(pairs: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

/// What is said of the id, without where that is.
fn body(said: &Said, screen: Screen) -> String {
    let line = |label: &str, text: &str| screen.wrapped(format!("  {label:<10}"), 12, text);
    let yes = |is: &bool| if *is { "yes" } else { "no" };
    match said {
        Said::Unread(error) => line("error", error),
        Said::Unasked { error, in_file, daemon } => {
            let daemon = daemon.as_ref().map(|model| line("daemon", &of_daemon(model)));
            line("listed", &format!("not known, since the server does not list its models: {error}"))
                + &line("in file", yes(in_file))
                + &daemon.unwrap_or_default()
        }
        Said::Explained { explanation, in_file } => {
            let facts = explanation.facts.as_ref().map(|facts| line("server", &facts_line(facts)));
            let offered = match &explanation.fate {
                Fate::Offered(model) => line("offered", "yes") + &field_lines(model, screen),
                Fate::LeftOut(why) => line("offered", &format!("no: {}", left_out(why))),
                Fate::Held { held, .. } => line("offered", &format!("still, as it is: {}", hold(held.reason))),
                Fate::Unlisted => line("offered", "no: the server does not list it"),
            };
            line("listed", yes(&explanation.listed))
                + &line("in file", yes(in_file))
                + &facts.unwrap_or_default()
                + &offered
        }
    }
}

/// What the daemon knows of the model of a server that does not answer now.
fn of_daemon(model: &Value) -> String {
    let why = model["why"].as_str().unwrap_or_default();
    match model["state"].as_str() {
        Some("left-out") => format!("left it out when the server last listed it: {why}"),
        Some("held") => format!("keeps it as it is: {why}"),
        _ => "offers it, as the server last listed it".to_owned(),
    }
}

fn field_lines(model: &ExplainedModel, screen: Screen) -> String {
    let rows = fields(model)
        .into_iter()
        .filter_map(|(name, value, why)| Some(vec![format!("    {name}"), shown(&value)?, because(why)]));
    let rows: Vec<Vec<String>> = rows.collect();
    let table = terminal::table(&rows, &[]);
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    if screen.width.is_none_or(|width| widest <= width) {
        return table;
    }
    // What is too long for a table is a sentence beside the name.
    let sentence = |row: &Vec<String>| screen.wrapped(format!("{:<19}", row[0]), 19, &row[1..].join(", "));
    rows.iter().map(sentence).collect()
}

/// The values of a row, as programs read them, and why each is so.
pub(super) fn fields(model: &ExplainedModel) -> [(&'static str, Value, &Reason); 7] {
    let ExplainedModel { id: _, name, reasoning, input, cost, context_window, context_tokens, max_tokens } = model;
    [
        ("name", json!(name.value), &name.why),
        ("reasoning", json!(reasoning.value), &reasoning.why),
        ("input", json!(input_names(input.value)), &input.why),
        ("cost", prices(cost.value), &cost.why),
        ("contextWindow", json!(context_window.value), &context_window.why),
        ("contextTokens", json!(context_tokens.value), &context_tokens.why),
        ("maxTokens", json!(max_tokens.value), &max_tokens.why),
    ]
}

/// A value of a row, as a person reads it.
fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(inputs) => inputs.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("+"),
        Value::Object(prices) if prices.values().all(|price| price.as_f64() == Some(0.0)) => "0".to_owned(),
        // What is sent, and what is answered.
        Value::Object(prices) => format!("{}/{} $ per million tokens", prices["input"], prices["output"]),
        other => other.to_string(),
    })
}

fn facts_line(facts: &ModelFacts) -> String {
    let ModelFacts { kind, name, max_context, loaded_context, vision, reasoning, max_output, failed, prices, keys: _ } =
        facts;
    let mut said = Vec::new();
    if let Some(kind) = kind {
        said.push(kind_name(*kind));
    }
    if let Some(name) = name {
        said.push(format!("\"{name}\""));
    }
    if let Some(tokens) = max_context {
        said.push(format!("supports {tokens} tokens"));
    }
    if let Some(tokens) = loaded_context {
        said.push(format!("loaded with {tokens} tokens"));
    }
    if let Some(tokens) = max_output {
        said.push(format!("answers with up to {tokens} tokens"));
    }
    for (is, word) in [(vision, "vision"), (reasoning, "reasoning")] {
        if let Some(is) = is {
            said.push(format!("{}{word}", if *is { "" } else { "no " }));
        }
    }
    for (is, words) in [(*failed, "cannot be served"), (prices.is_priced(), "not free")] {
        if is == Some(true) {
            said.push(words.to_owned());
        }
    }
    said.join(", ")
}

/// What a kind of model is called, without its article.
fn kind_name(kind: ModelKind) -> String {
    kind.name().split_once(' ').map_or(kind.name(), |(_, name)| name).to_owned()
}
