//! The log of a simulated LM Studio: who asked for what.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

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
            let credential = Credential::Absent;
            log.push(LoggedRequest { method, path, at_ms, connection: 1, user_agent: None, credential });
        }
        assert!(log.requests().len() <= KEPT);
        assert_eq!(log.requests().last().unwrap().at_ms, 49_999);
    }
}
