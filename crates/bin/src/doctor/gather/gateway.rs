//! Gathers the facts of the gateway: greets it until it is awake, then asks what its picker shows.

use std::path::Path;
use std::time::Duration;

use adapters_fs::{AUTH_PROFILES, OpenClawConfig, Work, auth_profile};
use adapters_http::{Gateway, GatewaySeen, GatewayTrouble};
use domain::ModelId;
use domain::ports::{Expected, Gateway as _};
use tokio::time::{Instant, sleep};

use super::files::Files;
use crate::doctor::gateway::{GatewayFacts, PickerFacts};
use crate::doctor::server::ServerFacts;
use crate::gateway::installed;
use crate::host_kind::HostKind;

/// How long a gateway that starts is waited for.
const WAKES: Duration = Duration::from_secs(6);

pub(super) async fn gather(
    gateway: &Gateway,
    openclaw: &OpenClawConfig,
    config_file: &Path,
    files: &Files,
    servers: &[ServerFacts],
    (own_key, here): (bool, HostKind),
) -> GatewayFacts {
    let seen = greet(gateway).await;
    let folder = files.facts.first().map(|facts| facts.folder.path.as_path());
    let auth_file = folder.unwrap_or(Path::new("")).join(AUTH_PROFILES);
    let mut pickers = Vec::new();
    for (server, held) in servers.iter().zip(&files.held) {
        let provider = &server.provider;
        let mut present = held.clone();
        let entry = openclaw.models(provider).entry;
        let rows = entry.as_ref().map(|entry| entry.models.as_slice()).unwrap_or_default();
        // What stands there shows by itself, where models.json does not count.
        let configured = !rows.is_empty() && gateway.seen().is_some_and(|seen| seen.era.picker_needs_config());
        if configured {
            let rows = rows.iter().filter_map(|row| ModelId::new(row.as_str()).ok());
            let lacked: Vec<ModelId> = rows.filter(|row| !present.contains(row)).collect();
            present.extend(lacked);
        }
        let kept = present.len();
        let expected = Expected { provider: provider.clone(), present, absent: Vec::new(), configured };
        pickers.push(PickerFacts {
            provider: provider.clone(),
            kept,
            kept_in: if configured { "openclaw.json" } else { "models.json" },
            shown: gateway.refresh_picker(&expected).await,
            profile: auth_profile(&auth_file, provider),
            base_url: server.base_url.clone(),
            entry,
            own_key,
        });
    }
    GatewayFacts {
        here,
        address: gateway.address().to_owned(),
        seen,
        installed: installed(config_file, Work::Aside).await,
        pickers,
        config_file: config_file.to_owned(),
        auth_file,
    }
}

/// Greets the gateway, and once more where it is only starting.
async fn greet(gateway: &Gateway) -> Result<GatewaySeen, GatewayTrouble> {
    let deadline = Instant::now() + WAKES;
    loop {
        let seen = gateway.greet().await;
        let wakes = matches!(seen, Err(GatewayTrouble::Starting | GatewayTrouble::Silent));
        if !wakes || Instant::now() >= deadline {
            return seen;
        }
        sleep(Duration::from_millis(500)).await;
    }
}
