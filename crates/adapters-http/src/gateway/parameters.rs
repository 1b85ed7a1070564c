//! Which parameters of `models.list` a gateway is believed to know.

use serde::Serialize;

use super::error::RpcError;

/// Which parameters of `models.list` a gateway knows; one that it does not know fails the whole call. `view` came
/// with 2026.4.29, `refresh` with 2026.8.1, `provider` with 2026.9.5; `agentId` is in 2026.9.6.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    provider: bool,
    pub(super) refresh: bool,
    pub(super) view: bool,
    pub(super) agent: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { provider: true, refresh: true, view: true, agent: true }
    }
}

impl Parameters {
    /// What is sent, as far as the gateway knows it.
    pub(super) fn query<'a>(&self, provider: &'a str, agent: Option<&'a str>) -> Query<'a> {
        Query {
            agent: agent.filter(|_| self.agent),
            view: ALL.filter(|_| self.view),
            provider: self.provider.then_some(provider),
            refresh: self.refresh.then_some(true),
        }
    }

    /// Drops the parameters that the gateway does not know. Says whether there were any.
    pub(super) fn without_unknown(&mut self, failure: &RpcError) -> bool {
        let mut dropped = false;
        for (name, sent) in [
            ("provider", &mut self.provider),
            ("refresh", &mut self.refresh),
            ("view", &mut self.view),
            ("agentId", &mut self.agent),
        ] {
            if *sent && failure.does_not_know(name) {
                *sent = false;
                dropped = true;
            }
        }
        dropped
    }
}

/// The parameters of one `models.list`.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Query<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) view: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh: Option<bool>,
    #[serde(rename = "agentId", skip_serializing_if = "Option::is_none")]
    pub(super) agent: Option<&'a str>,
}

/// The views of `models.list`: all models, what the Control UI shows, and what the terminal UI does.
pub(super) const ALL: Option<&str> = Some("all");
pub(super) const OTHERS: [Option<&str>; 2] = [Some("configured"), None];
