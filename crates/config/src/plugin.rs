//! The layer of the OpenClaw plugin: what a person sets for it in `openclaw.json`, above the defaults and below
//! `lmsync.toml`.

use std::path::PathBuf;

use domain::{Glob, Rules, Secret};

use super::layer::Layer;
use super::{Config, Inputs, settings_table as names};

/// The variable in which the plugin that starts the program says its version.
const STARTED_BY: &str = "LMSYNC_PLUGIN";

/// The variable in which the plugin hands over its server's key, which the gateway has resolved.
const KEY: &str = "LMSYNC_PLUGIN_KEY";

/// Both, which are no settings.
pub(super) const VARIABLES: [&str; 2] = [STARTED_BY, KEY];

/// What a person set for the plugin. The texts are not judged yet.
#[derive(Clone, Default)]
pub struct PluginSettings {
    /// The `openclaw.json` that has them.
    pub openclaw_json: PathBuf,
    /// The server's address.
    pub server: Option<String>,
    /// The server's key, as far as it is known here.
    pub key: Option<Secret>,
    /// How often the server is asked.
    pub interval: Option<String>,
    /// Patterns of the models that are offered; all where there are none.
    pub include: Vec<String>,
    /// Patterns of the models that are left out.
    pub exclude: Vec<String>,
}

impl Inputs {
    /// The version of the plugin that started this process, where one did.
    pub(super) fn started_by_plugin(&self) -> Option<String> {
        self.variable(&[], STARTED_BY).map(|version| version.to_string_lossy().into_owned())
    }

    /// The key that the plugin handed over, else the one that its settings tell.
    fn plugin_key(&self) -> Option<String> {
        let given = self.variable(&[], KEY).and_then(|key| key.into_string().ok());
        let told = || Some(self.plugin.as_ref()?.key.as_ref()?.expose().to_owned());
        given.or_else(told)
    }
}

impl Config {
    /// Adds what the plugin's settings say to what `lmsync.toml` leaves open.
    pub(super) fn lay_plugin_below(&mut self, inputs: &Inputs) {
        let Some(plugin) = &inputs.plugin else { return };
        let origin = format!("plugin lmsync in {}", plugin.openclaw_json.display());
        let said = [
            (names::BASE, plugin.server.clone()),
            (names::KEY, inputs.plugin_key()),
            (names::INTERVAL, plugin.interval.clone()),
        ];
        let said = said.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let said: Vec<_> = said.filter(|(_, text)| !text.trim().is_empty()).collect();
        let overridden =
            said.iter().filter_map(|(name, _)| Some((*name, self.metadata(name)?.name.to_string())));
        self.overridden = overridden.collect();
        self.lay_below(Layer::new(origin, said));
        let Rules { include, exclude, .. } = &mut self.file.rules;
        for (rules, patterns) in [(include, &plugin.include), (exclude, &plugin.exclude)] {
            if rules.is_empty() {
                rules.extend(patterns.iter().map(Glob::new));
            }
        }
    }

    /// The plugin's settings that do not count, because a layer above says something else: the variable, and where
    /// that is from.
    #[must_use]
    pub fn overridden(&self) -> &[(&'static str, String)] {
        &self.overridden
    }
}
