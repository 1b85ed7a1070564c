//! The log of a simulated LM Studio: who asked for what.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value;

/// How many requests are kept; beyond, the older half is forgotten.
const KEPT: usize = 20_000;

/// What a request had to show for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// Nothing.
    Absent,
    /// A key, and either none or this one is required.
    Accepted,
    /// A key, and another one is required.
    Refused,
}

/// What a request asked for in its body, or a WebSocket's frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Call {
    /// A chat; each field as the client sent it, none where it did not.
    Chat {
        /// The model.
        model: Option<String>,
        /// Whether to stream.
        stream: Option<bool>,
        /// The older limit on the answer.
        max_tokens: Option<u64>,
        /// The newer limit on the answer.
        max_completion_tokens: Option<u64>,
        /// The role of each message.
        roles: Vec<String>,
        /// How long the messages and the tools are, in characters of JSON.
        characters: usize,
        /// Whether the server should store the answer.
        store: Option<bool>,
        /// How much to reason.
        reasoning_effort: Option<String>,
    },
    /// `POST /api/v1/models/load`.
    Load {
        /// The model.
        model: Option<String>,
        /// Tokens to load it with.
        context_length: Option<u64>,
    },
    /// A call over a WebSocket.
    Rpc {
        /// What was called.
        endpoint: String,
    },
}

impl Call {
    /// What was asked for by a `POST` to that path.
    pub(super) fn from_request(path: &str, body: &Value) -> Option<Self> {
        let text = |field: &str| body[field].as_str().map(str::to_owned);
        match path {
            "/v1/chat/completions" => Some(Self::Chat {
                model: text("model"),
                stream: body["stream"].as_bool(),
                max_tokens: body["max_tokens"].as_u64(),
                max_completion_tokens: body["max_completion_tokens"].as_u64(),
                roles: (body["messages"].as_array().into_iter().flatten())
                    .map(|message| message["role"].as_str().unwrap_or_default().to_owned())
                    .collect(),
                characters: prompt_characters(body),
                store: body["store"].as_bool(),
                reasoning_effort: text("reasoning_effort"),
            }),
            "/api/v1/models/load" => {
                Some(Self::Load { model: text("model"), context_length: body["context_length"].as_u64() })
            }
            _ => None,
        }
    }
}

/// How long a chat's messages and tools are, in characters of JSON.
pub(super) fn prompt_characters(body: &Value) -> usize {
    let of = |value: &Value| if value.is_null() { 0 } else { value.to_string().chars().count() };
    of(&body["messages"]) + of(&body["tools"])
}

/// One request. The key itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedRequest {
    /// `GET`, `POST`, …; `WS` for a call over a WebSocket.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// Milliseconds since 1970, UTC.
    pub at_ms: u64,
    /// Which connection it came on; the first one is 1.
    pub connection: u64,
    /// The client's own name, if it gave one.
    pub user_agent: Option<String>,
    /// Whether it had a key, and the right one.
    pub credential: Credential,
    /// What it asked for, where that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
}

impl LoggedRequest {
    /// Whether it asked for a list of models, over HTTP.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == "GET" && matches!(path, "/v1/models" | "/api/v0/models" | "/api/v1/models")
    }
}

/// The requests of a world, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log(Vec<LoggedRequest>);

impl Log {
    pub(super) fn push(&mut self, request: LoggedRequest) {
        if self.0.len() >= KEPT {
            self.0.drain(..KEPT / 2);
        }
        self.0.push(request);
    }

    pub(super) fn requests(&self) -> &[LoggedRequest] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Now, as a log line has it.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_keeps_the_latest_and_stays_bounded() {
        let mut log = Log::default();
        for at_ms in 0..50_000 {
            let (method, path) = ("GET".to_owned(), "/".to_owned());
            let (connection, user_agent, credential, call) = (1, None, Credential::Absent, None);
            log.push(LoggedRequest { method, path, at_ms, connection, user_agent, credential, call });
        }
        assert!(log.requests().len() <= KEPT);
        assert_eq!(log.requests().last().unwrap().at_ms, 49_999);
    }
}
