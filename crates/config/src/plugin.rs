//! The layer of the OpenClaw plugin: what a person sets for it in `openclaw.json`, above the defaults and below
//! `lmsync.toml`.

use domain::{Glob, Rules};

use crate::inputs::Inputs;
use crate::layer::Layer;
use crate::merged::Config;
use crate::settings_table as names;

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
        let overridden = said.iter().filter_map(|(name, _)| Some((*name, self.metadata(name)?.name.to_string())));
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
