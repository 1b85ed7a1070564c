//! A provider's entry, put into the gateway's own configuration by the gateway itself: what authorises its turns.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::client::Gateway;
use super::error::Failure;
use super::handshake::{CONFIGURING, shake};
use super::rpc_client::RpcClient;
use super::trouble::{GatewayTrouble, trouble};

/// How long it may take. A gateway that has just started takes seconds for its first change.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a provider's entry is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderKey {
    /// The key below `models.providers`.
    pub provider: String,
    /// Its key: any text, where its server asks for none.
    pub key: String,
    /// Its address, where there is no entry yet.
    pub new_at: Option<String>,
}

/// The payload of `config.get`, as much of it as matters.
#[derive(Deserialize)]
struct Got<'a> {
    #[serde(borrow)]
    hash: Cow<'a, str>,
}

impl Gateway {
    /// Gives a provider a key in openclaw.json, and an entry without models where it has none there. The gateway
    /// writes the file itself, over a connection that lasts for this one change.
    ///
    /// # Errors
    /// [`GatewayTrouble`]; then nothing was changed.
    pub async fn give_key(&self, to: &ProviderKey) -> Result<(), GatewayTrouble> {
        let deadline = Instant::now() + PATIENCE;
        match timeout_at(deadline, self.change(to, deadline)).await {
            Ok(changed) => changed.map_err(|why| trouble(&why)),
            Err(_) => Err(GatewayTrouble::Silent),
        }
    }

    async fn change(&self, to: &ProviderKey, deadline: Instant) -> Result<(), Failure> {
        let (socket, _) = shake(&self.access, &self.target, None, CONFIGURING).await?;
        let secrets = self.access.secrets().filter_map(domain::Secret::new).collect();
        let rpc = RpcClient::over(socket, false, secrets);
        let read = |payload: &str| Ok(serde_json::from_str::<Got<'_>>(payload)?.hash.into_owned());
        let hash = rpc.call("config.get", json!({}), deadline, read).await?;
        let ProviderKey { provider, key, new_at } = to;
        let entry = match new_at {
            Some(base_url) => json!({ "baseUrl": base_url, "apiKey": key, "api": domain::API, "models": [] }),
            None => json!({ "apiKey": key }),
        };
        let raw = json!({ "models": { "providers": { provider: entry } } }).to_string();
        let done = |_: &str| Ok::<_, serde_json::Error>(IgnoredAny);
        rpc.call("config.patch", json!({ "raw": raw, "baseHash": hash }), deadline, done).await?;
        Ok(())
    }
}
