//! `lmsync models`: what the file holds now.

use std::sync::Arc;

use adapters_fs::ModelsFile;
use app::config::Settings;
use domain::ports::ModelStore;
use domain::{Input, StoredModel, StoredProvider};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::output;

pub(crate) async fn models(settings: Settings, json: bool) -> Result<(), Exit> {
    let file = settings.models_json.display().to_string();
    let provider = settings.provider.clone();
    let stored = ModelsFile::new(settings.models_json, settings.provider).load().await?.provider;
    let models = stored.as_deref().map_or(&[][..], |stored| &stored.models);
    if json {
        let models: Vec<Value> = models.iter().map(to_json).collect();
        return output::print_json(&json!({ "file": file, "provider": provider, "models": models }));
    }
    if models.is_empty() {
        return output::print(&format!("{file} holds no model of {provider}\n"));
    }
    output::print(&as_table(stored))
}

fn as_table(stored: Option<Arc<StoredProvider>>) -> String {
    let mut rows = vec![["ID", "CONTEXT", "OUTPUT", "REASONING", "INPUT"].map(str::to_owned).to_vec()];
    let number = |value: Option<u64>| value.map_or_else(|| "?".to_owned(), |number| number.to_string());
    for model in stored.iter().flat_map(|stored| &stored.models) {
        rows.push(vec![
            model.id.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string),
            number(model.context_window),
            number(model.max_tokens),
            model.reasoning.map_or("?", |reasons| if reasons { "yes" } else { "no" }).to_owned(),
            input(model).join("+"),
        ]);
    }
    output::table(&rows, &[1, 2])
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
