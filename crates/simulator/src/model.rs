//! The models of a simulated LM Studio: what it has downloaded, and what of it is loaded.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes each copy in memory another one, also where it has the name of an earlier one.
static LOADS: AtomicU64 = AtomicU64::new(1);

/// What LM Studio takes a model for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answers chats; with vision, `vlm` on `/api/v0/models`.
    Llm,
    /// Computes embeddings.
    Embedding,
}

/// One copy of a model in memory.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its name on `/v1/models`: the model's key, `<key>:2` for a second one, or the user's identifier.
    pub id: String,
    /// Tokens that it was loaded with.
    pub context: u64,
    /// Its name on the WebSocket, never used again once it is unloaded.
    pub reference: String,
}

impl Instance {
    fn new(id: &str, context: u64) -> Self {
        let reference = format!("instance-{}", LOADS.fetch_add(1, Ordering::Relaxed));
        Self { id: id.to_owned(), context, reference }
    }
}

/// One downloaded model.
#[derive(Debug, Clone)]
pub struct SimModel {
    /// LM Studio's name for it: `qwen/qwen3-8b`.
    pub key: String,
    /// Its name for people.
    pub display_name: String,
    /// What it is.
    pub kind: Kind,
    /// The most tokens that it can be loaded with.
    pub max_context: u64,
    /// Its copies in memory.
    pub instances: Vec<Instance>,
    /// Whether it reads images.
    pub vision: bool,
    /// Whether it was trained to call tools.
    pub tool_use: bool,
    /// Its reasoning settings (`off`, `on`, `low`, `medium`, `high`), the last one the default; none for a
    /// model that does not reason.
    pub reasoning: Vec<String>,
    /// The builds that share this entry (`<key>@q4_k_m`), the first one selected; none for a single build.
    pub variants: Vec<String>,
}

impl SimModel {
    /// A model for chats, not loaded, with a context of 131,072 tokens.
    #[must_use]
    pub fn chat(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            display_name: display_name(key),
            kind: Kind::Llm,
            max_context: 131_072,
            instances: Vec::new(),
            vision: false,
            tool_use: true,
            reasoning: Vec::new(),
            variants: Vec::new(),
        }
    }

    /// A model for embeddings, not loaded, with a context of 2,048 tokens.
    #[must_use]
    pub fn embedding(key: &str) -> Self {
        Self { kind: Kind::Embedding, max_context: 2_048, tool_use: false, ..Self::chat(key) }
    }

    /// A model for what its name says: LM Studio prefixes those for embeddings with `text-embedding-`.
    #[must_use]
    pub fn named(key: &str) -> Self {
        if key.starts_with("text-embedding-") { Self::embedding(key) } else { Self::chat(key) }
    }

    /// With another name for people.
    #[must_use]
    pub fn display_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.display_name);
        self
    }

    /// With another greatest context.
    #[must_use]
    pub fn max_context(mut self, tokens: u64) -> Self {
        self.max_context = tokens;
        self
    }

    /// Loaded (once more) under its usual name.
    #[must_use]
    pub fn loaded(mut self, context: u64) -> Self {
        self.load(Some(context));
        self
    }

    /// Loaded (once more) under a name of the user's choice.
    #[must_use]
    pub fn loaded_as(mut self, id: &str, context: u64) -> Self {
        self.instances.push(Instance::new(id, context));
        self
    }

    /// Reading images.
    #[must_use]
    pub fn vision(mut self) -> Self {
        self.vision = true;
        self
    }

    /// Not trained to call tools.
    #[must_use]
    pub fn without_tools(mut self) -> Self {
        self.tool_use = false;
        self
    }

    /// Reasoning, with these settings, the last one the default.
    #[must_use]
    pub fn reasoning(mut self, options: &[&str]) -> Self {
        self.reasoning = options.iter().map(|&option| option.to_owned()).collect();
        self
    }

    /// With several builds, the first one selected.
    #[must_use]
    pub fn variants(mut self, variants: &[&str]) -> Self {
        self.variants = variants.iter().map(|&variant| variant.to_owned()).collect();
        self
    }

    /// The names that `/v1/models` has for it: those of its instances, or its key while it has none.
    #[must_use]
    pub fn served_ids(&self) -> Vec<&str> {
        if self.instances.is_empty() {
            vec![&self.key]
        } else {
            self.instances.iter().map(|instance| instance.id.as_str()).collect()
        }
    }

    /// Loads a copy, with at most the greatest context, and gives its name. Without one, LM Studio takes
    /// 4,096 tokens.
    pub(super) fn load(&mut self, context: Option<u64>) -> String {
        let context = context.unwrap_or(4_096).min(self.max_context);
        let taken = |id: &str| self.instances.iter().any(|instance| instance.id == id);
        let mut id = self.key.clone();
        let mut copy = 2_u32;
        while taken(&id) {
            id = format!("{}:{copy}", self.key);
            copy += 1;
        }
        self.instances.push(Instance::new(&id, context));
        id
    }
}

/// `qwen/qwen3-8b` for people: `Qwen3 8b`.
fn display_name(key: &str) -> String {
    let name = key.split_once('/').map_or(key, |(_, name)| name);
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

/// The models that the demo starts with.
#[must_use]
pub fn demo_models() -> Vec<SimModel> {
    vec![
        SimModel::chat("openai/gpt-oss-20b").reasoning(&["low", "high", "medium"]).loaded(32_768),
        SimModel::chat("zai-org/glm-4.7-flash").max_context(202_752).reasoning(&["off", "on"]),
        SimModel::chat("qwen/qwen3-coder-next").max_context(262_144),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
        SimModel::chat("allenai/olmocr-2-7b").max_context(128_000).vision().without_tools(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_copy_gets_a_number_and_a_third_the_next() {
        let mut model = SimModel::chat("qwen/qwen3-8b").max_context(8_192).loaded(4_096).loaded(99_999);
        assert_eq!(model.load(None), "qwen/qwen3-8b:3");
        assert_eq!(model.served_ids(), ["qwen/qwen3-8b", "qwen/qwen3-8b:2", "qwen/qwen3-8b:3"]);
        assert_eq!(model.instances[1].context, 8_192, "no more than the model can do");
    }

    #[test]
    fn a_name_for_people_is_made_of_the_key() {
        assert_eq!(SimModel::chat("qwen/qwen3-8b").display_name, "Qwen3 8b");
        assert_eq!(SimModel::chat("").display_name, "");
    }
}
