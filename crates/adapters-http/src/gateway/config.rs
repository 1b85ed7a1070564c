//! The gateway's configuration, read and changed over a connection of its own. Only that connection may administer, and
//! it lasts for one reading or one change.

mod edit;
mod steps;
mod view;

use std::borrow::Cow;
use std::sync::Arc;

use domain::era::{Era, Identity};
use domain::ports::Applied;
use domain::{ConfigSeen, ConfigVersion, EntryPlan};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::access::GatewayAccess;
use super::error::{Failure, RpcError};
use super::handshake::{ADMIN, CONFIGURING, shake};
use super::rpc_client::RpcClient;
use super::target::Target;
use crate::http_client::excerpt;

/// What lets a gateway remove rows that are not in a patch.
fn rows_of(provider: &str) -> String {
    format!("models.providers.{provider}.models")
}

/// The payload of `config.get`, as much of it as matters.
#[derive(Deserialize)]
struct Got<'a> {
    #[serde(default, borrow)]
    hash: Cow<'a, str>,
    /// The file itself, before other files are included and variables put in. Secrets are redacted.
    #[serde(borrow)]
    parsed: Option<&'a RawValue>,
    /// The same, after that.
    #[serde(default, borrow)]
    resolved: Option<&'a RawValue>,
    /// The same in versions that have no `resolved`.
    #[serde(default, borrow)]
    config: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    raw: String,
    base_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_paths: Option<[String; 1]>,
}

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

/// A connection that may administer, and whom it leads to.
struct Administering {
    rpc: RpcClient,
    version: String,
    era: &'static Era,
}

/// Connects with the right to administer. A device is shown only to the versions that grant nothing without one:
/// others would count all changes of a device together.
async fn administer(access: &GatewayAccess, target: &Target) -> Result<Administering, RpcError> {
    let (mut socket, mut hello) = shake(access, target, None, CONFIGURING).await?;
    let version = excerpt(&hello.server.version);
    let era = hello.features.methods.era(&version);
    if hello.grants(ADMIN).is_none() && era.identity == Identity::Device {
        drop(socket);
        let key = (access.device)().map_err(RpcError::Device)?;
        (socket, hello) = shake(access, target, Some(&key), CONFIGURING).await?;
    }
    if hello.grants(ADMIN) == Some(false) {
        return Err(RpcError::NoScope("operator.admin is missing"));
    }
    Ok(Administering { rpc: RpcClient::over(socket, false, access.secrets()), version, era })
}

/// Reads what the configuration has of the provider.
pub(super) async fn read(
    access: &GatewayAccess,
    target: &Target,
    provider: &str,
    deadline: Instant,
) -> Result<ConfigSeen, Failure> {
    let Administering { rpc, version, era } = administer(access, target).await?;
    let read = |payload: &str| {
        let got: Got<'_> = serde_json::from_str(payload)?;
        let text = got.parsed.map_or("{}", RawValue::get);
        let everywhere = got.resolved.or(got.config).map_or("{}", RawValue::get);
        let in_file = view::read(text, provider);
        Ok(ConfigSeen {
            version: ConfigVersion { hash: got.hash.into_owned(), text: Arc::from(text) },
            openclaw: version.clone(),
            era,
            elsewhere: in_file.provider.is_none() && view::read(everywhere, provider).provider.is_some(),
            provider: in_file.provider,
            lists: in_file.lists,
            parents: in_file.parents,
        })
    };
    rpc.call("config.get", json!({}), deadline, read).await
}

/// Makes the next step of a plan.
pub(super) async fn change(
    access: &GatewayAccess,
    target: &Target,
    plan: &EntryPlan,
    over: &ConfigSeen,
    deadline: Instant,
) -> Result<Applied, Failure> {
    let step = steps::next(plan, over);
    let Administering { rpc, era, .. } = administer(access, target).await?;
    let base_hash = &over.version.hash;
    let done = |_: &str| Ok::<_, serde_json::Error>(IgnoredAny);
    let applied = if step.is_last { Applied::Whole } else { Applied::Part };
    if era.replace_paths {
        let replace_paths = Some([rows_of(&plan.provider)]);
        let change = Change { raw: step.change.patch, base_hash, replace_paths };
        match rpc.call("config.patch", change, deadline, done).await {
            Err(why) if why.does_not_know("replacePaths") => {}
            answer => return answer.map(|_| applied),
        }
    }
    // A patch could not remove a row here, and would restart the oldest of these.
    let change = Change { raw: step.change.whole, base_hash, replace_paths: None };
    rpc.call("config.set", change, deadline, done).await?;
    Ok(applied)
}

/// Gives a provider's entry a key. This is what authorises the gateway's turns.
pub(super) async fn give_key(
    access: &GatewayAccess,
    target: &Target,
    to: &ProviderKey,
    deadline: Instant,
) -> Result<(), Failure> {
    let Administering { rpc, .. } = administer(access, target).await?;
    let read = |payload: &str| Ok(serde_json::from_str::<Got<'_>>(payload)?.hash.into_owned());
    let base_hash = &rpc.call("config.get", json!({}), deadline, read).await?;
    let ProviderKey { provider, key, new_at } = to;
    let entry = match new_at {
        Some(base_url) => json!({ "baseUrl": base_url, "apiKey": key, "api": domain::API, "models": [] }),
        None => json!({ "apiKey": key }),
    };
    let raw = json!({ "models": { "providers": { provider: entry } } }).to_string();
    let done = |_: &str| Ok::<_, serde_json::Error>(IgnoredAny);
    rpc.call("config.patch", Change { raw, base_hash, replace_paths: None }, deadline, done).await?;
    Ok(())
}
