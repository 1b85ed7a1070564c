//! Looking at the gateway: greeted until it is awake, then asked what its picker shows.

use std::path::PathBuf;
use std::time::Duration;

use adapters_fs::{AUTH_PROFILES, EntryKey, OpenClawConfig, Work, auth_profile};
use adapters_http::{Gateway, GatewayTrouble};
use domain::ModelId;
use domain::ports::{Expected, Gateway as _};
use tokio::time::{Instant, sleep};

use super::files::Looked;
use crate::doctor::gateway::{GatewayFacts, PickerFacts};
use crate::gateway::installed;
use crate::host_kind::HostKind;

/// How long a gateway that starts is waited for.
const WAKES: Duration = Duration::from_secs(6);

pub(super) async fn gather(
    gateway: &Gateway,
    openclaw: &OpenClawConfig,
    (providers, base_urls): (&[String], &[String]),
    config_file: PathBuf,
    files: &Looked,
    (own_key, here): (bool, HostKind),
) -> GatewayFacts {
    let deadline = Instant::now() + WAKES;
    let seen = loop {
        let seen = gateway.greet().await;
        let wakes = matches!(seen, Err(GatewayTrouble::Starting | GatewayTrouble::Silent));
        if !wakes || Instant::now() >= deadline {
            break seen;
        }
        sleep(Duration::from_millis(500)).await;
    };
    let folder = files.facts.places.first().map(|(_, folder)| folder.path.clone());
    let auth_file = folder.map_or_else(|| PathBuf::from(AUTH_PROFILES), |folder| folder.join(AUTH_PROFILES));
    let mut pickers = Vec::new();
    for (index, provider) in providers.iter().enumerate() {
        let held = files.held.iter().find(|(name, _)| name == provider);
        let mut present = held.map(|(_, ids)| ids.clone()).unwrap_or_default();
        let entry = openclaw.models(provider).entry;
        let rows = entry.as_ref().map(|entry| entry.models.as_slice()).unwrap_or_default();
        // What stands there shows by itself, where models.json does not count.
        let configured =
            !rows.is_empty() && gateway.seen().is_some_and(|seen| seen.era.picker_needs_config());
        if configured {
            let rows = rows.iter().filter_map(|row| ModelId::new(row.as_str()).ok());
            let lacked: Vec<ModelId> = rows.filter(|row| !present.contains(row)).collect();
            present.extend(lacked);
        }
        let rows = !rows.is_empty();
        let expected = Expected { provider: provider.clone(), present, absent: Vec::new(), configured };
        pickers.push(PickerFacts {
            shown: gateway.refresh_picker(&expected).await,
            kept: expected.present.len(),
            kept_in: if configured { "openclaw.json" } else { "models.json" },
            profile: auth_profile(&auth_file, provider),
            base_url: base_urls.get(index).cloned().unwrap_or_default(),
            has_entry: entry.is_some(),
            key: entry.as_ref().map_or(EntryKey::None, |entry| entry.key),
            rows,
            own_key,
            provider: expected.provider,
        });
    }
    GatewayFacts {
        here,
        address: gateway.address().to_owned(),
        seen,
        installed: installed(&config_file, Work::Aside).await,
        pickers,
        config_file,
        auth_file,
    }
}
