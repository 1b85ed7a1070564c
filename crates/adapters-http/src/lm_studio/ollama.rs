//! Ollama's own endpoints, which say what its list does not: `/api/tags`, `/api/ps` and `/api/show`. None of them loads
//! a model (read in Ollama's `server/routes.go`).

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use domain::ports::SourceError;
use domain::{FactSheet, ModelFacts, ModelId, ModelKind, OLLAMA};
use http::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use super::client::LmStudio;
use super::json;
use super::not_a_list::NotAList;
use super::url::Url;

impl LmStudio {
    /// What Ollama says, where the server was one when it was last asked: LM Studio's paths are not tried again.
    pub(super) async fn ask_ollama_again(&self) -> Result<Option<FactSheet>, SourceError> {
        match self.0.ollama.is_one.load(Ordering::Relaxed) {
            true => self.ask_ollama().await,
            false => Ok(None),
        }
    }

    /// What Ollama says of its models; `None` where the server is none. Each build of a model is asked for once; all of
    /// them together take at most as long as one request, and what is left is asked for the next time.
    pub(super) async fn ask_ollama(&self) -> Result<Option<FactSheet>, SourceError> {
        let tags = self.ollama_list("/api/tags", tag).await?;
        self.0.ollama.is_one.store(tags.is_some(), Ordering::Relaxed);
        let Some(tags) = tags else { return Ok(None) };
        let _rest_is_asked_for_later = timeout(self.0.limit, self.show_all(&tags)).await;
        let running = self.ollama_list("/api/ps", running).await?.unwrap_or_default();
        let running: HashMap<ModelId, u64> =
            running.into_iter().filter_map(|(id, context)| Some((id, context?))).collect();
        let mut shown = self.0.ollama.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|build, _| tags.contains(build));
        let mut sheet = FactSheet::default();
        for (build, facts) in shown.iter() {
            let mut facts = facts.clone();
            if let Some(&tokens) = running.get(&build.0)
                && facts.loaded_context.is_none_or(|stated| tokens < stated)
            {
                facts.loaded_context = Some(tokens);
                facts.keys.note(&OLLAMA[2]);
            }
            sheet.add([build.0.clone()], facts);
        }
        Ok(Some(sheet))
    }

    /// Asks for each build that is not known yet. One that cannot be had costs no other.
    async fn show_all(&self, tags: &[(ModelId, String)]) {
        let Some(root) = &self.0.address.root else { return };
        let url = Url::below(root, "/api/show");
        for build in tags {
            let is_known = |shown: &HashMap<_, _>| shown.contains_key(build);
            if is_known(&self.0.ollama.shown.lock().unwrap_or_else(PoisonError::into_inner)) {
                continue;
            }
            let question = json!({ "model": build.0.as_str() }).to_string();
            let Ok(headers) = self.headers() else { return };
            let answer = self.0.client.query(&url.0, &headers, Bytes::from(question)).await;
            let Ok(answer) = answer.inspect_err(|error| {
                tracing::debug!(
                    error = error as &dyn std::error::Error,
                    "Ollama does not answer with details of a model"
                );
            }) else {
                continue;
            };
            if answer.status == StatusCode::OK
                && let Ok(facts) = self.read(&answer, shown)
            {
                let mut known = self.0.ollama.shown.lock().unwrap_or_else(PoisonError::into_inner);
                known.insert(build.clone(), facts);
            }
        }
    }

    /// A list of Ollama's; `None` where the server answers with something else.
    async fn ollama_list<T>(&self, path: &str, read: fn(&str) -> Option<T>) -> Result<Option<Vec<T>>, SourceError> {
        let Some(root) = &self.0.address.root else { return Ok(None) };
        let url = Url::below(root, path);
        let answer = match self.get(&url).await {
            Ok(answer) => answer,
            Err(error) if error.is_redirect() => return Ok(None),
            Err(error) => return Err(error.at(url.to_string())),
        };
        let list = self.read(&answer, |body| json::list(body, "models", read));
        // Another server may have a list of that name: then none of its entries is read.
        Ok(list.ok().filter(|list| list.skipped == 0).map(|list| list.items))
    }
}

/// An entry of `/api/tags`: the id by which the model is listed, and its digest.
fn tag(entry: &str) -> Option<(ModelId, String)> {
    let [model, digest] = json::fields(entry, ["model", "digest"])?;
    Some((ModelId::new(&json::string(model?)?).ok()?, json::string(digest?)?))
}

/// An entry of `/api/ps`: a loaded model, and the context that it runs with (since 0.11).
fn running(entry: &str) -> Option<(ModelId, Option<u64>)> {
    let [model, context] = json::fields(entry, ["model", "context_length"])?;
    Some((ModelId::new(&json::string(model?)?).ok()?, context.and_then(json::tokens)))
}

/// Reads the answer of `/api/show`.
fn shown(body: &[u8]) -> Result<ModelFacts, NotAList> {
    let names = ["capabilities", "error", "model_info", "parameters"];
    let [capabilities, _error, info, parameters] = json::object(json::text_of(body)?, names)?;
    let words = capabilities.and_then(|value| json::items(value, json::string)).map(|list| list.items);
    let mut facts = ModelFacts::default();
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        let has = |wanted: &str| Some(words.iter().any(|word| word == wanted));
        facts.kind = ModelKind::of_words(words.iter().map(String::as_str));
        (facts.vision, facts.reasoning) = (has("vision"), has("thinking"));
    }
    facts.max_context = info.and_then(longest_context);
    facts.loaded_context = parameters.and_then(json::string).as_deref().and_then(num_ctx);
    for key in OLLAMA.iter().filter(|key| key.path != "context_length") {
        facts.keys.note(key);
    }
    Ok(facts)
}

/// `<architecture>.context_length`, where `general.architecture` names that.
fn longest_context(info: &str) -> Option<u64> {
    let [architecture] = json::fields(info, ["general.architecture"])?;
    let key = format!("{}.context_length", json::string(architecture?)?);
    let [context] = json::fields(info, [key.as_str()])?;
    context.and_then(json::tokens)
}

/// The `num_ctx` of a Modelfile's parameters, which are lines of a name and a value.
fn num_ctx(parameters: &str) -> Option<u64> {
    let mut lines = parameters.lines().filter_map(|line| line.trim().strip_prefix("num_ctx"));
    lines.find_map(|value| value.trim().parse().ok()).filter(|tokens| (1..=json::MAX_SAFE).contains(tokens))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ollama_shows_of_a_model() {
        let body =
            br#"{"parameters":"stop \"x\"\nnum_ctx                        16384","capabilities":["completion","tools",
            "thinking","vision"],"model_info":{"general.architecture":"qwen3","qwen3.context_length":40960,
            "tokenizer.ggml.tokens":null,"qwen3.block_count":36}}"#;
        let facts = shown(body).unwrap();
        assert_eq!((facts.max_context, facts.loaded_context), (Some(40_960), Some(16_384)));
        assert_eq!((facts.kind, facts.vision, facts.reasoning), (Some(ModelKind::Chat), Some(true), Some(true)));
        let embedding = shown(br#"{"capabilities":["embedding"],"model_info":{}}"#).unwrap();
        assert_eq!((embedding.kind, embedding.max_context), (Some(ModelKind::Embedding), None));
        for odd in ["{}", r#"{"capabilities":5,"model_info":[],"parameters":{}}"#, r#"{"capabilities":[]}"#] {
            let facts = shown(odd.as_bytes()).unwrap();
            assert_eq!((facts.kind, facts.vision, facts.max_context), (None, None, None), "{odd}");
        }
        assert!(shown(br#"{"error":"model not found"}"#).is_err());
    }
}
