//! The OpenClaw plugin that may have started this program: its settings, and which of them do not count.

use std::path::PathBuf;

use adapters_fs::{PluginEntry, PluginKey};
use config::{Config, PluginSettings};
use domain::Secret;
use tracing::info;

use crate::gateway::{openclaw_file, variable};

/// What `openclaw.json` says to the plugin; `None` where OpenClaw does not load it.
///
/// A file that cannot be read says nothing here: what needs it reports that.
pub(crate) fn settings(openclaw_json: PathBuf) -> Option<PluginSettings> {
    let entry = openclaw_file(openclaw_json.clone()).read_here().ok()?.lmsync_plugin()?;
    let PluginEntry { server, key, interval, include, exclude } = entry;
    let key = match key {
        Some(PluginKey::Known(key)) => Some(key),
        Some(PluginKey::Variable(name)) => variable(&name).and_then(Secret::new),
        // The plugin hands it over in the environment.
        Some(PluginKey::GatewayOnly) | None => None,
    };
    Some(PluginSettings { openclaw_json, server, key, interval, include, exclude })
}

/// Logs which of the plugin's settings do not count: a person who changes one in OpenClaw sees no effect.
pub(crate) fn report_overridden(config: &Config) {
    for (variable, origin) in config.overridden() {
        info!(
            name: "plugin_setting_unused",
            variable,
            set_by = origin,
            "a setting of the plugin does not count here, since another place sets it"
        );
    }
}
