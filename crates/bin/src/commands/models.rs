//! `lmsync models`: what the file holds now.

use adapters_fs::Work;
use config::Settings;
use domain::ports::{ModelStore, ModelStores, NamedStore};
use domain::{Input, StoredModel, StoredProvider};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::terminal::{self, Screen};
use crate::{output, place, wiring};

pub(crate) async fn models(settings: Settings, json: bool) -> Result<(), Exit> {
    let stores = wiring::agent_files(&settings, Work::Here);
    place::check_named_agents(&settings, &stores).await.map_err(Exit::usage)?;
    let others = settings.servers.iter().map(|server| &server.provider);
    let mut kept = Vec::new();
    for provider in std::iter::once(&settings.provider).chain(others) {
        for NamedStore { name, store } in stores.stores(provider).await {
            kept.push((provider, name, store.load().await?.provider.unwrap_or_default()));
        }
    }
    if json {
        let lists = kept.iter().map(|(provider, file, stored)| {
            let models: Vec<Value> = stored.models.iter().map(to_json).collect();
            json!({ "file": file, "provider": provider, "models": models })
        });
        let lists: Vec<Value> = lists.collect();
        let mut object = lists.first().cloned().unwrap_or_default();
        if let (Some(object), true) = (object.as_object_mut(), lists.len() > 1) {
            object.insert("all".into(), lists.into());
        }
        return output::print_json(&object);
    }
    let several = kept.len() > 1;
    let mut text = String::new();
    // Agents mostly have the same models: those are shown once, below all the files that have them.
    let mut kept = kept.iter().peekable();
    while let Some((provider, file, stored)) = kept.next() {
        if stored.models.is_empty() {
            text.push_str(&format!("{file} holds no model of {provider}\n"));
            continue;
        }
        text.push_str(&if several { format!("{provider} in {file}\n") } else { String::new() });
        let is_same = kept.peek().is_some_and(|(next, _, later)| next == provider && later.models == stored.models);
        if !is_same {
            text.push_str(&as_table(stored));
            text.push_str(if kept.peek().is_some() { "\n" } else { "" });
        }
    }
    output::print(&text)
}

fn as_table(stored: &StoredProvider) -> String {
    let mut rows = vec![["ID", "CONTEXT", "MAXIMUM", "OUTPUT", "REASONING", "INPUT"].map(str::to_owned).to_vec()];
    let number = |value: Option<u64>| value.map_or_else(|| "?".to_owned(), |number| number.to_string());
    for model in &stored.models {
        rows.push(vec![
            model.id.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
            number(model.context_tokens.or(model.context_window)),
            number(model.context_window),
            number(model.max_tokens),
            model.reasoning.map_or("?", |reasons| if reasons { "yes" } else { "no" }).to_owned(),
            input(model).join("+"),
        ]);
    }
    terminal::fitted(&rows, &[1, 2, 3], Screen::now().width)
}

fn input(model: &StoredModel) -> &'static [&'static str] {
    match model.input {
        None => &["?"],
        Some(Input::Text) => &["text"],
        Some(Input::TextAndImage) => &["text", "image"],
    }
}

fn to_json(model: &StoredModel) -> Value {
    json!({
        "id": model.id.as_ref().map(|id| id.as_str()),
        "name": model.name,
        "reasoning": model.reasoning,
        "input": model.input.map(|_| input(model)),
        "contextWindow": model.context_window,
        "contextTokens": model.context_tokens,
        "maxTokens": model.max_tokens,
    })
}
