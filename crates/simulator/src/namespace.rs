//! Which of LM Studio's sockets it is.

/// Which of LM Studio's sockets it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Llm,
    Embedding,
    System,
    /// One that the simulator has nothing in.
    Other,
}

impl Namespace {
    pub(super) fn from_path(path: &str) -> Option<Self> {
        Some(match path {
            "/llm" => Self::Llm,
            "/embedding" => Self::Embedding,
            "/system" => Self::System,
            "/diagnostics" | "/files" | "/repository" | "/plugins" | "/runtime" => Self::Other,
            _ => return None,
        })
    }
}
