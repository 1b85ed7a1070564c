//! The keys by which servers say more of a model than its id: one table, with the meaning and the source of each.
//!
//! The edges read what it says, in its order. Where several keys of one entry speak of the same number, the smallest
//! counts; of all else the first that says anything. A row is "tried" where the answer of a real server was read with
//! it, and "read" where it is from the server's published code or documentation.

/// A thing that a server says of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Its name for a person.
    DisplayName,
    /// The longest context that it supports.
    MaxContext,
    /// The context that it runs with, the smallest one where several instances may answer.
    LoadedContext,
    /// The longest answer that it gives.
    MaxOutput,
    /// Whether it can be shown images.
    Vision,
    /// Whether it can be told to think.
    Reasoning,
    /// What it is for.
    Kind,
    /// Whether the server cannot serve it now.
    Failed,
    /// What it costs to send a token.
    InputPrice,
    /// What an answered token costs.
    OutputPrice,
    /// What it costs to send a token that the server has in its cache.
    CacheReadPrice,
    /// What it costs to put a token into that cache.
    CacheWritePrice,
}

/// How it is known that a server has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// A real server answered with it.
    Tried,
    /// It is in published code, documentation or reports.
    Read,
}

/// A key, what it says, and who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it says.
    pub fact: Fact,
    /// Where it is in an entry: names joined by dots.
    pub path: &'static str,
    /// The servers that have it.
    pub server: &'static str,
    /// Whether it is of a server's own API, which says more than OpenAI's list: such a server loads a model when it is
    /// asked for, and says what the model supports, not what it will be loaded with.
    pub own_api: bool,
    /// How that is known.
    pub proof: Proof,
}

const fn own(fact: Fact, path: &'static str, server: &'static str) -> Key {
    Key { fact, path, server, own_api: true, proof: Proof::Read }
}

const fn read(fact: Fact, path: &'static str, server: &'static str) -> Key {
    Key { fact, path, server, own_api: false, proof: Proof::Read }
}

const fn tried(fact: Fact, path: &'static str, server: &'static str) -> Key {
    Key { fact, path, server, own_api: false, proof: Proof::Tried }
}

/// What LM Studio's own `/api/v1/models` says.
pub static LM_STUDIO: [Key; 6] = [
    own(Fact::DisplayName, "display_name", "LM Studio"),
    own(Fact::MaxContext, "max_context_length", "LM Studio"),
    own(Fact::LoadedContext, "loaded_instances[].config.context_length", "LM Studio"),
    own(Fact::Vision, "capabilities.vision", "LM Studio"),
    own(Fact::Reasoning, "capabilities.reasoning", "LM Studio"),
    own(Fact::Kind, "type", "LM Studio"),
];

/// What lists of models say (`GET /v1/models`), below an entry of `data`.
pub static LISTED: [Key; 97] = [
    read(Fact::LoadedContext, "max_model_len", "vLLM, SGLang"),
    tried(Fact::LoadedContext, "meta.n_ctx", "llama-server, GPUStack"),
    read(Fact::LoadedContext, "parameters.max_seq_len", "TabbyAPI"),
    read(Fact::LoadedContext, "loaded_context_length", "LM Studio"),
    read(Fact::LoadedContext, "status.args", "llama-server's router"),
    read(Fact::MaxContext, "context_length", "OpenRouter, Together, llama-swap, exo, Xinference"),
    read(Fact::MaxContext, "context_window", "Groq, llama-swap, Vercel"),
    read(Fact::MaxContext, "context_size", "llama-swap, Novita"),
    read(Fact::MaxContext, "max_context_length", "Mistral"),
    tried(Fact::MaxContext, "meta.n_ctx_train", "llama-server"),
    read(Fact::MaxContext, "meta.llamaswap.context", "llama-swap"),
    tried(Fact::MaxContext, "max_input_tokens", "LiteLLM, Anthropic"),
    read(Fact::MaxContext, "maxInputTokens", "Foundry Local"),
    read(Fact::MaxContext, "recipe_options.ctx_size", "Lemonade"),
    read(Fact::MaxContext, "max_context_window", "Lemonade"),
    read(Fact::MaxContext, "top_provider.context_length", "OpenRouter"),
    read(Fact::MaxContext, "context_window.context_length", "Poe"),
    read(Fact::MaxContext, "metadata.context_length", "DeepInfra"),
    read(Fact::MaxContext, "limits.max_context_length", "Cerebras"),
    read(Fact::MaxContext, "capabilities.limits.max_context_window_tokens", "GitHub Copilot"),
    read(Fact::MaxContext, "model_spec.availableContextTokens", "Venice"),
    read(Fact::MaxContext, "providers", "Hugging Face's router"),
    read(Fact::MaxContext, "limit.context", "OpenCode"),
    read(Fact::MaxContext, "contextLength", "OpenAI-like gateways"),
    read(Fact::MaxContext, "contextWindow", "OpenAI-like gateways"),
    tried(Fact::MaxOutput, "max_output_tokens", "LiteLLM"),
    read(Fact::MaxOutput, "maxOutputTokens", "Foundry Local"),
    read(Fact::MaxOutput, "max_completion_tokens", "Groq"),
    read(Fact::MaxOutput, "top_provider.max_completion_tokens", "OpenRouter"),
    read(Fact::MaxOutput, "context_window.max_output_tokens", "Poe"),
    read(Fact::MaxOutput, "limits.max_completion_tokens", "Cerebras"),
    read(Fact::MaxOutput, "capabilities.limits.max_output_tokens", "GitHub Copilot"),
    read(Fact::MaxOutput, "model_spec.maxCompletionTokens", "Venice"),
    read(Fact::MaxOutput, "limit.output", "OpenCode"),
    read(Fact::MaxOutput, "max_tokens", "Vercel"),
    tried(Fact::Vision, "architecture.input_modalities", "OpenRouter, llama-server"),
    read(Fact::Vision, "input_modalities", "Novita"),
    read(Fact::Vision, "modalities.input", "OpenAI-like gateways"),
    read(Fact::Vision, "modalities", "OpenAI-like gateways"),
    read(Fact::Vision, "supports_vision", "llama-swap, LiteLLM"),
    read(Fact::Vision, "support_vision", "GPUStack"),
    read(Fact::Vision, "meta.support_vision", "GPUStack"),
    read(Fact::Vision, "supports_image_input", "Fireworks"),
    read(Fact::Vision, "vision", "Foundry Local, g4f"),
    read(Fact::Vision, "parameters.use_vision", "TabbyAPI"),
    read(Fact::Vision, "capabilities.supports.vision", "GitHub Copilot"),
    read(Fact::Vision, "model_spec.capabilities.supportsVision", "Venice"),
    read(Fact::Vision, "capabilities", "llama-server, Mistral, exo"),
    read(Fact::Vision, "model_ability", "Xinference"),
    read(Fact::Vision, "labels", "Lemonade"),
    read(Fact::Vision, "tags", "Vercel"),
    read(Fact::Reasoning, "supported_parameters", "OpenRouter"),
    read(Fact::Reasoning, "supports_reasoning", "LiteLLM"),
    read(Fact::Reasoning, "reasoning", "OpenAI-like gateways"),
    read(Fact::Reasoning, "features", "Novita"),
    read(Fact::Reasoning, "meta.support_reasoning", "GPUStack"),
    read(Fact::Reasoning, "model_spec.capabilities.supportsReasoning", "Venice"),
    read(Fact::Reasoning, "capabilities", "exo, Cerebras"),
    read(Fact::Reasoning, "model_ability", "Xinference"),
    read(Fact::Reasoning, "labels", "Lemonade"),
    read(Fact::Reasoning, "tags", "Vercel"),
    tried(Fact::Kind, "mode", "LiteLLM"),
    read(Fact::Kind, "type", "Together, Vercel, Venice"),
    read(Fact::Kind, "task", "OpenAI-like gateways"),
    read(Fact::Kind, "tasks", "exo"),
    read(Fact::Kind, "model_type", "Xinference, Novita"),
    read(Fact::Kind, "categories", "GPUStack"),
    read(Fact::Kind, "supported_endpoint_types", "new-api"),
    read(Fact::Kind, "capabilities.type", "GitHub Copilot"),
    read(Fact::Kind, "capabilities", "llama-server, Mistral"),
    read(Fact::Kind, "kind", "Fireworks"),
    read(Fact::Kind, "supports_chat", "Fireworks"),
    read(Fact::Kind, "pipeline_tag", "Hugging Face"),
    read(Fact::Kind, "custom_metadata.model_type", "Llama Stack"),
    read(Fact::Kind, "model_ability", "Xinference"),
    read(Fact::Kind, "labels", "Lemonade"),
    tried(Fact::Kind, "architecture.output_modalities", "OpenRouter, llama-server"),
    read(Fact::Kind, "output_modalities", "Novita"),
    read(Fact::DisplayName, "display_name", "Together, Anthropic"),
    read(Fact::DisplayName, "name", "OpenRouter, llama-swap, exo"),
    read(Fact::DisplayName, "model_spec.name", "Venice"),
    read(Fact::Failed, "status.failed", "llama-server's router"),
    read(Fact::Failed, "status.value", "llama-server's router"),
    read(Fact::Failed, "active", "Groq"),
    read(Fact::Failed, "model_spec.offline", "Venice"),
    read(Fact::InputPrice, "pricing.prompt", "OpenRouter, Chutes"),
    read(Fact::InputPrice, "pricing.input", "Together, Vercel"),
    read(Fact::InputPrice, "input_cost_per_token", "LiteLLM"),
    read(Fact::InputPrice, "model_spec.pricing.input.usd", "Venice"),
    read(Fact::InputPrice, "input_token_price_per_m", "Novita"),
    read(Fact::OutputPrice, "pricing.completion", "OpenRouter, Chutes"),
    read(Fact::OutputPrice, "pricing.output", "Together, Vercel"),
    read(Fact::OutputPrice, "output_cost_per_token", "LiteLLM"),
    read(Fact::OutputPrice, "model_spec.pricing.output.usd", "Venice"),
    read(Fact::OutputPrice, "output_token_price_per_m", "Novita"),
    read(Fact::CacheReadPrice, "pricing.input_cache_read", "OpenRouter, Vercel"),
    read(Fact::CacheWritePrice, "pricing.input_cache_write", "OpenRouter, Vercel"),
];

/// What Ollama's own `/api/show` and `/api/ps` say.
pub static OLLAMA: [Key; 6] = [
    own(Fact::MaxContext, "model_info.<architecture>.context_length", "Ollama's /api/show"),
    own(Fact::LoadedContext, "parameters, num_ctx", "Ollama's /api/show"),
    own(Fact::LoadedContext, "context_length", "Ollama's /api/ps"),
    own(Fact::Kind, "capabilities", "Ollama's /api/show"),
    own(Fact::Vision, "capabilities", "Ollama's /api/show"),
    own(Fact::Reasoning, "capabilities", "Ollama's /api/show"),
];

/// What LM Studio's older `/api/v0/models` says in another way.
pub static LM_STUDIO_V0: [Key; 2] =
    [own(Fact::LoadedContext, "loaded_context_length", "LM Studio 0.3"), own(Fact::Vision, "type", "LM Studio 0.3")];

impl Fact {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// Its key where nobody else's is known: LM Studio's, or that of the first list that says it.
    #[must_use]
    pub fn key(self) -> &'static Key {
        let keys = LM_STUDIO.iter().chain(&LISTED);
        // Every fact has a row, which a test holds.
        keys.into_iter().find(|key| key.fact == self).unwrap_or(&LISTED[0])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fact_has_a_key_and_no_key_is_there_twice() {
        let facts: HashSet<_> = LISTED.iter().map(|key| key.fact as usize).collect();
        assert_eq!(facts.len(), Fact::COUNT);
        for key in &LISTED {
            assert_eq!(key.fact.key().fact, key.fact);
            assert!(!key.server.is_empty() && key.path.split('.').all(|name| !name.is_empty()), "{key:?}");
        }
        let rows: HashSet<_> = LISTED.iter().map(|key| (key.fact as usize, key.path)).collect();
        assert_eq!(rows.len(), LISTED.len());
    }
}
