//! What a server says of what it is: whether it is LM Studio, which version, and which of its APIs it has.

use std::time::Duration;

use domain::Facts;
use domain::ports::SourceError;
use http::StatusCode;
use serde::Deserialize;

use super::activity::version;
use super::client::LmStudio;
use super::json;
use super::key::ServerKey;
use super::url::Url;
use crate::http_client::{Origin, excerpt};

/// How long the question for the version may take: it goes over a WebSocket of its own.
const VERSION: Duration = Duration::from_secs(2);

/// What a server is.
#[derive(Debug)]
pub struct Identity {
    /// Whether it calls itself LM Studio, or has its API.
    pub lm_studio: bool,
    /// Which other server it is, where its list or its headers tell.
    pub product: Option<&'static str>,
    /// Its version, if it says one.
    pub version: Option<String>,
    /// What it says of its models, over LM Studio's own API.
    pub facts: Result<Facts, SourceError>,
    /// Which one that is: `/api/v1` or `/api/v0`.
    pub api: Option<&'static str>,
}

#[derive(Deserialize)]
struct Greeting {
    lmstudio: bool,
}

impl LmStudio {
    /// Asks the server what it is, in a few requests of bounded time each. Nothing that is asked loads a model.
    pub async fn identity(&self) -> Identity {
        let lm_studio = self.is_lm_studio().await;
        let facts = self.ask_for_facts().await;
        let api = match &facts {
            Ok(Facts::Known(_)) => Some(if self.has_v0_only() { "/api/v0" } else { "/api/v1" }),
            _ => None,
        };
        // A proxy may let only the API through.
        let lm_studio = lm_studio || api.is_some();
        let product = if lm_studio { None } else { self.product().await };
        let version = if lm_studio { self.version().await } else { None };
        Identity { lm_studio, product, version, facts, api }
    }

    /// Whether it answers LM Studio's own probe (`lmstudio-js`, since 0.3), which needs no key. No other server does.
    pub async fn is_lm_studio(&self) -> bool {
        let Some(root) = &self.0.address.root else { return false };
        let answer = self.get(&Url::below(root, "/lmstudio-greeting")).await;
        answer.is_ok_and(|answer| {
            answer.status == StatusCode::OK
                && serde_json::from_slice::<Greeting>(&answer.body).is_ok_and(|greeting| greeting.lmstudio)
        })
    }

    /// The server's name, by its headers and by who owns the models of its list.
    async fn product(&self) -> Option<&'static str> {
        let base = self.base_uri().unwrap_or(&self.0.address.api);
        let answer = self.get(&Url::below(base, "/models")).await.ok()?;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        if header("server").is_some_and(|server| server.starts_with("llama.cpp")) {
            return Some("llama.cpp's server");
        }
        if header("x-litellm-version").is_some() {
            return Some("LiteLLM");
        }
        let owners = json::list(&answer.body, "data", |entry| {
            let [owner] = json::fields(entry, ["owned_by"])?;
            json::string(owner?)
        });
        owners.ok()?.items.iter().find_map(|owner| product_of(owner))
    }

    async fn version(&self) -> Option<String> {
        let root = self.0.address.root.as_ref()?;
        let (origin, path) = (Origin::from_uri(root)?, root.path().trim_end_matches('/'));
        let asked = version(&origin, path, self.0.key.as_ref().and_then(ServerKey::token), &self.0.tls);
        let version = tokio::time::timeout(VERSION, asked).await.ok()??;
        Some(excerpt(&version))
    }
}

/// Which server writes that into `owned_by`, where only one does.
fn product_of(owner: &str) -> Option<&'static str> {
    Some(match owner {
        "organization_owner" => "LM Studio, of which only OpenAI's API is reachable",
        "vllm" => "vLLM",
        "sglang" => "SGLang",
        "llamacpp" => "llama.cpp's server",
        "llama-swap" => "llama-swap",
        "library" => "Ollama",
        "lemonade" => "Lemonade",
        "tabbyAPI" => "TabbyAPI",
        "humanity" => "GPT4All",
        "arena" => "Open WebUI",
        "docker" => "Docker Model Runner",
        _ => return None,
    })
}
