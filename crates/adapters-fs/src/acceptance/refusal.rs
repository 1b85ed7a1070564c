//! What a reader refuses.

/// Which of OpenClaw's readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Up to 2026.7: a provider with models needs an `apiKey`, and only text and images go in.
    Early,
    /// From 2026.8 on.
    Late,
}

/// A thing in the file for which a reader refuses all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where, such as `providers.ollama.models.0.reasoning`; fit to be shown.
    pub place: String,
    /// What is wrong there, as a clause: `must be true or false`.
    pub why: &'static str,
}
