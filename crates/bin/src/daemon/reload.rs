//! What is checked before each pass: `lmsync.toml`, `openclaw.json` and the gateway that runs.

use std::sync::Arc;

use adapters_fs::{AgentFiles, Work};
use adapters_http::{Gateway, LmStudio};
use app::Server;
use domain::ports::Running;
use tracing::{info, warn};

use super::openclaw_watch::OpenClawWatch;
use crate::config_source::ConfigSource;
use crate::gateway::Target;
use crate::wiring::{Factory, agent_files};

/// Applies a changed `lmsync.toml`, and notices another gateway or a changed `openclaw.json`.
pub(crate) struct Reload<'a, G> {
    source: &'a mut ConfigSource,
    factory: Factory,
    openclaw: OpenClawWatch,
    gateway: Arc<Gateway>,
    target: &'a Target<G>,
}

impl<'a, G> Reload<'a, G> {
    /// Begins with the files as they are.
    pub(crate) fn new(
        source: &'a mut ConfigSource,
        factory: Factory,
        openclaw: OpenClawWatch,
        gateway: Arc<Gateway>,
        target: &'a Target<G>,
    ) -> Self {
        Self { source, factory, openclaw, gateway, target }
    }

    /// Brings the servers and the stores up to date. Returns whether the announcer has to look at all models again:
    /// because OpenClaw or its configuration changed, or because openclaw.json is used in another way.
    pub(crate) fn apply(&mut self, servers: &mut Vec<Server<LmStudio>>, stores: &mut AgentFiles) -> bool {
        let wants_other = self.reread(servers, stores);
        let seen = self.gateway.seen();
        let running = seen.clone().map(|seen| Running { version: seen.version, era: seen.era });
        servers.iter_mut().for_each(|server| server.set_gateway(running.clone()));
        self.openclaw.has_changed(seen) || wants_other
    }

    /// Whether there was an `openclaw.json` at the last look.
    pub(crate) fn has_openclaw_json(&self) -> bool {
        self.openclaw.has_file()
    }

    /// Applies `lmsync.toml` where it has changed. Returns whether `openclaw_config` is another one now.
    fn reread(&mut self, servers: &mut Vec<Server<LmStudio>>, stores: &mut AgentFiles) -> bool {
        let Some(settings) = self.source.renewed() else { return false };
        let applied = settings.and_then(|settings| {
            self.factory.renew(&settings, servers).map_err(|exit| exit.to_string())?;
            *stores = agent_files(&settings, Work::Aside);
            let wants_other = self.target.setting.get() != settings.second_target;
            self.target.setting.set(settings.second_target);
            Ok(wants_other)
        });
        match applied {
            Ok(wants_other) => {
                info!(
                    "lmstudio refresh: rules, agents, servers and openclaw_config are read anew from lmsync.toml"
                );
                wants_other
            }
            Err(error) => {
                warn!(error, "lmsync.toml cannot be used; what it said before stays in force");
                false
            }
        }
    }
}
