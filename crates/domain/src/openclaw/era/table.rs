//! The table itself: what was measured with the real packages. `docs/OPENCLAW-VERSIONS.md` is made from it.

use super::profile::{AuthProfiles, Credential, Era, Fate, Identity, Shows, Signal};
use crate::openclaw::era::release::Release;

/// Every era, the oldest first.
pub static ERAS: [Era; 9] = [
    Era {
        since: Release::new(2026, 2, 12),
        tried: &["2026.2.12"],
        models_json_shows: Shows::Restart,
        models_json_fate: Fate::KeptUnlessConfigured,
        config_shows: Shows::Restart,
        replace_paths: false,
        credentials: &[Credential::MarkerWithRows, Credential::AuthProfile],
        auth_profiles: AuthProfiles::Read,
        signals: &[Signal::Lifecycle, Signal::LockFiles],
        identity: Identity::Token,
    },
    Era {
        since: Release::new(2026, 2, 22),
        tried: &["2026.3.13"],
        models_json_shows: Shows::Restart,
        models_json_fate: Fate::KeptUnlessConfigured,
        config_shows: Shows::Restart,
        replace_paths: false,
        credentials: &[Credential::MarkerWithRows, Credential::AuthProfile],
        auth_profiles: AuthProfiles::Read,
        signals: &[Signal::Lifecycle, Signal::LockFiles],
        identity: Identity::Device,
    },
    // OpenClaw's own LM Studio plugin.
    Era {
        since: Release::new(2026, 4, 15),
        tried: &["2026.4.15"],
        models_json_shows: Shows::Nothing,
        models_json_fate: Fate::Overwritten,
        config_shows: Shows::Restart,
        replace_paths: false,
        credentials: &[Credential::MarkerWithRows],
        auth_profiles: AuthProfiles::Ignored,
        signals: &[Signal::Sessions, Signal::Lifecycle, Signal::LockFiles],
        identity: Identity::Device,
    },
    // The token alone is enough again. The gateway restarts itself after a change of its configuration.
    Era {
        since: Release::new(2026, 4, 20),
        tried: &["2026.4.24"],
        models_json_shows: Shows::Nothing,
        models_json_fate: Fate::Overwritten,
        config_shows: Shows::Restart,
        replace_paths: false,
        credentials: &[Credential::MarkerWithRows],
        auth_profiles: AuthProfiles::Read,
        signals: &[Signal::Preflight, Signal::Sessions, Signal::LockFiles],
        identity: Identity::Token,
    },
    // The configuration is reloaded while the gateway runs.
    Era {
        since: Release::new(2026, 4, 29),
        tried: &["2026.5.7"],
        models_json_shows: Shows::Nothing,
        models_json_fate: Fate::Overwritten,
        config_shows: Shows::AtOnce,
        replace_paths: false,
        credentials: &[Credential::MarkerWithRows],
        auth_profiles: AuthProfiles::Read,
        signals: &[Signal::Preflight, Signal::Sessions, Signal::LockFiles],
        identity: Identity::Token,
    },
    // The plugin has a catalog of its own.
    Era {
        since: Release::new(2026, 5, 28),
        tried: &["2026.5.28"],
        models_json_shows: Shows::Nothing,
        models_json_fate: Fate::Removed,
        config_shows: Shows::AtOnce,
        replace_paths: false,
        credentials: &[Credential::MarkerWithRows],
        auth_profiles: AuthProfiles::Ignored,
        signals: &[Signal::Preflight, Signal::Sessions, Signal::LockFiles],
        identity: Identity::Token,
    },
    // `config.patch` can remove a row.
    Era {
        since: Release::new(2026, 6, 5),
        tried: &["2026.6.6", "2026.7.1"],
        models_json_shows: Shows::Nothing,
        models_json_fate: Fate::Removed,
        config_shows: Shows::AtOnce,
        replace_paths: true,
        credentials: &[Credential::MarkerWithRows],
        auth_profiles: AuthProfiles::Ignored,
        signals: &[Signal::Preflight, Signal::Sessions, Signal::LockFiles],
        identity: Identity::Token,
    },
    // models.json is left alone, and `models.list` knows `refresh`.
    Era {
        since: Release::new(2026, 8, 1),
        tried: &["2026.8.1"],
        models_json_shows: Shows::RefreshWithoutCredential,
        models_json_fate: Fate::Kept,
        config_shows: Shows::AtOnce,
        replace_paths: true,
        credentials: &[Credential::MarkerWithRows, Credential::Key, Credential::Environment],
        auth_profiles: AuthProfiles::Harmful,
        signals: &[Signal::Preflight, Signal::Sessions],
        identity: Identity::Token,
    },
    // models.json counts also beside a credential.
    Era {
        since: Release::new(2026, 9, 5),
        tried: &["2026.9.6"],
        models_json_shows: Shows::Refresh,
        models_json_fate: Fate::Kept,
        config_shows: Shows::AtOnce,
        replace_paths: true,
        credentials: &[Credential::MarkerWithRows, Credential::Key, Credential::Environment],
        auth_profiles: AuthProfiles::Harmful,
        signals: &[Signal::Preflight, Signal::Sessions],
        identity: Identity::Token,
    },
];
