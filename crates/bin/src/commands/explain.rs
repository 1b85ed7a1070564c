//! `lmsync explain`: what becomes of one id, and why.

use adapters_fs::Work;
use std::fmt::{Display, Write};

use app::{Mode, load};
use config::Settings;
use domain::ports::{ModelStores, NamedStore};
use domain::{
    Chain, Cost, Explained, ExplainedModel, Explanation, Fate, HoldReason, Input, Key, LeftOut, ModelFacts,
    ModelId, ModelKind, Reason, StoredProvider,
};
use serde_json::{Map, Value, json};

use crate::changes::prices;
use crate::commands::sync::{hold_reason, passes};
use crate::exit::Exit;
use crate::output;
use crate::terminal::{self, Screen};
use crate::wiring::adapters;

pub(crate) async fn explain(settings: Settings, id: &str, json: bool) -> Result<(), Exit> {
    let id =
        ModelId::new(id).map_err(|error| Exit::usage(format!("this cannot be a model's id: {error}")))?;
    let mut adapters = adapters(&settings, Work::Here).await?;
    let clock = app::TokioClock::start();
    let (mut text, mut objects) = (String::new(), Vec::new());
    let (mut is_known, mut others) = (false, Vec::new());
    for server in &mut adapters.servers {
        let provider = server.profile().provider.clone();
        let tell = |line: &str| if json { Ok(()) } else { output::print(line) };
        let passes = passes(server, &adapters.stores, Mode::DryRun, tell).await?;
        if let Some(Err(error)) = passes.last() {
            // Without its list nothing can be said of this server's models.
            is_known = true;
            let failed = Chain(error).to_string();
            let _ = writeln!(text, "{provider}: the server does not list its models: {failed}");
            objects.push(json!({ "provider": provider, "error": failed }));
            continue;
        }
        let offered = passes.last().and_then(|pass| pass.as_ref().ok()).map(app::Report::offered);
        others.extend(offered.into_iter().flatten().map(ToString::to_string));
        for NamedStore { name, store } in adapters.stores.stores(&provider).await {
            let stored = match load(&store, &clock).await {
                Ok(stored) => stored.provider,
                Err(error) => {
                    // One agent's broken file does not hide what becomes of the model elsewhere.
                    let failed = Chain(&error).to_string();
                    let _ = writeln!(text, "{id}\n  provider  {provider}\n  file      {failed}");
                    objects.push(json!({ "provider": provider, "file": name, "error": failed }));
                    continue;
                }
            };
            let explanation = server.view().explain(&id, stored.as_deref());
            let in_file = has_row(stored.as_deref(), &id);
            is_known |= in_file || !matches!(explanation.fate, Fate::Unlisted);
            let rows = stored.iter().flat_map(|stored| &stored.models);
            others.extend(rows.filter_map(|row| row.id.as_ref().map(ToString::to_string)));
            text.push_str(&as_text(&provider, &name, &explanation, in_file));
            objects.push(to_json(&provider, &name, &explanation, in_file));
        }
    }
    if is_known {
        let object = json!({ "id": id.as_str(), "in": objects });
        return if json { output::print_json(&object) } else { output::print(&text) };
    }
    let nearest = nearest(id.as_str(), others);
    if json {
        output::print_json(&json!({ "id": id.as_str(), "in": objects, "nearest": nearest }))?;
    } else {
        output::print(&text)?;
    }
    let hint = match &nearest[..] {
        [] => "no server lists any model".to_owned(),
        nearest => format!("the nearest that there are: {}", nearest.join(", ")),
    };
    Err(Exit::failure(format!("no server lists {id}, and no models.json has it; {hint}")))
}

/// How many ids are named where one is not there.
const NAMED: usize = 3;

/// The ids that are most like that one, the nearest first.
fn nearest(id: &str, mut others: Vec<String>) -> Vec<String> {
    others.sort_unstable();
    others.dedup();
    let id = id.to_lowercase();
    let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
    let distance = |other: &String| {
        let other = other.to_lowercase();
        // People leave the publisher out.
        strsim::levenshtein(&id, &other).min(strsim::levenshtein(&last(&id), &last(&other)))
    };
    others.sort_by_key(distance);
    others.truncate(NAMED);
    others
}

fn has_row(stored: Option<&StoredProvider>, id: &ModelId) -> bool {
    stored.is_some_and(|provider| provider.models.iter().any(|row| row.id.as_ref() == Some(id)))
}

fn as_text(provider: &str, file: &str, explanation: &Explanation, in_file: bool) -> String {
    let Explanation { id, listed, facts, fate } = explanation;
    let yes = |is: bool| if is { "yes" } else { "no" };
    let mut text = format!("{id}\n  provider  {provider}\n  file      {file}\n");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  listed    {}", yes(*listed));
    let _ = writeln!(text, "  in file   {}", yes(in_file));
    if let Some(facts) = facts {
        let _ = writeln!(text, "  server    {}", facts_line(facts));
    }
    let _ = match fate {
        Fate::Offered(model) => writeln!(text, "  offered   yes\n{}", fields(model)),
        Fate::LeftOut(why) => writeln!(text, "  offered   no: {}", left_out(why)),
        Fate::Held { held, .. } => writeln!(text, "  offered   still, as it is: {}", hold(held.reason)),
        Fate::Unlisted => writeln!(text, "  offered   no: the server does not list it"),
    };
    text
}

fn fields(model: &ExplainedModel) -> String {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: &dyn Display, why: &Reason| {
        rows.push(vec![format!("    {name}"), value.to_string(), because(why)]);
    };
    let ExplainedModel { id: _, name, reasoning, input, cost, context_window, context_tokens, max_tokens } =
        model;
    row("name", &name.value, &name.why);
    row("reasoning", &reasoning.value, &reasoning.why);
    row("input", &input_names(input.value).join("+"), &input.why);
    row("cost", &cost_line(cost.value), &cost.why);
    row("contextWindow", &context_window.value, &context_window.why);
    if let Some(tokens) = context_tokens.value {
        row("contextTokens", &tokens, &context_tokens.why);
    }
    row("maxTokens", &max_tokens.value, &max_tokens.why);
    let table = terminal::table(&rows, &[]);
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    if Screen::now().width.is_none_or(|width| widest <= width) {
        return table;
    }
    // A name that is too long for a table has a line of its own.
    rows.iter().map(|row| format!("{}  {}\n      {}\n", row[0], row[1], row[2])).collect()
}

/// What is sent, and what is answered, in dollars.
fn cost_line(cost: Cost) -> String {
    let Cost { input, output, .. } = cost;
    if cost.is_free() { "0".to_owned() } else { format!("{input}/{output} $ per million tokens") }
}

fn because(why: &Reason) -> String {
    match why {
        Reason::Default => "by default".to_owned(),
        Reason::NameRule => "by its id (`reasoning`, `r1` or `think` in it, or not)".to_owned(),
        Reason::Server(key) => format!("as the server says ({})", key_name(key)),
        Reason::Capped { key, limit } => {
            format!("as the server says ({}), but at most {limit}", key_name(key))
        }
        Reason::Stored => "as written before: the server cannot be asked now".to_owned(),
        Reason::Override { index, glob } => {
            format!("by your override {} (match = \"{}\")", index + 1, glob.as_str())
        }
    }
}

/// A key, with the servers that are known for it.
fn key_name(key: &Key) -> String {
    format!("`{}`, as {}", key.path, key.server)
}

pub(crate) fn left_out(why: &LeftOut) -> String {
    match why {
        LeftOut::NotForChat(kind) => format!("the server says that it is {}", kind.name()),
        LeftOut::Pattern => "its id is a pattern for the ids of other models, and no model itself".to_owned(),
        LeftOut::ExcludedBy(glob) => format!("excluded by \"{}\"", glob.as_str()),
        LeftOut::NotIncluded => "not among what you include".to_owned(),
    }
}

pub(crate) fn hold(why: HoldReason) -> &'static str {
    match why {
        HoldReason::Unconfirmed => "it is missing from the list, and that is not confirmed yet",
        HoldReason::ListEmpty => "the list is empty, and has not been for long enough",
        HoldReason::ListIncomplete => "it is missing from a list that was not understood as a whole",
    }
}

pub(crate) fn input_names(input: Input) -> &'static [&'static str] {
    match input {
        Input::Text => &["text"],
        Input::TextAndImage => &["text", "image"],
    }
}

fn facts_line(facts: &ModelFacts) -> String {
    let ModelFacts {
        kind,
        name,
        max_context,
        loaded_context,
        vision,
        reasoning,
        max_output,
        failed,
        prices,
        keys: _,
    } = facts;
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

fn to_json(provider: &str, file: &str, explanation: &Explanation, in_file: bool) -> Value {
    let Explanation { id: _, listed, facts, fate } = explanation;
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
    set("provider", json!(provider));
    set("file", json!(file));
    set("listed", json!(listed));
    set("inFile", json!(in_file));
    set("offered", json!(matches!(fate, Fate::Offered(_))));
    if let Some(facts) = facts {
        set("server", facts_json(facts));
    }
    let reason = match fate {
        Fate::Offered(_) => None,
        Fate::LeftOut(LeftOut::NotForChat(_)) => Some("not-for-chat"),
        Fate::LeftOut(LeftOut::Pattern) => Some("pattern"),
        Fate::LeftOut(LeftOut::ExcludedBy(_)) => Some("excluded"),
        Fate::LeftOut(LeftOut::NotIncluded) => Some("not-included"),
        Fate::Held { held, .. } => Some(hold_reason(held.reason)),
        Fate::Unlisted => Some("not-listed"),
    };
    set("reason", json!(reason));
    match fate {
        Fate::Offered(model) => set("fields", fields_json(model)),
        Fate::LeftOut(why) => set("leftOut", json!(left_out(why))),
        Fate::Held { held, .. } => set("held", json!(hold(held.reason))),
        Fate::Unlisted => None,
    };
    Value::Object(object)
}

/// A kind, as programs read it.
fn kind_code(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embedding",
        ModelKind::Reranking => "reranking",
        ModelKind::Image => "image",
        ModelKind::Video => "video",
        ModelKind::Speech => "speech",
        ModelKind::Transcription => "transcription",
        ModelKind::Moderation => "moderation",
        ModelKind::Other => "other",
    }
}

fn facts_json(facts: &ModelFacts) -> Value {
    json!({
        "kind": facts.kind.map(kind_code),
        "name": facts.name.as_deref(),
        "maxContext": facts.max_context,
        "loadedContext": facts.loaded_context,
        "vision": facts.vision,
        "reasoning": facts.reasoning,
        "maxOutput": facts.max_output,
        "failed": facts.failed,
        "priced": facts.prices.is_priced(),
    })
}

fn fields_json(model: &ExplainedModel) -> Value {
    fn field<T>(explained: &Explained<T>, value: impl FnOnce(&T) -> Value) -> Value {
        json!({ "value": value(&explained.value), "why": because(&explained.why) })
    }
    json!({
        "name": field(&model.name, |name| json!(name)),
        "reasoning": field(&model.reasoning, |is| json!(is)),
        "input": field(&model.input, |input| json!(input_names(*input))),
        "cost": field(&model.cost, |cost| prices(*cost)),
        "contextWindow": field(&model.context_window, |tokens| json!(tokens)),
        "contextTokens": field(&model.context_tokens, |tokens| json!(tokens)),
        "maxTokens": field(&model.max_tokens, |tokens| json!(tokens)),
    })
}
